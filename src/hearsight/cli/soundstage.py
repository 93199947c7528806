"""`hearsight soundstage`: the generated benchmark."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hearsight.cli import console
from hearsight.cli.step_progress import Steps
from hearsight.errors import HearsightError
from hearsight.research.soundstage.layouts import LayoutName

if TYPE_CHECKING:
    from hearsight.research.soundstage.oracle import Ceiling

app = typer.Typer(help="Generate clips to train on and to test with.", no_args_is_help=True, rich_markup_mode=None)

SPLITS = ("train", "validation", "test")
SplitFolder = Annotated[
    Path, typer.Argument(metavar="FOLDER", exists=True, file_okay=False, help="A rendered split, such as data/test.")
]
AsJSON = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.callback()
def soundstage() -> None:
    """Generate clips to train on and to test with."""


@app.command()
def render(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", file_okay=False, help="Where each split gets a folder of its own.")
    ],
    size: Annotated[Literal["mini", "standard"], typer.Option(help="Mini has 136 clips, standard 4,300.")] = "standard",
    split: Annotated[
        Literal["train", "validation", "test", "demo"] | None,
        typer.Option(help="This one only; else train, validation and test."),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many clips of that split; else what its size says.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Other clips of the same kind.")] = 0,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="Processes that render at once.")] = 2,
) -> None:
    """Render MP4 files with manifest.jsonl. Interrupted, it goes on where it stopped.

    hearsight soundstage render soundstage --size mini

    hearsight soundstage render soundstage --split train --count 2000
    """
    from hearsight.research.soundstage.render import SIZES
    from hearsight.research.soundstage.render import render as render_split

    if count and not split:
        raise HearsightError("--count is for one split; say which with --split, or choose a --size for all")
    for each in [split] if split else SPLITS:
        progress = partial(Steps(), f"{each} clip")
        manifest = render_split(folder / each, each, count or SIZES[size][each], seed, workers, progress)
        console.note(f"manifest: {manifest}")


@app.command()
def export(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", exists=True, file_okay=False, help="Where train, validation and test are."),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", file_okay=False, help="Where the data set goes; an empty one.")],
    layout: Annotated[LayoutName, typer.Option(help="Whose names and files the clips get.")],
) -> None:
    """Make rendered clips look like one of the field's data sets, to try what reads these.

    Repeated, it repairs what is missing. soundstage.json tells which clip is which.

    hearsight soundstage export soundstage soundstage-as-msrvtt --layout msrvtt
    """
    from hearsight.research.soundstage.export import export as export_as

    count = export_as(folder, out, layout)
    console.note(f"{layout}: {count:,} videos in {out}")


@app.command()
def oracle(folder: SplitFolder, json: AsJSON = False) -> None:
    """Tell what a perfect searcher can reach that only sees, only hears, and so on: each method's ceiling.

    hearsight soundstage oracle soundstage/test
    """
    from hearsight.research.soundstage.oracle import ceilings

    report = ceilings(folder)
    if json:
        console.write_json({name: {group: asdict(one) for group, one in of.items()} for name, of in report.items()})
    else:
        console.write(console.get_console(), ceilings_table(report))


@app.command()
def describe(
    folder: SplitFolder,
    recogniser: Annotated[
        str | None, typer.Option(metavar="NAME", help="Tell also what this recogniser (pocketsphinx) mishears.")
    ] = None,
    json: AsJSON = False,
) -> None:
    """Count what a split contains, and measure how loud its distractions are.

    hearsight soundstage describe soundstage/test --recogniser pocketsphinx
    """
    from hearsight.research.soundstage.describe import describe as count_split
    from hearsight.research.soundstage.describe import describe_hearing

    report = count_split(folder)
    if recogniser:
        from hearsight.research.datasets.transcripts import read_transcripts

        transcripts = read_transcripts(folder, recogniser, progress=Steps())
        heard = {name: each.text for name, each in transcripts.items()}
        report |= describe_hearing(folder, heard)
    if json:
        console.write_json(report)
    else:
        console.write(
            console.get_console(), console.format_table((name, told(value)) for name, value in report.items())
        )


def told(value: Any) -> str:
    return f"{value:,.3g}" if isinstance(value, float) else str(value)


def ceilings_table(report: dict[str, dict[str, Ceiling]]) -> str:
    """One row a group and oracle."""
    lines = [f"{'queries about':<16}{'oracle':<16}{'queries':>8}{'R@1':>7}{'R@5':>7}{'R@10':>7}"]
    for group in next(iter(report.values())):
        for oracle, of in report.items():
            one = of[group]
            lines.append(f"{group:<16}{oracle:<16}{one.queries:>8,}{one.r1:>7.1f}{one.r5:>7.1f}{one.r10:>7.1f}")
    return "\n".join([*lines, "expected recall in percent of a perfect searcher with these senses"])
