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

from hearsight.cli.hits import end_of
from hearsight.cli.show import counted, lasting, visible, write

SECONDS_BETWEEN_LINES = 30.0
# Of the work on a file that is transcribed: a recogniser takes about as long as the file lasts, the towers far less.
LISTENING = 0.8
# Before that, how long it will take can only be guessed.
SECONDS_TO_TELL = 3.0


class ShownProgress:
    """Draws what `Library.update` reports. The bar is gone when the `with` block ends; failures stay.

    Work is measured in bytes of files: they are known before a file is opened, and tell a film from a short clip.
    """

    def __init__(self, screen: Console) -> None:
        self.screen = screen
        self.total = self.ended = 0  # files
        self.all_bytes = self.ended_bytes = self.bytes = 0
        self.path = Path()
        self.encoded = 0  # clips of this file
        self.heard = False
        self.share = 0.0  # of this file
        self.begun = self.shown = time.monotonic()
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
        self.total, self.all_bytes = total, size
        self.begun = self.shown = time.monotonic()
        self.bars.update(self.task, total=size)

    def file(self, path: Path, size: int) -> None:
        self.path, self.bytes = path, size
        self.encoded, self.heard, self.share = 0, False, 0.0
        self.bars.update(self.task, description=end_of(visible(str(path)), self.screen.width // 3))

    def listened(self, share: float) -> None:
        self.heard = True
        self._reached(LISTENING * share)

    def clips(self, number: int, of: int) -> None:
        self.encoded += number
        before = LISTENING if self.heard else 0.0
        self._reached(before + (1 - before) * self.encoded / of)

    def done(self, path: Path) -> None:
        self._end()
        if not self.screen.is_terminal:
            self._line(self.ended, path, counted(self.encoded, "clip"))

    def failed(self, path: Path, reason: str) -> None:
        self._end()
        self._line(self.ended, path, f"failed: {reason}", "red")

    def left(self) -> str:
        """The time that is left, in words; nothing while it cannot be told."""
        done = self.ended_bytes + self.share * self.bytes
        seconds = time.monotonic() - self.begun
        if seconds < SECONDS_TO_TELL or not done:
            return ""
        return f"{lasting(seconds * max(self.all_bytes - done, 0) / done)} left"

    def _reached(self, share: float) -> None:
        self.share = max(self.share, share)
        self._draw()
        due = time.monotonic() - self.shown >= SECONDS_BETWEEN_LINES
        if due and self.share < 1 and not self.screen.is_terminal:
            self._line(self.ended + 1, self.path, f"{self.share:.0%} done, {self.left()} in all")

    def _end(self) -> None:
        if not self.total:  # found to be unusable before the work began
            return
        self.ended += 1
        self.ended_bytes += self.bytes
        self.bytes, self.share = 0, 0.0
        self._draw()

    def _draw(self) -> None:
        told = f"{min(self.ended + 1, self.total)}/{self.total}  {self.left()}"
        self.bars.update(self.task, completed=self.ended_bytes + self.share * self.bytes, told=told)

    def _line(self, number: int, path: Path, outcome: str, style: str = "") -> None:
        self.shown = time.monotonic()
        place = f"[{number}/{self.total}] " if self.total else ""
        write(self.screen, Text.assemble((place, "dim"), visible(str(path)), "  ", (visible(outcome), style)))
