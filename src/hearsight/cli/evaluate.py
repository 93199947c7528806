"""`hearsight evaluate`: a model on a set of clips with captions."""

from __future__ import annotations

import json as jsonlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hearsight
from hearsight.cli import console
from hearsight.cli.step_progress import Steps
from hearsight.errors import HearsightError

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel
    from hearsight.research.evaluation.normalisation import Normalisation


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="See hearsight models, or the folder of one.")],
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER", exists=True, file_okay=False, help="A split that was rendered, or made by data check."
        ),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME", help="Or a data set's test; see hearsight data check.")
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", metavar="ROOT", exists=True, help="Its folder, or what check --out made."),
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
            help="Whose transcripts are read: pocketsphinx, whisper... Else as in training; or given ones, if any.",
        ),
    ] = None,
    dsl: Annotated[
        bool, typer.Option("--dsl", help="Dual softmax: look at all queries of the test at once (transductive).")
    ] = False,
    querybank: Annotated[
        Path | None,
        typer.Option(
            "--querybank", metavar="FOLDER", help="Querybank normalisation by captions of the training split."
        ),
    ] = None,
) -> None:
    """Measure how well a model finds clips by their captions: recall@k and ranks, by kind of caption, with 95 %
    intervals.

    hearsight evaluate demo soundstage/test --report reports/demo

    hearsight evaluate runs/save/model --dataset msrvtt-9k --root data/msrvtt
    """
    with console.spinner(f"loading {model}"):
        from hearsight.research.datasets.features import extract
        from hearsight.research.evaluation.report import Report, as_dict, read_report
        from hearsight.research.evaluation.retrieval import rank
        from hearsight.research.evaluation.tables import as_text, differences_as_text, published_as_text

        if report:  # says now, not after the work, when matplotlib is missing
            from hearsight.research.evaluation.write_report import write_report

            _make(report)
        others = [read_report(folder) for folder in against or []]
        # The same model may have been asked in another way, which its data tell.
        others = [replace(one, method=f"{one.method} on {one.data}") if one.method == model else one for one in others]
        if len({other.method for other in others}) < len(others):
            raise HearsightError("two of the reports to compare with are of the same model; give one of them")
        loaded = hearsight.load(model)
        loaded.tokenize([""])  # says now, not after the work, that there is no vocabulary
    folder = _folder(data, dataset, root)
    normalisation = _normalisation(loaded, folder, dsl, querybank)
    listens = _recogniser(loaded, folder, recogniser or _trained_with(Path(model)))
    clips = extract(folder, loaded, listens, Steps())
    where, known, left_out = _protocol(folder, normalisation)
    found = Report(model, f"{where}, speech by {listens}", [rank(loaded, clips, normalisation)], known, left_out)
    over = {other.method: found.over(other) for other in others}
    if report:
        write_report(found, report, others)
    if json:
        console.write_json(found.to_dict() | {"over": {name: as_dict(rows) for name, rows in over.items()}})
    else:
        beside = [published_as_text(found)] if found.dataset else []
        tables = [as_text(found), *beside, *(differences_as_text(name, rows) for name, rows in over.items())]
        console.write(console.get_console(), "\n\n".join(tables))
    if report:
        console.note(f"report: {report}")


def _folder(data: Path | None, dataset: str | None, root: Path | None) -> Path:
    """What is tested: a split's folder, or a data set's test, which is looked through first."""
    if data and not dataset and not root:
        return data
    if data or not dataset or not root:
        raise HearsightError("give a FOLDER to test on, or --dataset NAME and --root ROOT")
    from hearsight.research.datasets.check import check
    from hearsight.research.datasets.provenance import is_made

    if is_made(dataset, root):
        return root / "test"
    findings = check(dataset, root, splits=("test",), progress=Steps())
    if left_out := findings.left_out("test"):
        console.note(left_out)
    if not any(clip.good for clip in findings.clips):
        raise HearsightError(f"no clip of {dataset}'s test can be used; see `hearsight data check {dataset} {root}`")
    return findings.folder / "test"


def _protocol(folder: Path, normalisation: Normalisation | None) -> tuple[str, str | None, int]:
    """Which clips these are, in words; the data set whose papers they can be set beside, if there is one; and how many
    of its clips cannot be used.
    """
    from hearsight.research.datasets.provenance import source_of
    from hearsight.research.evaluation.protocols import PROTOCOLS

    source = source_of(folder)
    if source is None:
        return str(folder), None, 0
    if source.disguised:
        console.note(f"generated clips in disguise: nothing that is published on {source.dataset} compares with this")
    elif normalisation:
        console.note(f"post-processed scores ({normalisation}): those that are published on {source.dataset} are not")
    known = source.dataset in PROTOCOLS and folder.name == "test" and not source.disguised and not normalisation
    return f"{folder} ({source})", source.dataset if known else None, source.told - source.good


def _make(report: Path) -> None:
    try:
        report.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HearsightError(f"cannot write the report {report} ({error.strerror}); give another folder") from error


def _trained_with(model: Path) -> str | None:
    """The recogniser of the run that a model's folder lies in, if it lies in one."""
    try:
        recipe = jsonlib.loads((model.parent / "recipe.json").read_text(encoding="utf-8"))
        return str(recipe["recogniser"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _recogniser(model: VideoTextModel, folder: Path, wanted: str | None) -> str:
    """Whose transcripts are read; nobody's by a model that has no use for them."""
    from hearsight.research.datasets.split import read_manifest

    if "speech" not in model.branches:
        return "none"
    return wanted or ("given" if any(example.transcript for example in read_manifest(folder)) else "pocketsphinx")


def _normalisation(model: VideoTextModel, data: Path, dsl: bool, querybank: Path | None) -> Normalisation | None:
    """What the options ask for. The bank is of training captions, or it would be transductive, too."""
    from hearsight.research.datasets.split import read_manifest
    from hearsight.research.evaluation.normalisation import DualSoftmax, Querybank

    if dsl and querybank:
        raise HearsightError("--dsl and --querybank are two ways of the same; give one of them")
    if dsl:
        return DualSoftmax()
    if querybank is None:
        return None
    if querybank.resolve() == data.resolve():
        raise HearsightError(f"--querybank {querybank} is the folder that is tested; give the training split")
    captions = [text for example in read_manifest(querybank) for _, text in example.captions]
    return Querybank.of(captions, model.clip.logit_scale.exp().item(), str(querybank))
