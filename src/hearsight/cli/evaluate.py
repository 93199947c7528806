"""`hearsight evaluate`: a model on a set of clips with captions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hearsight
from hearsight.cli import show
from hearsight.cli.steps import Steps
from hearsight.errors import HearsightError

if TYPE_CHECKING:
    from hearsight.evaluation.normalisation import Normalisation
    from hearsight.models.clip4clip import CLIP4Clip


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="See hearsight models, or the folder of one.")],
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]", exists=True, file_okay=False, help="A split that was rendered, or made by data check."
        ),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME", help="Or a data set's test; see hearsight data check.")
    ] = None,
    root: Annotated[
        Path | None, typer.Option("--root", metavar="ROOT", exists=True, help="The folder of that data set.")
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
            help="Whose transcripts are read: pocketsphinx, whisper... Unless given, those of the data, if any.",
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
    with show.busy(f"loading {model}"):
        from hearsight.datasets.features import extract
        from hearsight.evaluation.report import Report, as_dict, read_report
        from hearsight.evaluation.retrieval import rank
        from hearsight.evaluation.tables import as_text, differences_as_text, published_as_text

        if report:  # says now, not after the work, when matplotlib is missing
            from hearsight.evaluation.writing import write_report
        others = [read_report(folder) for folder in against or []]
        # The same model may have been asked in another way, which its data tell.
        others = [replace(one, method=f"{one.method} on {one.data}") if one.method == model else one for one in others]
        if len({other.method for other in others}) < len(others):
            raise HearsightError("two of the reports to compare with are of the same model; give one of them")
        loaded = hearsight.load(model)
    folder = _folder(data, dataset, root)
    normalisation = _normalisation(loaded, folder, dsl, querybank)
    listens = _recogniser(loaded, folder, recogniser)
    clips = extract(folder, loaded, listens, Steps())
    where, known = _protocol(folder)
    found = Report(model, f"{where}, speech by {listens}", [rank(loaded, clips, normalisation)], known)
    over = {other.method: found.over(other) for other in others}
    if report:
        write_report(found, report, others)
    if json:
        show.write_json(found.to_dict() | {"over": {name: as_dict(rows) for name, rows in over.items()}})
    else:
        beside = [published_as_text(found)] if found.dataset else []
        tables = [as_text(found), *beside, *(differences_as_text(name, rows) for name, rows in over.items())]
        show.write(show.console(), "\n\n".join(tables))
    if report:
        show.note(f"report: {report}")


def _folder(data: Path | None, dataset: str | None, root: Path | None) -> Path:
    """What is tested: a split's folder, or a data set's test, which is looked through first."""
    if data and not dataset and not root:
        return data
    if data or not dataset or not root:
        raise HearsightError("give a FOLDER to test on, or --dataset NAME and --root ROOT")
    from hearsight.datasets.check import check
    from hearsight.datasets.made import is_made

    if is_made(dataset, root):
        return root / "test"
    findings = check(dataset, root, splits=("test",), progress=Steps())
    if left_out := findings.left_out("test"):
        show.note(left_out)
    return findings.folder / "test"


def _protocol(folder: Path) -> tuple[str, str | None]:
    """Which clips these are, in words, and the data set whose papers they can be set beside, if there is one."""
    from hearsight.datasets.made import source_of
    from hearsight.evaluation.protocols import PROTOCOLS

    source = source_of(folder)
    if source is None:
        return str(folder), None
    if source.disguised:
        show.note(f"generated clips in disguise: nothing that is published on {source.dataset} compares with this")
    known = source.dataset in PROTOCOLS and folder.name == "test" and not source.disguised
    return f"{folder} ({source})", source.dataset if known else None


def _recogniser(model: CLIP4Clip, folder: Path, wanted: str | None) -> str:
    """Whose transcripts are read; nobody's by a model that has no use for them."""
    from hearsight.datasets.manifest import read_manifest

    if "speech" not in model.branches:
        return "none"
    return wanted or ("given" if any(example.transcript for example in read_manifest(folder)) else "pocketsphinx")


def _normalisation(model: CLIP4Clip, data: Path, dsl: bool, querybank: Path | None) -> Normalisation | None:
    """What the options ask for. The bank is of training captions, or it would be transductive, too."""
    from hearsight.datasets.manifest import read_manifest
    from hearsight.evaluation.normalisation import DualSoftmax, Querybank

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
