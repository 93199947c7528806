"""`hearsight info`: what is in a library, and what could not be indexed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import console
from hearsight.cli.options import FolderArgument, LibraryOption, open_library

if TYPE_CHECKING:
    from rich.text import Text

    from hearsight.library import Failure, LibraryInfo


def info(
    folder: FolderArgument = None,
    library: LibraryOption = None,
    failures: Annotated[bool, typer.Option("--failures", help="List the files that could not be indexed.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Tell what is in an indexed folder."""
    kept = open_library(folder, library)
    if json:
        listed = [asdict(failure) for failure in kept.failures()]
        console.write_json(listed if failures else kept.info().to_dict())
        return
    screen = console.get_console()
    for line in failed_files(kept.failures()) if failures else [facts(kept.info())]:
        console.write(screen, line)


def facts(about: LibraryInfo) -> Text:
    """What is in a library, as a table of two columns."""
    from hearsight.library.tables.identity import cutting

    rows = {
        "folder": str(about.folder),
        "index": f"{about.at}, {console.format_bytes(about.bytes)}",
        "model": f"{about.model} ({about.method}, {about.fingerprint})",
        "recogniser": about.recogniser,
        "videos": f"{about.videos:,}, {console.format_duration(3600 * about.hours)} in all",
        "clips": f"{about.clips:,}, {cutting(about.by, about.seconds)}",
        "with speech": f"{about.with_speech:,}",
        "with sound": f"{about.with_sound:,}",
        "failed": f"{about.failures:,}" + (" (list them with --failures)" if about.failures else ""),
    }
    return console.format_table(rows.items())


def failed_files(failures: list[Failure]) -> list[Text]:
    """Each file that could not be indexed, with the reason below it."""
    from rich.text import Text

    if not failures:
        return [Text("every file could be indexed")]
    lines = []
    for failure in failures:
        lines.append(Text.assemble((console.escape(failure.path), "bold"), (f"   {failure.when}", "dim")))
        lines.append(Text.assemble("    ", (console.escape(failure.reason), "red")))
    return lines
