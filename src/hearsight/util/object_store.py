"""Paths of files in an object store: s3://bucket/key or gs://bucket/key.

pyarrow, which the tables need anyway, reads both kinds of store. It looks for credentials where the stores' programs do
(AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ~/.aws, the machine's role, Google's default credentials), and for the
address of your own store in AWS_ENDPOINT_URL.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PosixPath
from typing import TYPE_CHECKING, Any

from hearsight.errors import HearsightError

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo, FileSystem

SCHEMES = ("s3://", "gs://")
# Bytes to request at once: the latency of a request is about the time that some megabytes take.
BLOCK = 4 << 20
AWS_ERROR = re.compile(r"AWS Error (.*)", re.DOTALL)


def as_path(text: str) -> Path:
    """Return a path on a disk, or one in an object store."""
    return ObjectPath(text) if text.startswith(SCHEMES) else Path(text)


class ObjectPath(PosixPath):
    """A path in an object store, which can be listed and read, but not written."""

    def __str__(self) -> str:
        text = super().__str__()
        scheme, slash, rest = text.partition("/")
        return f"{scheme}//{rest}" if slash and f"{scheme}//" in SCHEMES else text

    def open(self, mode: str = "r", buffering: int = 0, *_: Any) -> io.BufferedReader:  # type: ignore[override]
        """Open to read bytes. buffering: bytes to request at once. Raises ConnectionError if the store fails."""
        if mode != "rb":
            raise io.UnsupportedOperation(f"{self} can only be read, as bytes")
        return io.BufferedReader(_ObjectFile(self), buffering or BLOCK)

    def read_bytes(self) -> bytes:
        with self.open("rb") as file:
            return file.read()

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        from pyarrow.fs import FileType

        with _translate_errors(self):
            [info] = self._store.get_file_info([self._key])
        if info.type == FileType.NotFound:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self))
        kind = stat.S_IFREG if info.type == FileType.File else stat.S_IFDIR
        return os.stat_result((kind, 0, 0, 1, 0, 0, info.size or 0, 0, 0, 0))

    def is_file(self, **_: Any) -> bool:
        return self._is(stat.S_ISREG)

    def is_dir(self, **_: Any) -> bool:
        return self._is(stat.S_ISDIR)

    def _is(self, kind: Any) -> bool:
        try:
            return bool(kind(self.stat().st_mode))
        except FileNotFoundError:
            return False
        except ConnectionError as error:
            raise list_error(self, error) from error

    def list_files(self) -> Iterator[tuple[ObjectPath, FileInfo]]:
        """Yield all files in a folder and its subfolders, in one listing. Raises HearsightError if it fails."""
        from pyarrow.fs import FileSelector, FileType

        try:
            with _translate_errors(self):
                infos = self._store.get_file_info(FileSelector(self._key, recursive=True))
        except OSError as error:
            raise list_error(self, error) from error
        for info in infos:
            if info.type == FileType.File:
                yield ObjectPath(f"{self.parts[0]}//{info.path}"), info

    def samefile(self, other: Any) -> bool:
        return str(self) == str(other)

    def absolute(self) -> ObjectPath:
        return self

    def resolve(self, strict: bool = False) -> ObjectPath:
        return self

    def expanduser(self) -> ObjectPath:
        return self

    @property
    def _key(self) -> str:
        return "/".join(self.parts[1:])

    @property
    def _store(self) -> FileSystem:
        return _connected("//".join(self.parts[:2]))


@lru_cache
def _connected(bucket: str) -> FileSystem:
    """Return the store of a bucket, s3://bucket."""
    from pyarrow.fs import FileSystem

    return FileSystem.from_uri(bucket)[0]


class _ObjectFile(io.RawIOBase):
    """A file of an object store, opened for reading."""

    def __init__(self, path: ObjectPath) -> None:
        self.path, self.position = path, 0
        with _translate_errors(path):
            self.file = path._store.open_input_file(path._key)
            self.size = self.file.size()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = max(0, min(len(buffer), self.size - self.position))
        with _translate_errors(self.path):
            read = self.file.read_at(count, self.position) if count else b""
        buffer[: len(read)] = read
        self.position += len(read)
        return len(read)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        return self.position

    def tell(self) -> int:
        return self.position

    def close(self) -> None:
        if not self.closed:
            self.file.close()
        super().close()


@contextmanager
def _translate_errors(path: ObjectPath) -> Iterator[None]:
    """Raise FileNotFoundError or ConnectionError for pyarrow's errors, which are OSErrors without a number."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from error
    except OSError as error:
        match = AWS_ERROR.search(str(error))
        raise ConnectionError(errno.EIO, (match[1] if match else str(error)).strip(), str(path)) from error


def list_error(path: ObjectPath, error: OSError) -> HearsightError:
    """Return the error for a folder that cannot be listed."""
    return HearsightError(
        f"cannot list {path}: {error.strerror}; check the name, the credentials (AWS_ACCESS_KEY_ID and others) and, "
        "for a store of your own, AWS_ENDPOINT_URL"
    )
