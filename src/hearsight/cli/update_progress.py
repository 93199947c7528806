"""The progress of an update on stderr: a bar on a terminal, plain lines elsewhere. stdout is for the result."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from hearsight.cli.console import escape, format_count, format_duration, write
from hearsight.cli.results import shorten_name
from hearsight.library.indexing.progress import UpdateProgress

SECONDS_BETWEEN_LINES = 30.0


class ProgressBar(UpdateProgress):
    """Draws the progress of `Library.update`. The bar disappears when the `with` block ends; failures stay."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console
        self.last_line = self.begun  # when it was printed
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[status]}", markup=False),
            console=console,
            transient=True,
            expand=True,
            disable=not console.is_terminal,
        )
        self.task = self.bars.add_task("looking for files", total=None, status="")

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def files(self, total: int, size: int) -> None:
        super().files(total, size)
        self.last_line = self.begun
        self.bars.update(self.task, total=size)

    def file(self, path: Path, size: int) -> None:
        super().file(path, size)
        self.bars.update(self.task, description=shorten_name(escape(str(path)), self.console.width // 3))

    def transcribed(self, share: float) -> None:
        super().transcribed(share)
        self._advance()

    def clips(self, number: int, total: int) -> None:
        super().clips(number, total)
        self._advance()

    def done(self, path: Path) -> None:
        super().done(path)
        self._draw()
        if not self.console.is_terminal:
            self._print_line(self.files_done, path, format_count(self.encoded_here, "clip"))

    def failed(self, path: Path, reason: str) -> None:
        super().failed(path, reason)
        self._draw()
        self._print_line(self.files_done, path, f"failed: {reason}", "red")

    def time_left(self) -> str:
        """Return the time left in words; empty while it cannot be estimated."""
        return "" if self.seconds_left is None else f"{format_duration(self.seconds_left)} left"

    def _advance(self) -> None:
        self._draw()
        due = time.monotonic() - self.last_line >= SECONDS_BETWEEN_LINES
        if self.path and due and self.fraction < 1 and not self.console.is_terminal:
            self._print_line(self.files_done + 1, self.path, f"{self.fraction:.0%} done, {self.time_left()} in all")

    def _draw(self) -> None:
        status = f"{min(self.files_done + 1, self.total)}/{self.total}  {self.time_left()}"
        self.bars.update(self.task, completed=self.bytes_done, status=status)

    def _print_line(self, number: int, path: Path, outcome: str, style: str = "") -> None:
        self.last_line = time.monotonic()
        count = f"[{number}/{self.total}] " if self.total else ""
        write(self.console, Text.assemble((count, "dim"), escape(str(path)), "  ", (escape(outcome), style)))
