"""Search results as a CMX 3600 edit decision list, which most editing programs open."""

from __future__ import annotations

from hearsight.errors import HearsightError
from hearsight.library.cut_lists.cuts import RATES, TIMELINE_START, place_cuts, printable, title
from hearsight.library.cut_lists.timecodes import timecode
from hearsight.library.results import SearchResult

MAX_TITLE_LENGTH = 70
FCM = {False: "FCM: NON-DROP FRAME", True: "FCM: DROP FRAME"}
MAX_EVENTS = 999  # their numbers have three digits


def to_edl(result: SearchResult) -> str:
    """Return a CMX 3600 edit decision list with an event for each hit.

    Source times are those of the file's own timecode, record times those of the timeline, which drops no frames. FCM
    lines tell which source times do. An M2 line follows where the rate differs from that of the timeline, which each
    event tells.
    Raises HearsightError for more hits than the format has numbers for.
    """
    if len(result.hits) > MAX_EVENTS:
        raise HearsightError(
            f"cannot write {len(result.hits)} moments as .edl, which has room for {MAX_EVENTS}; take fewer with "
            f"-n {MAX_EVENTS}, or save as .fcpxml or .otio"
        )
    rate, cuts = place_cuts(result)
    lines = [f"TITLE: {title(result)[:MAX_TITLE_LENGTH]}", FCM[False]]
    drops = False
    for number, cut in enumerate(cuts, 1):
        source = cut.source
        channels = "B" if source.has_video and source.has_audio else "V" if source.has_video else "A"
        source_in, source_out = (timecode(frame, source.rate, source.drop) for frame in (cut.first, cut.last))
        offset = TIMELINE_START * round(rate) + cut.offset
        times = f"{source_in} {source_out} {timecode(offset, rate)} {timecode(offset + cut.length, rate)}"
        lines += [""] if source.drop == drops else ["", FCM[source.drop]]
        drops = source.drop
        lines += [f"{number:03}  AX       {channels:5} C        {times}"]
        if source.rate != rate:
            lines.append(f"M2   AX       {float(source.rate):05.1f}                {source_in}")
        lines.append(f"* FRAME RATE: {RATES[rate]}")
        lines.append(f"* FROM CLIP NAME: {printable(source.video.name)}")
        lines.append(f"* SOURCE FILE: {printable(str(source.video))}")
        if line := printable(cut.hit.line).strip():
            lines.append(f"* COMMENT: {line}")
    return "\n".join(lines) + "\n"
