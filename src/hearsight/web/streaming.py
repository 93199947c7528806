"""Media files for browsers: whole or in ranges, to clients that may be slow or vanish."""

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

from hearsight.library.indexing.diff import content_of
from hearsight.library.tables.schema import Video

# What a browser goes by; it would refuse a film that is called otherwise.
# fmt: off
MEDIA_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm", ".mkv": "video/webm",
    ".ogv": "video/ogg", ".avi": "video/x-msvideo", ".mpg": "video/mpeg", ".mpeg": "video/mpeg", ".ts": "video/mp2t",
    ".3gp": "video/3gpp", ".wmv": "video/x-ms-wmv", ".flv": "video/x-flv",
    ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".wav": "audio/wav", ".flac": "audio/flac",
    ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".mka": "audio/webm",
}
# fmt: on

BLOCK = 256 << 10
RANGE = re.compile("bytes=([0-9]{0,1000})-([0-9]{0,1000})", re.IGNORECASE)
SIDE_CAR = re.compile(r"\|(.+?):[0-9]+:[0-9]+(?=\||$)")  # in the stamp of a video (library/indexing/scan.py)


class MediaResponse(Response):
    """A file that is open, or the range of it that was asked for, as it is read. Closes it.

    asked: the headers of the request. Several ranges at once are not served, but the whole file, as RFC 9110 has it
    for what is not understood. Raises HTTPException (416) for a range that the file has not.
    """

    def __init__(self, file: BinaryIO, name: str, asked: Mapping[str, str]) -> None:
        found = os.fstat(file.fileno())
        self.file = file
        headers = {
            "accept-ranges": "bytes",
            "etag": f'"{found.st_size:x}-{found.st_mtime_ns:x}"',
            "last-modified": formatdate(found.st_mtime, usegmt=True),
            "content-disposition": f"inline; filename*=utf-8''{quote(name, safe='')}",
            "cache-control": "private, no-cache",
        }
        if headers["etag"] in asked.get("if-none-match", ""):  # the browser has it
            self.part = range(0)
            super().__init__(None, 304, headers)
            return
        current = asked.get("if-range") in (None, headers["etag"], headers["last-modified"])
        part = range_of(asked.get("range", ""), found.st_size) if current else None
        if part is not None:
            what = f"{part.start}-{part.stop - 1}" if part else "*"
            headers["content-range"] = f"bytes {what}/{found.st_size}"
        if part is not None and not part:
            file.close()
            raise HTTPException(416, f"the file has no such range; it has {found.st_size} bytes", headers)
        self.part = range(found.st_size) if part is None else part
        headers["content-length"] = str(len(self.part))
        super().__init__(None, 200 if part is None else 206, headers, media_type(Path(name)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            at, end = self.part.start, self.part.start if scope["method"] == "HEAD" else self.part.stop
            while at < end and not gone.done():
                block = await asyncio.to_thread(os.pread, self.file.fileno(), min(BLOCK, end - at), at)
                if not block:
                    return  # it is being cut off; uvicorn closes a connection whose answer is not complete
                at += len(block)
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            self.file.close()


def range_of(header: str, size: int) -> range | None:
    """The bytes that a Range header asks for; empty if the file has none of them, None for one to be passed over."""
    asked = RANGE.fullmatch(header)
    if asked is None or asked[1] == asked[2] == "":
        return None
    first, last = (int(digits) if digits else None for digits in asked.groups())
    if first is None:
        return range(max(0, size - (last or 0)), size)
    if last is not None and last < first:
        return None
    return range(first, size if last is None else min(last + 1, size)) if first < size else range(0)


def media_type(path: Path) -> str:
    return MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")


def open_indexed(folder: Path, video: Video) -> BinaryIO | None:
    """A video's file, if it is still the one that was indexed; None if not."""
    path = folder / video.path
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")  # a pipe would wait for a writer
    except OSError:
        return None
    if _is_indexed(file, folder, video):
        return file
    file.close()
    return None


def _is_indexed(file: BinaryIO, folder: Path, video: Video) -> bool:
    """Size and time tell that a file is another by now, but both can be chosen by whoever may write in the folder.

    So a file that is reached through a link, as one to a secret could be put in a film's place, has to have the content
    that was indexed, too.
    """
    path, found = folder / video.path, os.fstat(file.fileno())
    stamp = f"{found.st_size}:{found.st_mtime_ns}"
    if not stat.S_ISREG(found.st_mode) or stamp != video.stat.partition("|")[0]:
        return False
    try:
        real = Path(os.path.realpath(folder), video.path)
        if real == Path(os.path.realpath(path)) and os.path.samestat(real.lstat(), found):
            return True
        return content_of(file, [path.with_name(name) for name in SIDE_CAR.findall(video.stat)]) == video.content
    except OSError:
        return False


async def _gone(receive: Receive) -> None:
    """Waits until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
