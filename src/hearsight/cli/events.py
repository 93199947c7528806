"""The progress of an update as JSON lines on stdout, for programs. The server of the web page reads them."""

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
SECONDS_BETWEEN_CHECKS = 1.0
STDOUT = 1


class Events(UpdateProgress):
    """Prints the progress of `Library.update`, one JSON object a line.

    A line is printed at the start and end of every file, and else at most four times a second:

    {"state": "running", "done": files, "total": files, "share": 0..1, "seconds_left": number or null, "path": of the
    file being read or null, "clips": encoded so far, "failed": [{"path", "reason"}] since the line before}

    The last line has the state "done" and also the "report". When the reader of stdout is gone, the `with` block is
    interrupted and ends with BrokenPipeError.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last_line = 0.0  # when it was printed
        self._failures_printed = 0
        self._ended = threading.Event()
        self._reader_gone = False

    def __enter__(self) -> Self:
        self._print_progress()
        threading.Thread(target=self._watch_reader, name="reader of stdout", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._reader_gone and kind is KeyboardInterrupt:
            raise BrokenPipeError from error

    def report(self, report: dict[str, Any]) -> None:
        """Print the last line."""
        self._print({**self._progress(), "state": "done", "share": 1.0, "seconds_left": 0.0, "report": report})

    def files(self, total: int, size: int) -> None:
        super().files(total, size)
        self._print_progress()

    def file(self, path: Path, size: int) -> None:
        super().file(path, size)
        self._print_progress()

    def transcribed(self, share: float) -> None:
        super().transcribed(share)
        self._print_if_due()

    def clips(self, number: int, total: int) -> None:
        super().clips(number, total)
        self._print_if_due()

    def done(self, path: Path) -> None:
        super().done(path)
        self._print_progress()

    def failed(self, path: Path, reason: str) -> None:
        super().failed(path, reason)
        self._print_progress()

    def _print_if_due(self) -> None:
        if time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._print_progress()

    def _print_progress(self) -> None:
        self._last_line = time.monotonic()
        self._print(self._progress())

    def _progress(self) -> dict[str, Any]:
        failures = [{"path": str(path), "reason": reason} for path, reason in self.failures[self._failures_printed :]]
        self._failures_printed = len(self.failures)
        seconds_left = self.seconds_left
        return {
            "state": "running",
            "done": self.files_done,
            "total": self.total,
            "share": round(self.share, 4),
            "seconds_left": None if seconds_left is None else round(seconds_left, 1),
            "path": str(self.path) if self.path else None,
            "clips": self.encoded,
            "failed": failures,
        }

    def _print(self, event: dict[str, Any]) -> None:
        try:
            print(json.dumps(event), flush=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise HearsightError(
                f"cannot write the progress to stdout: {error.strerror}; send stdout elsewhere"
            ) from error

    def _watch_reader(self) -> None:
        """Interrupt the update when the reader of stdout is gone, even if there is nothing to write for long."""
        reader = select.poll()
        reader.register(STDOUT, 0)  # the end of the other side is reported without being asked for
        while not self._ended.wait(SECONDS_BETWEEN_CHECKS):
            if reader.poll(0):
                self._reader_gone = True
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
