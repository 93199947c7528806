"""The progress of downloads on stderr: a bar for each model on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from hearsight.cli import console

SECONDS_BETWEEN_LINES = 10.0


class DownloadProgress:
    """Draws the progress of downloads, as a `hearsight.util.progress.Progress`. Threads may share it."""

    def __init__(self) -> None:
        self.console = console.get_console(stderr=True)
        self.last_line, self.lock = time.monotonic(), threading.Lock()
        self.tasks: dict[str, TaskID] = {}
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            expand=True,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def __call__(self, what: str, done: int, total: int, figures: Mapping[str, float] | None = None) -> None:
        with self.lock:
            if what not in self.tasks:
                self.tasks[what] = self.bars.add_task(console.escape(what), total=total)
        self.bars.update(self.tasks[what], completed=done)
        if not self.console.is_terminal and time.monotonic() - self.last_line >= SECONDS_BETWEEN_LINES:
            self.last_line = time.monotonic()
            console.note(f"{what}: {console.format_bytes(done)} of {console.format_bytes(total)}")
