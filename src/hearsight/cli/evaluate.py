"""`hearsight evaluate`: measure a model on clips with captions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hearsight
from hearsight.cli import console
from hearsight.cli.task_progress import StepProgress
from hearsight.errors import HearsightError

if TYPE_CHECKING:
    from hearsight.research.datasets.split import Split


def evaluate(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A name that hearsight models lists, or the folder of a model.")
    ],
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER", exists=True, file_okay=False, help="A split written by data check or soundstage render."
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", metavar="NAME", help="Or the test of a public data set; see hearsight data check."),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", metavar="ROOT", exists=True, help="The data set's folder, or that of check --out."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FOLDER", file_okay=False, help="Write report.json, report.md and figures."),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="REPORT", help="Compare with another model's --report; may be repeated."),
    ] = None,
    recogniser: Annotated[
        str | None,
        typer.Option(
            "--recogniser",
            metavar="NAME",
            help="Whose transcripts to read: pocketsphinx, whisper... By default that of training, or given ones.",
        ),
    ] = None,
    dsl: Annotated[
        bool, typer.Option("--dsl", help="Dual softmax over all queries of the test (transductive).")
    ] = False,
    querybank: Annotated[
        Path | None,
        typer.Option(
            "--querybank", metavar="FOLDER", help="Querybank normalisation with the captions of this training split."
        ),
    ] = None,
) -> None:
    """Measure how well a model finds clips by their captions: recall@k and ranks, by kind of caption, with 95 %
    intervals.

    hearsight evaluate demo soundstage/test --report reports/demo

    hearsight evaluate runs/save/model --dataset msrvtt-9k --root data/msrvtt
    """
    with console.spinner(f"loading {model}"):
        from hearsight.research.evaluation.measure import (
            choose_normalisation,
            choose_recogniser,
            measure,
            read_baselines,
        )
        from hearsight.research.evaluation.report import as_dict
        from hearsight.research.evaluation.tables import as_text, differences_as_text, published_as_text

        if report:  # imported before the work: it fails if matplotlib is missing
            from hearsight.research.evaluation.write_report import write_report

            _make_folder(report)
        baselines = read_baselines(against or [], model)
        loaded = hearsight.load(model)
        loaded.tokenize([""])  # fails before the work if the vocabulary is missing
    split = _split(data, dataset, root)
    normalisation = choose_normalisation(loaded, split, dsl, querybank)
    speech = choose_recogniser(loaded, split, recogniser, Path(model))
    result = measure(model, loaded, split, speech, normalisation, StepProgress(), console.note)
    differences = {baseline.method: result.over(baseline) for baseline in baselines}
    if report:
        write_report(result, report, baselines)
    if json:
        console.write_json(result.to_dict() | {"over": {name: as_dict(rows) for name, rows in differences.items()}})
    else:
        published = [published_as_text(result)] if result.dataset else []
        tables = [as_text(result), *published, *(differences_as_text(name, rows) for name, rows in differences.items())]
        console.write(console.get_console(), "\n\n".join(tables))
    if report:
        console.note(f"report: {report}")


def _split(data: Path | None, dataset: str | None, root: Path | None) -> Split:
    """Return the split that the arguments name: a folder, or the test of a public data set."""
    from hearsight.research.datasets.split import Split
    from hearsight.research.evaluation.measure import open_test

    if data and not dataset and not root:
        return Split(data)
    if data or not dataset or not root:
        raise HearsightError("give a FOLDER to test on, or --dataset NAME and --root ROOT")
    return open_test(dataset, root, StepProgress(), console.note)


def _make_folder(report: Path) -> None:
    try:
        report.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HearsightError(f"cannot write the report {report} ({error.strerror}); give another folder") from error
