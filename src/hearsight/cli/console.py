"""Output of all commands: the two consoles, safe text, times and sizes in words, JSON.

File names and transcripts may come from anyone. None of their characters may reach a terminal as a control code or be
read as markup: `escape` prevents the first, and rich's `Text` the second.
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


def get_console(stderr: bool = False) -> Console:
    """Return a console for stdout, or stderr, that reads no markup in what it prints."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def write(console: Console, text: str | Text) -> None:
    """Print a line. A terminal wraps long lines; a pipe or file gets them as one line."""
    console.print(text, soft_wrap=not console.is_terminal)


def spinner(message: str) -> AbstractContextManager[object]:
    """Return a context that shows a message on stderr while it lasts, if stderr is a terminal."""
    console = get_console(stderr=True)
    return console.status(escape(message)) if console.is_terminal else nullcontext()


def note(message: str) -> None:
    """Print a line on stderr; stdout is for the results of a command."""
    print(escape(message), file=sys.stderr)


def write_json(value: Any) -> None:
    """Print a value as JSON in ASCII, which every terminal and every encoding of stdout can take."""
    print(json.dumps(value, indent=2))


def escape(text: str) -> str:
    """Return the text with every unprintable character replaced by its escape, such as \\n for a newline."""
    return "".join(char if char.isprintable() or char in JOINERS else _escape_character(char) for char in text)


def _escape_character(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte of a file name that is not UTF-8
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def format_time(seconds: float) -> str:
    """Format a time in a file: 75.2 as 1:15, 3675 as 1:01:15."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def format_duration(seconds: float) -> str:
    """Format a length of time: 0.4 s, 41 s, 3 min 20 s, 2 h 5 min."""
    if round(seconds) < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, second = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {second} s"
    return f"{minutes // 60} h {minutes % 60} min"


def format_bytes(count: int) -> str:
    """Format a number of bytes: 512 bytes, 3.4 MB."""
    if count < 1000:
        return f"{count} bytes"
    amount, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while amount >= 999.5 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.1f} {units[0]}" if amount < 10 else f"{amount:.0f} {units[0]}"


def format_count(number: int, noun: str) -> str:
    """Format a number with its noun: 1 video, 2 videos, 12,000 videos."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def format_table(rows: Iterable[tuple[str, str]]) -> Text:
    """Format names and their values as two columns, one row a line."""
    from rich.text import Text

    rows = [(name, escape(value)) for name, value in rows]
    width = max(len(name) for name, _ in rows)
    lines = [Text.assemble((f"  {name:<{width}}", "dim"), "   ", value) for name, value in rows]
    return Text("\n").join(lines)
