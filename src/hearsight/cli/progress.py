"""An update, as a person watches it: a bar on a terminal, plain lines elsewhere. On stderr; stdout has the result."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from hearsight.cli.console import escape, format_count, format_duration, write
from hearsight.cli.results import end_of
from hearsight.library.indexing.progress import UpdateProgress

SECONDS_BETWEEN_LINES = 30.0


class ShownProgress(UpdateProgress):
    """Draws what `Library.update` reports. The bar is gone when the `with` block ends; failures stay."""

    def __init__(self, screen: Console) -> None:
        super().__init__()
        self.screen = screen
        self.shown = self.begun
        self.bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[told]}", markup=False),
            console=screen,
            transient=True,
            expand=True,
            disable=not screen.is_terminal,
        )
        self.task = self.bars.add_task("looking for files", total=None, told="")

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def files(self, total: int, size: int) -> None:
        super().files(total, size)
        self.shown = self.begun
        self.bars.update(self.task, total=size)

    def file(self, path: Path, size: int) -> None:
        super().file(path, size)
        self.bars.update(self.task, description=end_of(escape(str(path)), self.screen.width // 3))

    def listened(self, share: float) -> None:
        super().listened(share)
        self._went_on()

    def clips(self, number: int, of: int) -> None:
        super().clips(number, of)
        self._went_on()

    def done(self, path: Path) -> None:
        super().done(path)
        self._draw()
        if not self.screen.is_terminal:
            self._line(self.ended, path, format_count(self.encoded_here, "clip"))

    def failed(self, path: Path, reason: str) -> None:
        super().failed(path, reason)
        self._draw()
        self._line(self.ended, path, f"failed: {reason}", "red")

    def left(self) -> str:
        """The time that is left, in words; nothing while it cannot be told."""
        return "" if self.seconds_left is None else f"{format_duration(self.seconds_left)} left"

    def _went_on(self) -> None:
        self._draw()
        due = time.monotonic() - self.shown >= SECONDS_BETWEEN_LINES
        if self.path and due and self.reached < 1 and not self.screen.is_terminal:
            self._line(self.ended + 1, self.path, f"{self.reached:.0%} done, {self.left()} in all")

    def _draw(self) -> None:
        told = f"{min(self.ended + 1, self.total)}/{self.total}  {self.left()}"
        self.bars.update(self.task, completed=self.bytes_done, told=told)

    def _line(self, number: int, path: Path, outcome: str, style: str = "") -> None:
        self.shown = time.monotonic()
        place = f"[{number}/{self.total}] " if self.total else ""
        write(self.screen, Text.assemble((place, "dim"), escape(str(path)), "  ", (escape(outcome), style)))
