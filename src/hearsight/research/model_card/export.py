"""Write a model as a folder for the Hugging Face hub: all that `hearsight.load` needs, and a model card."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.load import load
from hearsight.research.evaluation.report import Report, read_report
from hearsight.research.model_card.anonymise import anonymise_report
from hearsight.research.model_card.card import Measured, card
from hearsight.research.model_card.history import read_history
from hearsight.util.atomic import atomic_folder, check_empty

WEIGHTS = "model.safetensors"


def export(run: Path, out: Path, reports: Sequence[Path] = ()) -> None:
    """Write the model in the folder of a run, or of a model, to a new folder, with its card as README.md.

    The weights are copied unchanged. reports: folders of `hearsight evaluate --report`, for the card.
    Raises HearsightError if `out` is not empty, for a folder without a complete model, and for a report of another
    model.
    """
    check_empty(out)
    history = read_history(run)
    folder = run / "model" if history or (run / "model").is_dir() else run
    if not (folder / WEIGHTS).is_file():
        raise HearsightError(
            f"no {WEIGHTS} in {folder}; give the folder of a run of `hearsight train` that has a model, or a model's"
        )
    model = load(folder)
    _check_vocabulary(model, folder)
    read = [_report_of(model, report) for report in reports]
    if read:
        from hearsight.research.evaluation.plots import draw_groups  # fails before the work if matplotlib is missing
    name = out.absolute().name
    with atomic_folder(out) as target:
        for file in ("config.json", WEIGHTS):
            shutil.copyfile(folder / file, target / file)
        model.tokenizer.save(target)
        measured = []
        for number, report in enumerate(read, start=1):
            # The report's own figure has paths of this machine in its title.
            measured.append(Measured(anonymise_report(report, name), f"recall-{number}.png"))
            draw_groups(measured[-1].report, target / measured[-1].figure)
        text = card(name, model, (target / WEIGHTS).stat().st_size, history, measured)
        (target / "README.md").write_text(text, encoding="utf-8")


def _check_vocabulary(model: VideoTextModel, folder: Path) -> None:
    """Raise HearsightError for a model without a vocabulary: a published folder must be complete."""
    try:
        _ = model.tokenizer.backend
    except HearsightError as error:
        raise HearsightError(f"the model in {folder} has no vocabulary to export: {error}") from error


def _report_of(model: VideoTextModel, folder: Path) -> Report:
    report = read_report(folder)
    measured = {ranking.model for ranking in report.rankings}
    if measured == {model.fingerprint}:
        return report
    if None in measured:
        raise HearsightError(f"the report in {folder} does not record which model it is of; evaluate the model again")
    raise HearsightError(
        f"the report in {folder} is of another model ({report.method}, {', '.join(sorted(filter(None, measured)))}) "
        f"than this ({model.fingerprint}); evaluate this model"
    )
