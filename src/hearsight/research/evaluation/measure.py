"""Measure a model on a split, or on the test of a public data set, and report under which protocol.

The decisions are here that make a number comparable: which clips are searched, whose transcripts the model reads, what
is done to the scores, and whether published numbers may stand beside the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.research.datasets.check import check
from hearsight.research.datasets.checked_folder import is_checked, provenance_of
from hearsight.research.datasets.split import RECOGNISER, Split
from hearsight.research.evaluation.normalisation import DualSoftmax, Normalisation, Querybank
from hearsight.research.evaluation.protocols import PROTOCOLS
from hearsight.research.evaluation.report import Report, read_report
from hearsight.research.evaluation.retrieval import rank
from hearsight.util.json_files import read_json
from hearsight.util.progress import Progress

TEST = "test"

Note = Callable[[str], None]  # tells a person what they should know about the numbers


def measure(
    name: str,
    model: VideoTextModel,
    split: Split,
    recogniser: str,
    normalisation: Normalisation | None = None,
    progress: Progress | None = None,
    note: Note = lambda message: None,
) -> Report:
    """Rank the clips of a split for each of its captions. name: what the report calls the model."""
    clips = split.features(model, recogniser, progress)
    origin = _origin(split.folder, normalisation, note)
    ranking = rank(model, clips, normalisation)
    return Report(name, f"{origin.data}, speech by {recogniser}", [ranking], origin.dataset, origin.left_out)


def open_test(dataset: str, root: Path, progress: Progress | None = None, note: Note = lambda message: None) -> Split:
    """Return the test split of a data set, which is checked first unless root is a folder that `check` made.

    Raises HearsightError if no clip of the test can be used.
    """
    if is_checked(dataset, root):
        return Split(root / TEST)
    findings = check(dataset, root, splits=(TEST,), progress=progress)
    if sentence := findings.left_out(TEST):
        note(sentence)
    if not any(clip.good for clip in findings.clips):
        raise HearsightError(f"no clip of {dataset}'s test can be used; see `hearsight data check {dataset} {root}`")
    return Split(findings.folder / TEST)


def choose_recogniser(model: VideoTextModel, split: Split, requested: str | None, folder: Path) -> str:
    """Return the recogniser whose transcripts a model reads.

    That is "none" for a model that reads no speech. Otherwise the requested one; or that of the training run which
    `folder`, the model's, lies in; or "given" if the data set has transcripts; or the default.
    """
    if "speech" not in model.branches:
        return "none"
    default = "given" if any(clip.transcript for clip in split.clips) else RECOGNISER
    return requested or _recogniser_of_run(folder) or default


def _recogniser_of_run(model: Path) -> str | None:
    try:
        return str(read_json(model.parent / "recipe.json")["recogniser"])
    except (HearsightError, KeyError):
        return None


def choose_normalisation(
    model: VideoTextModel, split: Split, dual_softmax: bool, querybank: Path | None
) -> Normalisation | None:
    """Return how scores are normalised, None by default. querybank: a folder of training captions.

    Raises HearsightError for two kinds at once, and for a querybank that is the test itself: the published method uses
    training captions, and with those of the test it would be transductive as well.
    """
    if dual_softmax and querybank:
        raise HearsightError("--dsl and --querybank are two kinds of normalisation; give one of them")
    if dual_softmax:
        return DualSoftmax()
    if querybank is None:
        return None
    if querybank.resolve() == split.folder.resolve():
        raise HearsightError(f"--querybank {querybank} is the folder that is tested; give the training split")
    return Querybank.of([*Split(querybank).captions()], model.clip.logit_scale.exp().item(), str(querybank))


def read_baselines(folders: Sequence[Path], method: str) -> list[Report]:
    """Read the reports that a method is compared with.

    A report of the same method, measured in another way, is named by its data as well. Raises HearsightError for two
    reports of one model.
    """
    reports = [read_report(folder) for folder in folders]
    reports = [replace(one, method=f"{one.method} on {one.data}") if one.method == method else one for one in reports]
    if len({report.method for report in reports}) < len(reports):
        raise HearsightError("two of the reports to compare with are of the same model; give one of them")
    return reports


@dataclass(frozen=True)
class _Origin:
    """data: the clips, in words. dataset: the public data set whose published numbers compare, if there is one."""

    data: str
    dataset: str | None
    left_out: int


def _origin(folder: Path, normalisation: Normalisation | None, note: Note) -> _Origin:
    provenance = provenance_of(folder)
    if provenance is None:
        return _Origin(str(folder), None, 0)
    name = provenance.dataset
    if provenance.disguised:
        note(f"these clips are generated, in the form of {name}: no number published on {name} compares with these")
    elif normalisation:
        note(f"scores are post-processed ({normalisation}): numbers published on {name} are not")
    comparable = name in PROTOCOLS and folder.name == TEST and not provenance.disguised and not normalisation
    return _Origin(f"{folder} ({provenance})", name if comparable else None, provenance.clips - provenance.good)
