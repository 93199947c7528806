"""A media file that is being written, and its errors."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import av
from av.container import OutputContainer

from hearsight.errors import HearsightError

# What the system refuses. Other errors are about the format and what it can hold.
SYSTEM_ERRORS = {
    errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOENT,
    errno.ENOTDIR, errno.ENAMETOOLONG,
}  # fmt: skip


class UnsupportedFormatError(Exception):
    """A format cannot hold what is to be written."""


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Raise HearsightError for what the system reports, and UnsupportedFormatError for what FFmpeg does."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        if error.errno in SYSTEM_ERRORS:
            raise HearsightError(
                f"cannot write {path}: {error.strerror}; make room or get permission there, or write elsewhere"
            ) from error
        raise UnsupportedFormatError(str(error)) from error
    except (ValueError, NotImplementedError) as error:
        raise UnsupportedFormatError(str(error)) from error


class OutputFile:
    """A media file that is being written; close it by a `with` block.

    Its errors are not taken for those of the file that is read meanwhile. path: for messages.
    """

    def __init__(self, part: Path, format: str, path: Path) -> None:
        self.path = path
        self.packets = 0
        with self.errors():
            self.container: OutputContainer = av.open(f"file:{part}", "w", format=format)

    def errors(self) -> Any:
        """Return a context that translates errors of writing (`write_errors`)."""
        return write_errors(self.path)

    def mux(self, packets: Iterable[Any]) -> None:
        """Write packets."""
        with self.errors():
            for packet in packets:
                self.container.mux(packet)
                self.packets += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *others: object) -> None:
        if kind is None:
            with self.errors():
                self.container.close()
        else:
            with suppress(av.FFmpegError, OSError, ValueError):  # the first error is the one to report
                self.container.close()
