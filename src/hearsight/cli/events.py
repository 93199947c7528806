"""An update, as a program watches it: JSON lines on stdout. The web page's server reads them."""

from __future__ import annotations

import json
import select
import signal
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hearsight.errors import HearsightError
from hearsight.library.indexing.progress import UpdateProgress

SECONDS_BETWEEN_LINES = 0.25
SECONDS_BETWEEN_LOOKS = 1.0
STDOUT = 1


class Events(UpdateProgress):
    """Prints how far `Library.update` is, one JSON object a line: at every file's begin and end, else four a second.

    {"state": "running", "done": files, "total": files, "share": 0..1, "seconds_left": number or null, "path": of the
    file being read or null, "clips": encoded so far, "failed": [{"path", "reason"}] since the line before}

    The last line's state is "done", and it has the "report", too. When the reader of stdout is gone, the `with` block
    is interrupted and ends with BrokenPipeError.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told_at = 0.0
        self._told_failures = 0
        self._over = threading.Event()
        self._deserted = False

    def __enter__(self) -> Self:
        self._tell()
        threading.Thread(target=self._watch_reader, name="reader of stdout", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._deserted and kind is KeyboardInterrupt:
            raise BrokenPipeError from error

    def report(self, report: dict[str, Any]) -> None:
        """The last line."""
        self._print({**self._progress(), "state": "done", "share": 1.0, "seconds_left": 0.0, "report": report})

    def files(self, total: int, size: int) -> None:
        super().files(total, size)
        self._tell()

    def file(self, path: Path, size: int) -> None:
        super().file(path, size)
        self._tell()

    def listened(self, share: float) -> None:
        super().listened(share)
        self._tell_if_due()

    def clips(self, number: int, of: int) -> None:
        super().clips(number, of)
        self._tell_if_due()

    def done(self, path: Path) -> None:
        super().done(path)
        self._tell()

    def failed(self, path: Path, reason: str) -> None:
        super().failed(path, reason)
        self._tell()

    def _tell_if_due(self) -> None:
        if time.monotonic() - self._told_at >= SECONDS_BETWEEN_LINES:
            self._tell()

    def _tell(self) -> None:
        self._told_at = time.monotonic()
        self._print(self._progress())

    def _progress(self) -> dict[str, Any]:
        failed = [{"path": str(path), "reason": reason} for path, reason in self.failures[self._told_failures :]]
        self._told_failures = len(self.failures)
        left = self.seconds_left
        return {
            "state": "running",
            "done": self.ended,
            "total": self.total,
            "share": round(self.share, 4),
            "seconds_left": None if left is None else round(left, 1),
            "path": str(self.path) if self.path else None,
            "clips": self.encoded,
            "failed": failed,
        }

    def _print(self, event: dict[str, Any]) -> None:
        try:
            print(json.dumps(event), flush=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise HearsightError(f"cannot tell how far it is: {error.strerror}; give stdout another place") from error

    def _watch_reader(self) -> None:
        """Interrupt an update that nobody follows any more, though it may have nothing to write for a long time."""
        reader = select.poll()
        reader.register(STDOUT, 0)  # that its other end is closed is always told
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            if reader.poll(0):
                self._deserted = True
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
