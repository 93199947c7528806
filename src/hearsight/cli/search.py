"""`hearsight search`: find moments by words, or by an example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperCommand

from hearsight.cli import console
from hearsight.cli.options import one_of, open_libraries, parse_date, parse_folder, parse_library, parse_time
from hearsight.cli.save_moments import Saving
from hearsight.errors import HearsightError
from hearsight.util.hide_package import hide_package

if TYPE_CHECKING:
    from hearsight.library.results import Hit, Mode, SearchResult, Sense


VIDEOS, MOMENTS = 10, 1000  # shown at most, unless --limit says otherwise; moments with --all-moments
# A word to leave out. A single letter, or one with a number, is an option such as -n3.
EXCLUSION = re.compile(r"-(?![a-zA-Z](?:\d|$))[^\W\d_]|-[^\w\s-]")


class SearchCommand(TyperCommand):
    """Reads what Typer cannot: words to leave out (-cake), and `--open` without a number, which is `--open 1`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        names = {name for option in self.params for name in (*option.opts, *option.secondary_opts)}
        with_value = {name for option in self.params if not getattr(option, "is_flag", True) for name in option.opts}
        for index in reversed(range(end)):
            if args[index] == "--open" and not "".join(args[index + 1 : index + 2]).isdecimal():
                args.insert(index + 1, "1")
            elif (
                EXCLUSION.match(args[index])
                and f"-{args[index]}" not in names  # probably meant as an option, which Typer explains
                and not (index and args[index - 1] in with_value)
            ):
                args[index] = f" {args[index]}"  # a word that begins with a space is no option
        return super().parse_args(ctx, args)


def search(
    query: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUERY",
            help="What to find; no quotation marks around it are needed. Words after seen:, heard:, said: or read: are "
            "only searched for there. Words in marks of their own ('\"exact words\"') are said or read just so; -word "
            "is neither.",
        ),
    ] = None,
    folders: Annotated[
        list[Path] | None,
        typer.Option(
            "--in",
            metavar="FOLDER",
            parser=parse_folder,
            help="An indexed folder; repeat it to search several together. Default: the current folder, or the nearest "
            "indexed folder above it.",
        ),
    ] = None,
    libraries: Annotated[
        list[Path] | None,
        typer.Option(
            "--library",
            metavar="FOLDER",
            parser=parse_library,
            help="The folder of an index, if it is not in the folder of the videos. May be repeated.",
        ),
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Find what is like a picture, a sound or the first 30 s of a video, instead of a query.",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(**one_of("seen", "heard"), help="With --like: compare only the pictures, or only the sound."),
    ] = None,
    mode: Annotated[
        str,
        typer.Option(
            **one_of("hybrid", "dense", "speech"),
            help="Search by everything, by pictures and sound (the model), or by spoken words only.",
        ),
    ] = "hybrid",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, metavar="N", help="The number of videos to show at most.", show_default=str(VIDEOS)
        ),
    ] = None,
    path: Annotated[
        str | None, typer.Option(metavar="GLOB", help="Search only files with such a path: holiday/*.mp4")
    ] = None,
    min_seconds: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="Search only videos at least this long; pictures last 0."),
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Search only videos at most this long.")
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", parser=parse_date, help="Search only videos made in 2024, 2024-05 or 2024-05-17, or later."
        ),
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="DATE", parser=parse_date, help="Search only videos made before 2024, say.")
    ] = None,
    from_seconds: Annotated[
        float | None,
        typer.Option("--from", metavar="TIME", parser=parse_time, help="Search only after this time in a file: 1:30."),
    ] = None,
    to_seconds: Annotated[
        float | None,
        typer.Option("--to", metavar="TIME", parser=parse_time, help="Search only before this time in a file."),
    ] = None,
    speech: Annotated[
        bool | None, typer.Option("--has-speech/--no-speech", help="Search only clips with speech, or without.")
    ] = None,
    sound: Annotated[
        bool | None, typer.Option("--has-sound/--no-sound", help="Search only clips with sound, or without.")
    ] = None,
    all_moments: Annotated[
        bool, typer.Option("--all-moments", help="Show every matching moment of a file (or the best N), not one.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Save the moments as a cut list or table: .edl .fcpxml .otio .csv or .json says which."
        ),
    ] = None,
    clips_folder: Annotated[
        Path | None,
        typer.Option("--save-clips", metavar="FOLDER", help="Cut the moments out of their files, into this folder."),
    ] = None,
    cut_at: Annotated[
        str,
        typer.Option(
            **one_of("clips", "sentences"),
            help="Where saved moments start and end: with their clips, or with the sentence that is said.",
        ),
    ] = "clips",
    exact: Annotated[
        bool,
        typer.Option(
            "--exact", help="Encode saved clips anew, to start exactly. Otherwise they start at the key frame before."
        ),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace saved files that exist.")] = False,
    min_confidence: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Show all moments of at least this confidence, weak ones too: 0 shows everything.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print all fields as JSON.")] = False,
    play: Annotated[
        int | None,
        typer.Option("--open", min=1, metavar="[RANK]", help="Play the first moment, or the one of this rank."),
    ] = None,
) -> None:
    """Find moments by what is seen, heard, said or read in them. The exit status is 1 if nothing matches.

    hearsight search a dog barks at the sea
    hearsight search --like photo.jpg
    """
    _check_query(query, like, by, mode, all_moments, min_confidence)
    saving = Saving(save, clips_folder, cut_at, exact, overwrite)
    saving.check()
    with console.spinner("loading the model"):
        from hearsight.cli.results import hits_to_show
        from hearsight.library import Collection, Filters

        _settle_pandas()
        library = open_libraries(folders or [], libraries or [])
        _ = library.query_encoder  # loads it
    filters = Filters(path, min_seconds, max_seconds, speech, sound, after, before, from_seconds, to_seconds)
    if like is not None:
        result = library.search_by_example(like, limit or VIDEOS, filters, by=cast("Sense | None", by))
    else:
        text = " ".join(word.removeprefix(" ") for word in query or [])
        result = library.search(
            text,
            cast("Mode", mode),
            limit or (MOMENTS if all_moments else VIDEOS),
            filters,
            all_moments=all_moments,
            min_confidence=min_confidence,
        )
    if json:
        console.write_json(result.to_dict())
    else:
        _print_result(result, isinstance(library, Collection), min_confidence)
    complete = saving.run(library, result, min_confidence)
    if play is not None:
        _play(result, result.hits if json else hits_to_show(result, min_confidence), play)
    matched = bool(result.hits) if min_confidence is not None or like else result.matched
    if not (matched and complete):
        raise typer.Exit(1)


def _settle_pandas() -> None:
    """Let pyarrow find no pandas when it first looks for it: half a second. It looks again if it is needed."""
    with hide_package("pandas"):
        import pyarrow

        pyarrow.scalar(0)


def _check_query(
    query: list[str] | None,
    like: Path | None,
    by: str | None,
    mode: str,
    all_moments: bool,
    min_confidence: float | None,
) -> None:
    """Raise HearsightError unless there is one of a query and an example, with options that belong to it."""
    if like is None and not query:
        raise typer.BadParameter("there is nothing to search for; add some words, or --like FILE", param_hint="QUERY")
    if like is None and by is not None:
        raise HearsightError(f"--by is about an example; add --like FILE, or search for {by}: and some words")
    if like is not None and query:
        raise HearsightError("--like FILE takes the place of a query; leave out one of the two")
    for_words = {
        "--mode": mode != "hybrid",
        "--all-moments": all_moments,
        "--min-confidence": min_confidence is not None,
    }
    if like is not None and any(for_words.values()):
        option = next(name for name, given in for_words.items() if given)
        raise HearsightError(f"{option} is about a query; leave it out with --like")


def _print_result(result: SearchResult, show_library: bool, min_confidence: float | None) -> None:
    from hearsight.cli.results import format_result

    stdout = console.get_console()
    bar = ("━", "─") if stdout.encoding.startswith("utf") else ("#", ".")
    width = stdout.width if stdout.is_terminal else None
    for line in format_result(result, width, bar, show_library, min_confidence):
        console.write(stdout, line)


def _play(result: SearchResult, shown: list[Hit], rank: int) -> None:
    """Play the moment of a rank, or show the picture. Raises HearsightError for one that is not shown."""
    from hearsight.cli.player import play, show_picture

    hit = next((hit for hit in shown if hit.rank == rank), None)
    if hit is not None and hit.is_picture:
        show_picture(hit.video)
    elif hit is not None:
        play(hit.video, hit.moment)
    elif not result.hits:
        raise HearsightError("cannot play a moment: nothing is found; change the query, or use fewer filters")
    elif rank > len(result.hits):
        raise HearsightError(
            f"cannot play rank {rank}: only {console.format_count(len(result.hits), 'moment')} found; give a smaller "
            "number to --open"
        )
    else:
        moments = console.format_count(len(shown), "moment") if result.matched else f"the {len(shown)} nearest"
        verb = "is" if len(shown) == 1 else "are"
        raise HearsightError(f"cannot play rank {rank}: only {moments} {verb} shown; add --min-confidence 0")
