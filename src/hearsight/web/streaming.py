"""Sending media files to browsers: whole or in byte ranges, to clients that may be slow or disconnect."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from fastapi import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hearsight.library.indexing.diff import hash_open_file
from hearsight.library.tables.schema import Video

# Types that browsers accept. With the formally right type of a .mov or .mkv file they refuse to play it.
# fmt: off
MEDIA_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm", ".mkv": "video/webm",
    ".ogv": "video/ogg", ".avi": "video/x-msvideo", ".mpg": "video/mpeg", ".mpeg": "video/mpeg", ".ts": "video/mp2t",
    ".3gp": "video/3gpp", ".wmv": "video/x-ms-wmv", ".flv": "video/x-flv",
    ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".wav": "audio/wav", ".flac": "audio/flac",
    ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".mka": "audio/webm",
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jpe": "image/jpeg", ".jfif": "image/jpeg", ".png": "image/png",
    ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif", ".bmp": "image/bmp", ".tif": "image/tiff",
    ".tiff": "image/tiff", ".heic": "image/heic", ".heif": "image/heif", ".hif": "image/heif",
}
# fmt: on

BLOCK_BYTES = 256 << 10
RANGE_PATTERN = re.compile("bytes=([0-9]{0,1000})-([0-9]{0,1000})", re.IGNORECASE)
SIDECAR_PATTERN = re.compile(r"\|(.+?):[0-9]+:[0-9]+(?=\||$)")  # in `Video.stat` (library/indexing/scan.py)


class MediaResponse(Response):
    """An open file, or the requested range of it, that is sent while it is read and closed afterwards.

    Of several ranges in one request none is used: the whole file is sent, as RFC 9110 allows.
    Raises HTTPException (416) for a range outside of the file.
    """

    def __init__(self, file: BinaryIO, name: str, request_headers: Mapping[str, str]) -> None:
        status = os.fstat(file.fileno())
        self.file = file
        headers = {
            "accept-ranges": "bytes",
            "etag": f'"{status.st_size:x}-{status.st_mtime_ns:x}"',
            "last-modified": formatdate(status.st_mtime, usegmt=True),
            "content-disposition": f"inline; filename*=utf-8''{quote(name, safe='')}",
            "cache-control": "private, no-cache",
        }
        if headers["etag"] in request_headers.get("if-none-match", ""):  # the browser has the file
            self.range = range(0)
            super().__init__(None, 304, headers)
            return
        is_current = request_headers.get("if-range") in (None, headers["etag"], headers["last-modified"])
        requested = parse_range(request_headers.get("range", ""), status.st_size) if is_current else None
        if requested is not None:
            sent = f"{requested.start}-{requested.stop - 1}" if requested else "*"
            headers["content-range"] = f"bytes {sent}/{status.st_size}"
        if requested is not None and not requested:
            file.close()
            raise HTTPException(416, f"the file has no such range; it has {status.st_size} bytes", headers)
        self.range = range(status.st_size) if requested is None else requested
        headers["content-length"] = str(len(self.range))
        super().__init__(None, 200 if requested is None else 206, headers, media_type(Path(name)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        disconnected = asyncio.ensure_future(_wait_for_disconnect(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            offset, end = self.range.start, self.range.start if scope["method"] == "HEAD" else self.range.stop
            while offset < end and not disconnected.done():
                size = min(BLOCK_BYTES, end - offset)
                block = await asyncio.to_thread(os.pread, self.file.fileno(), size, offset)
                if not block:
                    return  # the file was truncated; uvicorn closes the connection of an incomplete answer
                offset += len(block)
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            disconnected.cancel()
            self.file.close()


def parse_range(header: str, size: int) -> range | None:
    """Return the bytes that a Range header requests of a file: an empty range if it has none of them.

    Returns None for a header that is to be ignored.
    """
    match = RANGE_PATTERN.fullmatch(header)
    if match is None or match[1] == match[2] == "":
        return None
    first, last = (int(digits) if digits else None for digits in match.groups())
    if first is None:
        return range(max(0, size - (last or 0)), size)
    if last is not None and last < first:
        return None
    return range(first, size if last is None else min(last + 1, size)) if first < size else range(0)


def media_type(path: Path) -> str:
    """Return the media type of a file by its extension."""
    return MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")


def open_indexed(folder: Path, video: Video) -> BinaryIO | None:
    """Open a video's file if it is still the one that was indexed; return None otherwise."""
    path = folder / video.path
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")  # opening a pipe would block
    except OSError:
        return None
    if _is_indexed(file, folder, video):
        return file
    file.close()
    return None


def _is_indexed(file: BinaryIO, folder: Path, video: Video) -> bool:
    """Return whether an open file is the one that was indexed.

    Size and time reveal an ordinary change, but anyone who may write in the folder can choose both, and could replace
    a video by a link to a secret file. So the content of a file that is reached through a link is compared, too.
    """
    path, status = folder / video.path, os.fstat(file.fileno())
    stamp = f"{status.st_size}:{status.st_mtime_ns}"
    if not stat.S_ISREG(status.st_mode) or stamp != video.stat.partition("|")[0]:
        return False
    try:
        real = Path(os.path.realpath(folder), video.path)
        if real == Path(os.path.realpath(path)) and os.path.samestat(real.lstat(), status):
            return True
        return (
            hash_open_file(file, [path.with_name(name) for name in SIDECAR_PATTERN.findall(video.stat)])
            == video.content
        )
    except (OSError, ValueError):  # the name of no file beside it
        return False


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
