"""Indexing, as a person watches it: a bar on a terminal, a line a file elsewhere. On stderr; stdout has the result."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from hearsight.cli.hits import end_of
from hearsight.cli.show import counted, visible, write


class ShownProgress:
    """Draws what `Library.update` reports. The bar is gone when the `with` block ends; failures stay."""

    def __init__(self, screen: Console) -> None:
        self.screen = screen
        self.total = 0
        self.ended = 0
        self.clips_in_file = 0
        self.clips_in_all = 0
        self.started = time.monotonic()
        self.bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(),
            console=screen,
            transient=True,
            expand=True,
            disable=not screen.is_terminal,
        )
        self.task = self.bars.add_task("looking for files", total=None, rate="")

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def files(self, total: int) -> None:
        self.total = total
        self.started = time.monotonic()
        self.bars.update(self.task, total=total)

    def file(self, path: Path) -> None:
        self.clips_in_file = 0
        self.bars.update(self.task, description=end_of(visible(str(path)), self.screen.width // 3))

    def clips(self, number: int) -> None:
        self.clips_in_file += number
        self.clips_in_all += number
        seconds = max(time.monotonic() - self.started, 1e-3)
        self.bars.update(self.task, rate=f"{self.clips_in_all / seconds:.1f} clips/s")

    def done(self, path: Path) -> None:
        self._end()
        if not self.screen.is_terminal:
            self._line(path, counted(self.clips_in_file, "clip"))

    def failed(self, path: Path, reason: str) -> None:
        self._end()
        self._line(path, f"failed: {reason}", "red")

    def _end(self) -> None:
        if not self.total:  # found to be unusable before the work began
            return
        self.ended += 1
        self.bars.update(self.task, completed=self.ended)

    def _line(self, path: Path, outcome: str, style: str = "") -> None:
        place = f"[{self.ended}/{self.total}] " if self.total else ""
        write(self.screen, Text.assemble((place, "dim"), visible(str(path)), "  ", (visible(outcome), style)))
