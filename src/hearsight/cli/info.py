"""`hearsight info`: show what is in an index, and which files could not be indexed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import console
from hearsight.cli.options import FolderArgument, LibraryOption, open_library
from hearsight.models.catalog import SENSES

if TYPE_CHECKING:
    from rich.text import Text

    from hearsight.library import Failure, LibraryInfo, SoundTrack


def info(
    folder: FolderArgument = None,
    library: LibraryOption = None,
    failures: Annotated[bool, typer.Option("--failures", help="List the files that could not be indexed.")] = False,
    tracks: Annotated[
        bool, typer.Option("--tracks", help="List which sound track was heard of each file that has several.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show what is in an index, and what made it."""
    if failures and tracks:
        raise typer.BadParameter("cannot be used with --failures; list one, then the other", param_hint="--tracks")
    opened = open_library(folder, library)
    entries = opened.failures() if failures else opened.tracks() if tracks else None
    if json:
        console.write_json(opened.info().to_dict() if entries is None else [asdict(each) for each in entries])
        return
    stdout = console.get_console()
    if failures:
        lines = format_failures(opened.failures())
    else:
        lines = format_tracks(opened.tracks()) if tracks else [format_info(opened.info())]
    for line in lines:
        console.write(stdout, line)


def format_info(info: LibraryInfo) -> Text:
    """Return what is in a library as a table of two columns."""
    from hearsight.library.tables.library_json import cutting

    rows = {
        "folder": str(info.folder),
        "index": f"{info.location}, {console.format_bytes(info.bytes)}",
        "model": f"{info.model} ({info.method}, {info.fingerprint})",
        "compares": format_senses(info.senses, info.method),
        "recogniser": info.recogniser,
        "tracks": format_track_choice(info.audio_track, info.audio_language, info.several_tracks),
        "meaning": format_meaning(info.meaning),
        "sound": format_sound(info.sound, info.sounds),
        "text": format_reader(info.reader, info.read),
        "missing": format_missing(info.missing),
        "videos": f"{info.videos:,}, {console.format_duration(3600 * info.hours)} in all",
        "pictures": format_pictures(info.pictures, info.indexes_pictures),
        "transcripts": format_transcripts(info.transcripts, info.not_understood),
        "clips": f"{info.clips:,}, {cutting(info.cut, info.seconds)}",
        "with speech": f"{info.with_speech:,}",
        "with sound": f"{info.with_sound:,}",
        "failed": f"{info.failures:,}" + (" (list them with --failures)" if info.failures else ""),
    }
    return console.format_table((name, value) for name, value in rows.items() if value)


def format_pictures(number: int, are_indexed: bool) -> str:
    """Return how many pictures there are; "" for none in a library that would have them."""
    if are_indexed:
        return f"{number:,}" if number else ""
    return f"{number:,} (updates leave pictures out; hearsight index --pictures adds them)"


def format_senses(senses: Sequence[str], method: str) -> str:
    """Return what a model compares with queries: "what is seen, heard and said"; "" if that is unknown."""
    if not senses and method in SENSES:
        return "nothing that is seen or heard; to add a model: hearsight models"
    *others, last = senses or [""]
    return f"what is {' and '.join(filter(None, (', '.join(others), last)))}" if last else ""


def format_meaning(name: str) -> str:
    """Return the name of an expert for what is said, and how it reads."""
    ways = {
        "wordllama": "word by word, in English",
        "sentences": "by whole sentences",
        "none": "only words are matched",
    }
    way = ways.get(name.partition(":")[0])
    return f"{name} ({way})" if way else name


def format_sound(name: str, videos: int) -> str:
    """Return the name of a sound expert, and how many videos it has encoded; "" for none."""
    return "" if name == "none" else f"{name}, {console.format_count(videos, 'video')}"


def format_reader(name: str, videos: int) -> str:
    """Return what reads text in pictures, and in how many videos it has done so; "" for nothing."""
    return "" if name == "none" else f"read by {name}, in {console.format_count(videos, 'video')}"


def format_missing(missing: Mapping[str, str]) -> str:
    """Return which experts a library lacks, and how to add them; "" for none."""
    from hearsight.library.expert_choice import describe_missing, pull_command

    return f"to search {describe_missing(missing)}: {pull_command(missing)}" if missing else ""


def format_transcripts(counts: Mapping[str, int], not_understood: int = 0) -> str:
    """Return how many videos have a transcript of which source: "12 by moonshine, 3 from subtitles".

    not_understood: the number of videos whose speech the recogniser did not understand.
    """
    parts = [
        f"{count:,} without" if source == "none" else f"{count:,} {'from' if source == 'subtitles' else 'by'} {source}"
        for source, count in sorted(counts.items(), key=lambda item: item[0] == "none")
    ]
    if not_understood:
        parts.append(f"{not_understood:,} not understood (another language, or too unclear)")
    return ", ".join(parts) or "none"


def format_track_choice(number: int | None, language: str | None, files: int) -> str:
    """Return which sound track is heard of files with several, and how many these are; "" if nothing is to be said."""
    wanted = [f"number {number}"] if number is not None else []
    wanted += [language] if language is not None else []
    if not wanted and not files:
        return ""
    several = console.format_count(files, "file")
    return f"{', else '.join([*wanted, 'the usual one'])}; {several} with several" + (
        " (list them with --tracks)" if files else ""
    )


def format_tracks(tracks: Sequence[SoundTrack]) -> list[Text]:
    """Return the lines that list the sound track of each file that has several."""
    from rich.text import Text

    lines = []
    for track in tracks:
        details = ", ".join(console.escape(part) for part in (track.language, track.title) if part)
        number = f"track {track.track} of {track.tracks}" + (", " if details else "")
        lines.append(Text.assemble((console.escape(track.path), "bold"), "   ", number, details))
    return lines or [Text("no file is known to have several sound tracks")]


def format_failures(failures: list[Failure]) -> list[Text]:
    """Return the lines that list each file that could not be indexed, with the reason below it."""
    from rich.text import Text

    if not failures:
        return [Text("no file failed")]
    lines = []
    for failure in failures:
        lines.append(Text.assemble((console.escape(failure.path), "bold"), (f"   {failure.when}", "dim")))
        lines.append(Text.assemble("    ", (console.escape(failure.reason), "red")))
    return lines
