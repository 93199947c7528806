"""What was found, for a person to read.

1  holiday/0412.mp4   1:15-1:30   score 31.2   seen ━━━    heard ━━━━━  said ━━━━
   "... the [doctor] [lost] a yellow [bicycle] ..."
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from hearsight.cli.console import escape, format_count, format_time

if TYPE_CHECKING:
    from hearsight.library.results import Hit, SearchResult

BAR = 5
GAP = "   "
DOTS = "..."
LEAST_NAME = 12  # columns; a name is not cut further than that
COLOURS = {"seen": "cyan", "heard": "yellow", "said": "magenta"}


def found(result: SearchResult, width: int | None, bar: tuple[str, str] = ("━", "─")) -> Iterator[Text]:
    """The lines of a search's result.

    width: columns that there are, to which names and transcripts are cut; None for a pipe or file, where all is told.
    bar: the two characters to draw bars with, full and empty.
    """
    rank_width = max((len(str(hit.rank)) for hit in result.hits), default=0) + 1
    indent = " " * (rank_width + 2)
    names = [escape(str(hit.path)) for hit in result.hits]
    times = [_times(hit) for hit in result.hits]
    most = max((share for hit in result.hits for share in (hit.seen, hit.heard, hit.said)), default=0.0)
    whys = [reasons(hit, most, bar) for hit in result.hits]
    name_width = max(map(cell_len, names), default=0)
    beside = len(indent) + len(GAP) + max(map(len, times), default=0)
    one_line = width is None or beside + name_width + len(GAP) + max((w.cell_len for w in whys), default=0) <= width
    if width is not None:
        name_width = min(name_width, max(width - beside, LEAST_NAME))
    for hit, name, time, why in zip(result.hits, names, times, whys, strict=True):
        rank = (f"{hit.rank:>{rank_width}}  ", "bold green")
        head = Text.assemble(rank, (_column(name, name_width), "bold"), GAP, time)
        yield Text.assemble(head, GAP, why) if one_line else head
        if not one_line:
            yield Text.assemble(indent, why)
        if hit.line.strip():
            room = None if width is None else width - len(indent)
            yield Text.assemble(indent, quotation(hit.line, hit.spans, room))
    yield Text(_summary(result), style="dim")


def reasons(hit: Hit, most: float, bar: tuple[str, str]) -> Text:
    """What spoke for a hit, as bars; its best moment, and how many more there are in that video.

    most: what a full bar stands for, the most that sight, sound or speech added to any hit. What is said also speaks
    for a hit by its very words, for which full is certain; the bar is the longer of the two.
    """
    full, empty = bar
    text = Text()
    seen, heard, said = (max(share, 0.0) / most if most > 0 else 0.0 for share in (hit.seen, hit.heard, hit.said))
    for name, share in (("seen", seen), ("heard", heard), ("said", max(said, hit.words))):
        length = round(BAR * share)
        text.append(f"{name} ")
        text.append(full * length, COLOURS[name])
        text.append(empty * (BAR - length) + "  ", "dim")
    if int(hit.moment) > int(hit.start):
        text.append(f"best at {format_time(hit.moment)}  ")
    if hit.more:
        text.append(f"{hit.more} more in this file", "dim")
    text.rstrip()
    return text


def quotation(line: str, spans: Sequence[tuple[int, int]], width: int | None) -> Text:
    """A transcript line in quotation marks, its spans in [brackets], cut to the words around the first of them."""
    text, first, end = _marked(line, spans)
    if width is None or text.cell_len + 2 <= width:
        return Text.assemble('"', text, '"')
    room = max(width - 2 * len(f'"{DOTS} '), LEAST_NAME)
    start = _beginning(text.plain, first, end, room)
    part = text[start:]
    ends = part.cell_len > room
    if ends:
        part.truncate(room)
        space = part.plain.rfind(" ", end - start)
        part = part[:space] if space > 0 else part
        part = part if len(part) >= end - start else text[start:end]
    return Text.assemble('"', f"{DOTS} " if start else "", part, f" {DOTS}" if ends else "", '"')


def _beginning(line: str, first: int, end: int, room: int) -> int:
    """Where to begin, at a word, so that the first match is in the room, with a third of it before where that fits."""
    before = min(max(room // 3, room - cell_len(line[first:])), room - cell_len(line[first:end]))
    start = first
    while start > 0 and cell_len(line[start - 1 : first]) <= before:
        start -= 1
    space = line.find(" ", start - 1, first) if start else -1
    return space + 1 if space >= 0 else start


def _marked(line: str, spans: Sequence[tuple[int, int]]) -> tuple[Text, int, int]:
    """The line with its spans in brackets, and where the first of these starts and ends."""
    text, at, first, last = Text(style="italic"), 0, 0, 0
    plain = "".join(" " if char.isspace() else char for char in line)
    for start, end in sorted(spans):
        text.append(escape(plain[at:start]))
        marked = f"[{escape(plain[start:end])}]"
        if not last:
            first, last = len(text), len(text) + len(marked)
        text.append(marked, "bold")
        at = end
    text.append(escape(plain[at:]))
    return text, first, last


def end_of(name: str, width: int) -> str:
    """A name cut to so many columns; its end says most."""
    if cell_len(name) <= width:
        return name
    while name and cell_len(name) > width - len(DOTS):
        name = name[1:]
    return DOTS + name


def _column(name: str, width: int) -> str:
    cut = end_of(name, width)
    return cut + " " * (width - cell_len(cut))


def _times(hit: Hit) -> str:
    return f"{format_time(hit.start)}-{format_time(hit.end)}{GAP}score {hit.score:.1f}"


def _summary(result: SearchResult) -> str:
    """12 clips of 214 in 9 videos, 41 ms."""
    if not result.hits:
        return f"nothing found in {format_count(result.total_clips, 'clip')}, {result.milliseconds:.0f} ms"
    found = f"{format_count(result.clips, 'clip')} of {result.total_clips:,} in {format_count(result.videos, 'video')}"
    return f"{found}, {result.milliseconds:.0f} ms"
