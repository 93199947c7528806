"""Long work, as a person watches it: one line that counts on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping

from hearsight.cli import console

SECONDS_BETWEEN_LINES = 10.0


class Steps:
    """steps("clip", 3, 100) whenever something is done; figures are shown behind it, with the time that is left."""

    def __init__(self) -> None:
        self.screen = console.get_console(stderr=True)
        self.what = ""
        self.begun = self.shown = 0.0
        self.first = 0

    def __call__(self, what: str, done: int, total: int, figures: Mapping[str, float] | None = None) -> None:
        now = time.monotonic()
        if what != self.what:
            self.what, self.begun, self.first, self.shown = what, now, done, 0.0
        pause = 0.2 if self.screen.is_terminal else SECONDS_BETWEEN_LINES
        if now - self.shown < pause and done < total:
            return
        self.shown = now
        line = f"{what} {done:,} of {total:,}"
        if done > self.first and done < total:
            line += f", {console.format_duration((now - self.begun) / (done - self.first) * (total - done))} left"
        line += "".join(f"  {name} {value:g}" for name, value in (figures or {}).items())
        self.screen.print(line, end="\r" if self.screen.is_terminal and done < total else "\n", soft_wrap=True)
