"""Media files for browsers: whole or in ranges, to clients that may be slow or vanish."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

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

# A browser that plays holds its connection while its buffer is full, and asks anew when that has been cut.
SECONDS_TO_TAKE = 60.0


class MediaResponse(FileResponse):
    """A file, in large blocks. Whoever takes none of it for a minute is let go: no place is held for who has left."""

    chunk_size = 1 << 20
    max_ranges = 4

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(SECONDS_TO_TAKE):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        except TimeoutError:
            return  # uvicorn closes a connection whose answer is not complete


def media_type(path: Path) -> str:
    return MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")


def indexed_file(path: Path, stamp: str) -> os.stat_result | None:
    """The state of a file, if it is a regular one and still that which was indexed (`Video.stat`); None if not.

    A name that leads to something else by now, such as a link that was put in its place, is not served.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    same = f"{found.st_size}:{found.st_mtime_ns}" == stamp.partition("|")[0]
    return found if same and stat.S_ISREG(found.st_mode) else None
