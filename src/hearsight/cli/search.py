"""`hearsight search`: find moments by words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from hearsight.cli import console
from hearsight.cli.options import LibraryOption, open_library, parse_folder
from hearsight.errors import HearsightError

if TYPE_CHECKING:
    from hearsight.library.results import SearchResult


class SearchCommand(TyperCommand):
    """Reads `--open` without a number as `--open 1`: Typer knows no option whose value may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        for place in reversed(range(end)):
            if args[place] == "--open" and not "".join(args[place + 1 : place + 2]).isdecimal():
                args.insert(place + 1, "1")
        return super().parse_args(ctx, args)


def search(
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="What to find; quotation marks are not needed.")],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--in",
            metavar="FOLDER",
            parser=parse_folder,
            help="The indexed folder; else the current one, or the nearest above it.",
        ),
    ] = None,
    library: LibraryOption = None,
    mode: Annotated[
        Literal["hybrid", "dense", "speech"],
        typer.Option(help="By meaning and spoken words, by meaning alone, or by spoken words alone."),
    ] = "hybrid",
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many moments to show.")] = 10,
    path: Annotated[str | None, typer.Option(metavar="GLOB", help="Only files named like this: holiday/*.mp4")] = None,
    min_seconds: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Only videos at least this long.")
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Only videos at most this long.")
    ] = None,
    speech: Annotated[bool | None, typer.Option("--has-speech/--no-speech", help="With speech, or without.")] = None,
    sound: Annotated[bool | None, typer.Option("--has-sound/--no-sound", help="With sound, or without.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    play: Annotated[
        int | None,
        typer.Option("--open", min=1, metavar="[RANK]", help="Play the first moment, or that of this rank."),
    ] = None,
) -> None:
    """Find moments by what is seen, heard or said in them.

    hearsight search a dog barks at the sea
    """
    with console.spinner("loading the model"):
        from hearsight.library import Filters

        kept = open_library(folder, library)
        _ = kept.model  # loads it
    filters = Filters(path, min_seconds, max_seconds, has_speech=speech, has_sound=sound)
    result = kept.search(" ".join(query), mode=mode, limit=limit, filters=filters)
    if json:
        console.write_json(result.to_dict())
    else:
        _write(result)
    if play is not None:
        _play(result, play)


def _write(result: SearchResult) -> None:
    from hearsight.cli.results import format_result

    screen = console.get_console()
    bar = ("━", "─") if screen.encoding.startswith("utf") else ("#", ".")
    for line in format_result(result, screen.width if screen.is_terminal else None, bar):
        console.write(screen, line)


def _play(result: SearchResult, rank: int) -> None:
    from hearsight.cli.player import play

    if not result.hits:
        raise HearsightError("nothing was found that could be played; search for something else, or with fewer filters")
    if rank > len(result.hits):
        raise HearsightError(f"there is no rank {rank} to play: {len(result.hits)} found; give a lower one to --open")
    hit = result.hits[rank - 1]
    play(hit.video, hit.moment)
