"""Progress of long work: one line that is rewritten on a terminal, a new line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping

from hearsight.cli import console

SECONDS_BETWEEN_UPDATES = 0.2  # on a terminal
SECONDS_BETWEEN_LINES = 10.0  # elsewhere


class StepProgress:
    """Shows progress("clip", 3, 100), called after each step, with the time that remains and the latest figures."""

    def __init__(self) -> None:
        self.console = console.get_console(stderr=True)
        self.what = ""
        self.start_time = self.last_shown = 0.0
        self.first = 0

    def __call__(self, what: str, done: int, total: int, figures: Mapping[str, float] | None = None) -> None:
        now = time.monotonic()
        if what != self.what:
            self.what, self.start_time, self.first, self.last_shown = what, now, done, 0.0
        pause = SECONDS_BETWEEN_UPDATES if self.console.is_terminal else SECONDS_BETWEEN_LINES
        if now - self.last_shown < pause and done < total:
            return
        self.last_shown = now
        line = f"{what} {done:,} of {total:,}"
        if done > self.first and done < total:
            remaining = (now - self.start_time) / (done - self.first) * (total - done)
            line += f", {console.format_duration(remaining)} left"
        line += "".join(f"  {name} {value:g}" for name, value in (figures or {}).items())
        self.console.print(line, end="\r" if self.console.is_terminal and done < total else "\n", soft_wrap=True)
