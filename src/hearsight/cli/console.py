"""What every command shows with: two consoles, safe text, times and sizes in words, JSON.

Names and transcripts come from strangers' files. Nothing of them reaches a terminal as a control code or is read as
markup: `visible` escapes the one, and `Text` never reads the other.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# Not printable by themselves, yet part of ordinary words: emoji sequences, Persian, the scripts of India.
JOINERS = "\u200c\u200d"


def screen(stderr: bool = False) -> Console:
    """A console that takes text as it is."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def write(screen: Console, text: str | Text) -> None:
    """Print a line; long ones are folded on a terminal and left whole in a pipe or file."""
    screen.print(text, soft_wrap=not screen.is_terminal)


def busy(message: str) -> AbstractContextManager[object]:
    """Shows on a terminal that something takes a while."""
    terminal = screen(stderr=True)
    return terminal.status(visible(message)) if terminal.is_terminal else nullcontext()


def note(message: str) -> None:
    """A line for the person, on stderr: stdout is for what was asked for."""
    print(visible(message), file=sys.stderr)


def write_json(value: Any) -> None:
    """Print a value as JSON. Plain ASCII: any terminal and any encoding of stdout can take it."""
    print(json.dumps(value, indent=2))


def visible(text: str) -> str:
    """The text with every character that cannot be seen written as its escape: a newline as \\n."""
    return "".join(char if char.isprintable() or char in JOINERS else _escape(char) for char in text)


def _escape(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte of a file name that is not UTF-8
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def clock(seconds: float) -> str:
    """75.2 as 1:15, 3675 as 1:01:15."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def lasting(seconds: float) -> str:
    """A length of time in words: 0.4 s, 41 s, 3 min 20 s, 2 h 5 min."""
    if round(seconds) < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, second = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {second} s"
    return f"{minutes // 60} h {minutes % 60} min"


def size(count: int) -> str:
    """Bytes in words: 512 bytes, 3.4 MB."""
    if count < 1000:
        return f"{count} bytes"
    amount, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while amount >= 999.5 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.1f} {units[0]}" if amount < 10 else f"{amount:.0f} {units[0]}"


def counted(number: int, noun: str) -> str:
    """1 video, 2 videos, 12,000 videos."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def facts(rows: Iterable[tuple[str, str]]) -> Text:
    """Names and values, one a line, the values in one column."""
    from rich.text import Text

    rows = [(name, visible(value)) for name, value in rows]
    width = max(len(name) for name, _ in rows)
    lines = [Text.assemble((f"  {name:<{width}}", "dim"), "   ", value) for name, value in rows]
    return Text("\n").join(lines)
