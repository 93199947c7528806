"""`hearsight soundstage`: commands for the generated benchmark."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hearsight.cli import console
from hearsight.cli.task_progress import StepProgress
from hearsight.errors import HearsightError
from hearsight.research.soundstage.dataset_layouts import LayoutName

if TYPE_CHECKING:
    from hearsight.research.soundstage.oracle import OracleRecall

app = typer.Typer(help="Generate clips for training and testing.", no_args_is_help=True, rich_markup_mode=None)

SPLITS = ("train", "validation", "test")
SplitFolder = Annotated[
    Path, typer.Argument(metavar="FOLDER", exists=True, file_okay=False, help="A rendered split, such as data/test.")
]
AsJSON = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.callback()
def soundstage() -> None:
    """Generate clips for training and testing."""


@app.command()
def render(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", file_okay=False, help="The folder in which each split gets a folder.")
    ],
    size: Annotated[Literal["mini", "standard"], typer.Option(help="mini has 136 clips, standard 4,300.")] = "standard",
    split: Annotated[
        Literal["train", "validation", "test", "demo"] | None,
        typer.Option(help="Render only this split; default: train, validation and test."),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Number of clips of that split; default: as in --size.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Another seed gives other clips of the same kind.")] = 0,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="Number of processes.")] = 2,
) -> None:
    """Render MP4 files and a manifest.jsonl for each split. An interrupted run continues when repeated.

    hearsight soundstage render soundstage --size mini

    hearsight soundstage render soundstage --split train --count 2000
    """
    from hearsight.research.soundstage.render import SIZES
    from hearsight.research.soundstage.render import render as render_split

    if count and not split:
        raise HearsightError("--count needs --split: it is the size of one split; name it, or use --size")
    for name in [split] if split else SPLITS:
        progress = partial(StepProgress(), f"{name} clip")
        manifest = render_split(folder / name, name, count or SIZES[size][name], seed, workers, progress)
        console.note(f"manifest: {manifest}")


@app.command()
def export(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="A folder with train, validation and test.",
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", file_okay=False, help="An empty folder for the data set.")],
    layout: Annotated[LayoutName, typer.Option(help="The data set whose names and files the clips get.")],
) -> None:
    """Give rendered clips the names and files of a public data set, to test programs that read it.

    Repeating the command restores missing files. soundstage.json records which clip is which.

    hearsight soundstage export soundstage soundstage-as-msrvtt --layout msrvtt
    """
    from hearsight.research.soundstage.export import export as export_as

    count = export_as(folder, out, layout)
    console.note(f"{layout}: {count:,} videos in {out}")


@app.command()
def oracle(folder: SplitFolder, json: AsJSON = False) -> None:
    """Compute the best recall that a searcher with only some senses can reach: an upper bound for each method.

    hearsight soundstage oracle soundstage/test
    """
    from hearsight.research.soundstage.oracle import oracle_recalls

    report = oracle_recalls(folder)
    if json:
        console.write_json(
            {name: {group: asdict(recall) for group, recall in groups.items()} for name, groups in report.items()}
        )
    else:
        console.write(console.get_console(), format_oracle_table(report))


@app.command()
def describe(
    folder: SplitFolder,
    recogniser: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Also measure the errors of this recogniser (pocketsphinx)."),
    ] = None,
    json: AsJSON = False,
) -> None:
    """Count what a split contains, and measure the level of its distractions.

    hearsight soundstage describe soundstage/test --recogniser pocketsphinx
    """
    from hearsight.research.soundstage.split_statistics import hearing_statistics, split_statistics

    report = split_statistics(folder)
    if recogniser:
        from hearsight.research.datasets.split import Split

        transcripts = Split(folder).transcripts(recogniser, StepProgress())
        texts = {id: transcript.text for id, transcript in transcripts.items()}
        report |= hearing_statistics(folder, texts)
    if json:
        console.write_json(report)
    else:
        console.write(
            console.get_console(), console.format_table((name, format_value(value)) for name, value in report.items())
        )


def format_value(value: Any) -> str:
    return f"{value:,.3g}" if isinstance(value, float) else str(value)


def format_oracle_table(report: dict[str, dict[str, OracleRecall]]) -> str:
    """Return a table with a row for each group and oracle."""
    lines = [f"{'queries about':<16}{'oracle':<16}{'queries':>8}{'R@1':>7}{'R@5':>7}{'R@10':>7}"]
    for group in next(iter(report.values())):
        for oracle, groups in report.items():
            recall = groups[group]
            columns = f"{recall.queries:>8,}{recall.r1:>7.1f}{recall.r5:>7.1f}{recall.r10:>7.1f}"
            lines.append(f"{group:<16}{oracle:<16}{columns}")
    return "\n".join([*lines, "expected recall in percent of a perfect searcher with these senses"])
