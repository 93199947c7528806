"""What `hearsight index` prints of an update when it is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hearsight.cli import console

if TYPE_CHECKING:
    from rich.text import Text

    from hearsight.library import UpdateReport

SUFFIXES_SHOWN = 5
FAILURES_SHOWN = 3


def describe_update(report: UpdateReport, failures: int, pictures: bool | None = True) -> list[Text]:
    """Return what an update did, line by line.

    failures: number of failed files in the whole library. pictures: `Identity.pictures` of the library.
    """
    from rich.text import Text

    numbers = {
        "added": report.added,
        "changed": report.changed,
        "moved": report.moved,
        "deleted": report.deleted,
        "unchanged": report.unchanged,
        "failed": len(report.failed),
    }
    headline = ", ".join(f"{number:,} {name}" for name, number in numbers.items() if number) or "nothing to do"
    if report.clips:
        headline += f"; {console.format_count(report.clips, 'clip')} in {console.format_duration(report.seconds)}"
    if report.reencoded:
        headline += f"; {console.format_count(report.reencoded, 'file')} read again for the new model"
    if report.sounds:
        headline += f"; the sound of {console.format_count(report.sounds, 'file')}"
    if report.read:
        headline += f"; the pictures of {console.format_count(report.read, 'file')} read"
    lines = [Text(headline, style="bold")]
    if report.others:
        text = f"  left out, not called video, sound or picture: {_format_others(report.others)}"
        lines.append(Text(text, style="dim"))
    lines += [Text(f"  left out: {text}", style="dim") for text in _describe_left_out(report.left_out, pictures)]
    if report.not_understood:
        files = console.format_count(report.not_understood, "file")
        lines.append(
            Text(
                f"  the speech in {files} was not understood: another language, or too unclear; add subtitles, or use "
                "the recogniser whisper",
                style="yellow",
            )
        )
    if report.other_tracks:
        files = console.format_count(report.other_tracks, "file")
        text = f"  in {files} another sound track is heard than was asked for; to list them: hearsight info --tracks"
        lines.append(Text(text, style="yellow"))
    for failure in report.failed[:FAILURES_SHOWN]:
        lines.append(Text.assemble("  ", console.escape(failure.path), ": ", (console.escape(failure.reason), "red")))
    if failures > len(report.failed[:FAILURES_SHOWN]):
        lines.append(
            Text(f"  {console.format_count(failures, 'file')} failed in all: hearsight info --failures", style="dim")
        )
    return lines


def _describe_left_out(counts: Mapping[str, int], pictures: bool | None) -> Iterator[str]:
    """Yield how many pictures are left out, and why. pictures: as in `describe_update`."""
    if number := counts.get("pictures", 0):
        reasons = {
            True: "as nothing looks at them without a model or --read",
            False: "as --no-pictures asks",
            None: "as this index was made before pictures were indexed; to add them: --pictures",
        }
        yield f"{console.format_count(number, 'picture')}, {reasons[pictures]}"
    if number := counts.get("artwork", 0):
        yield f"{console.format_count(number, 'picture')}, by name a cover or thumbnail"
    if number := counts.get("heif", 0):
        yield f"{console.format_count(number, 'picture')} in HEIF (.heic); to read them: pip install pi-heif"


def _format_others(counts: dict[str, int]) -> str:
    """Return how many files of each suffix there are, the most first: "9 .txt, 2 .jpg, 1 without suffix"."""
    most = sorted(counts, key=lambda suffix: (-counts[suffix], suffix))
    parts = [f"{counts[suffix]:,} {console.escape(suffix) or 'without suffix'}" for suffix in most[:SUFFIXES_SHOWN]]
    if rest := sum(counts[suffix] for suffix in most[SUFFIXES_SHOWN:]):
        parts.append(f"{rest:,} others")
    return ", ".join(parts)
