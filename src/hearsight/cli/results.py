"""The result of a search as lines of text.

1  holiday/0412.mp4   1:15-1:30   strong  99%   seen ━━━──  heard ━━━━━  said ━━━━━
   "... the [doctor] [lost] a yellow [bicycle] ..."
   read "[Bicycle] shop"
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from hearsight.cli.console import escape, format_count, format_time

if TYPE_CHECKING:
    from hearsight.library.results import Hit, SearchResult

BAR_LENGTH = 5
GAP = "   "
DOTS = "..."
MINIMUM_NAME_WIDTH = 12  # columns
MOST_SURE = 0.99  # that is shown
NEAREST = 3  # hits to show where nothing matches
LIKENESS = {"seen": "picture", "heard": "sound", "said": "words"}
COLOURS = {"seen": "cyan", "heard": "yellow", "said": "magenta", "read": "green"}
READ = "read "  # before what is read in a picture


def format_result(
    result: SearchResult,
    width: int | None,
    bar: tuple[str, str] = ("━", "─"),
    show_library: bool = False,
    min_confidence: float | None = None,
) -> Iterator[Text]:
    """Yield the lines that show the result of a search.

    width: number of columns; names and transcripts are cut to it. None for a pipe or file, where nothing is cut.
    bar: the characters of the full and the empty part of a bar.
    show_library: put the name of the library before each path, as in a search of several. min_confidence: what the
    search was asked for; see `hits_to_show`.
    """
    for note in result.notes:
        yield Text(f"note: {escape(note)}")
    hits = hits_to_show(result, min_confidence)
    if hits and result.query and not result.matched and min_confidence is None:
        yield Text("nothing here looks, sounds or reads like that; the nearest:")
    yield from _format_hits(hits, width, bar, show_library)
    for query in result.suggestions[:1]:
        yield Text(f"did you mean {escape(query)}?")
    yield Text(_format_summary(result, min_confidence), style="dim")
    weak = len(result.hits) - len(hits)
    if result.matched and weak:
        yield Text(f"{weak} weaker not shown (--min-confidence 0)", style="dim")


def hits_to_show(result: SearchResult, min_confidence: float | None = None) -> list[Hit]:
    """Return the hits to show: those that are not weak, or the nearest few if all are.

    min_confidence: the one that the result has been searched with, if any: then all of its hits are shown.
    """
    return result.hits if min_confidence is not None else result.without_weak().hits or result.hits[:NEAREST]


def _format_hits(hits: Sequence[Hit], width: int | None, bar: tuple[str, str], show_library: bool) -> Iterator[Text]:
    rank_width = max((len(str(hit.rank)) for hit in hits), default=0) + 1
    indent = " " * (rank_width + 2)
    names = [escape(f"{hit.library}/{hit.path}" if show_library else str(hit.path)) for hit in hits]
    times = [_format_times(hit) for hit in hits]
    bars = [format_bars(hit, bar) for hit in hits]
    name_width = max(map(cell_len, names), default=0)
    fixed_width = len(indent) + len(GAP) + max(map(len, times), default=0)
    bars_width = max((text.cell_len for text in bars), default=0)
    one_line = width is None or fixed_width + name_width + len(GAP) + bars_width <= width
    if width is not None:
        name_width = min(name_width, max(width - fixed_width, MINIMUM_NAME_WIDTH))
    for hit, name, hit_times, hit_bars in zip(hits, names, times, bars, strict=True):
        rank = (f"{hit.rank:>{rank_width}}  ", "bold green")
        head = Text.assemble(rank, (_pad(name, name_width), "bold"), GAP, hit_times)
        yield Text.assemble(head, GAP, hit_bars) if one_line else head
        if not one_line:
            yield Text.assemble(indent, hit_bars)
        if hit.line.strip():
            quotation_width = None if width is None else width - len(indent)
            yield Text.assemble(indent, format_quotation(hit.line, hit.spans, quotation_width))
        if hit.text.strip():
            quotation_width = None if width is None else width - len(indent) - len(READ)
            quotation = format_quotation(hit.text, hit.text_spans, quotation_width)
            yield Text.assemble(indent, (READ, COLOURS["read"]), quotation)


def format_bars(hit: Hit, bar: tuple[str, str]) -> Text:
    """Draw what speaks for a hit as bars, followed by its best moment and the number of further moments in its video.

    The bars are absolute: an empty one is no better than chance. A hit that is like an example has words instead.
    """
    full, empty = bar
    text = Text()
    shares = {} if hit.match is None else {"seen": hit.seen, "heard": hit.heard, "said": hit.said}
    if hit.read:  # most libraries have nothing that is read
        shares["read"] = hit.read
    if hit.match is None and hit.evidence:
        senses = dict.fromkeys(LIKENESS.get(evidence.sense, evidence.sense) for evidence in hit.evidence)
        text.append(f"like in {', '.join(senses)}  ")
    for name, share in shares.items():
        length = round(BAR_LENGTH * share)
        text.append(f"{name} ")
        text.append(full * length, COLOURS[name])
        text.append(empty * (BAR_LENGTH - length) + "  ", "dim")
    if int(hit.moment) > int(hit.start):
        text.append(f"best at {format_time(hit.moment)}  ")
    if hit.more:
        text.append(f"{hit.more} more in this file", "dim")
    text.rstrip()
    return text


def format_quotation(line: str, spans: Sequence[tuple[int, int]], width: int | None) -> Text:
    """Quote a line of a transcript with its spans in [brackets], cut to the words around the first span."""
    text, first, end = _mark_spans(line, spans)
    if width is None or text.cell_len + 2 <= width:
        return Text.assemble('"', text, '"')
    room = max(width - 2 * len(f'"{DOTS} '), MINIMUM_NAME_WIDTH)
    start = _start_of_excerpt(text.plain, first, end, room)
    part = text[start:]
    is_cut = part.cell_len > room
    if is_cut:
        part.truncate(room)
        space = part.plain.rfind(" ", end - start)
        part = part[:space] if space > 0 else part
        part = part if len(part) >= end - start else text[start:end]
    return Text.assemble('"', f"{DOTS} " if start else "", part, f" {DOTS}" if is_cut else "", '"')


def _start_of_excerpt(line: str, first: int, end: int, room: int) -> int:
    """Return the word to start at, so that line[first:end] fits into the room, with a third of the room before it."""
    before = min(max(room // 3, room - cell_len(line[first:])), room - cell_len(line[first:end]))
    start = first
    while start > 0 and cell_len(line[start - 1 : first]) <= before:
        start -= 1
    space = line.find(" ", start - 1, first) if start else -1
    return space + 1 if space >= 0 else start


def _mark_spans(line: str, spans: Sequence[tuple[int, int]]) -> tuple[Text, int, int]:
    """Return the line with its spans in brackets, and the start and end of the first of them."""
    text, position, first, end_of_first = Text(style="italic"), 0, 0, 0
    plain = "".join(" " if char.isspace() else char for char in line)
    for start, end in sorted(spans):
        text.append(escape(plain[position:start]))
        marked = f"[{escape(plain[start:end])}]"
        if not end_of_first:
            first, end_of_first = len(text), len(text) + len(marked)
        text.append(marked, "bold")
        position = end
    text.append(escape(plain[position:]))
    return text, first, end_of_first


def shorten_name(name: str, width: int) -> str:
    """Cut a name to a number of columns; its end stays, because it says most."""
    if cell_len(name) <= width:
        return name
    while name and cell_len(name) > width - len(DOTS):
        name = name[1:]
    return DOTS + name


def _pad(name: str, width: int) -> str:
    name = shorten_name(name, width)
    return name + " " * (width - cell_len(name))


def _format_times(hit: Hit) -> str:
    times = "picture" if hit.is_picture else f"{format_time(hit.start)}-{format_time(hit.end)}"
    return f"{times}{GAP}{_format_match(hit)}"


def _format_match(hit: Hit) -> str:
    """Return how good a hit is: strong 99 %. Nothing is certain, so no hit has 100."""
    return "" if hit.confidence is None else f"{hit.match:<6} {min(hit.confidence, MOST_SURE):>4.0%}"


def _format_summary(result: SearchResult, min_confidence: float | None) -> str:
    """Return the last line: 3 videos match, of 214 clips, 41 ms."""
    clips = f"{format_count(result.total_clips, 'clip')}, {result.milliseconds:.0f} ms"
    if not result.query and result.hits:
        return f"the most similar of {clips}"
    if not result.matched:
        return f"nothing matches in {clips}"
    noun = "file" if any(hit.is_picture for hit in result.hits) else "video"
    matches = f"{format_count(result.matches, noun)} {'matches' if result.matches == 1 else 'match'}"
    if not result.hits and min_confidence is not None:
        return f"{matches}, none with a confidence of {min_confidence:g} or more, in {clips}"
    return f"{matches} in {clips}"
