"""Tells what a library cannot do for a query."""

from __future__ import annotations

from collections.abc import Sequence

from hearsight.experts.cues import asks_for_sound
from hearsight.library.results import Mode
from hearsight.library.search.question import Question
from hearsight.library.search.view import View
from hearsight.library.tables.calibration_file import Calibration

LONGEST_NAME = 100  # of an expert, in letters: it may be any text of a stranger's file


def notes_for(question: Question, mode: Mode, views: Sequence[View]) -> list[str]:
    """Return what a person should know who asks this. views: calibrated."""
    notes = []
    missing_ears = _missing([(view.snapshot.calibration, "sounds", view.sounds) for view in views])
    if mode != "speech" and asks_for_sound(question.free):
        if missing_ears:
            notes.append(
                f"what is heard is not compared: the sound expert of this library, {missing_ears[0][:LONGEST_NAME]}, "
                "is not on this machine or has changed; get it with: hearsight index FOLDER --sound NAME, or choose "
                "another"
            )
        elif not any(view.can_hear for view in views):
            note = (
                "nothing in this library is heard, because its model only sees or its clips are silent; a sound is "
                "found only where it can be seen or is spoken of"
            )
            silent = any(view.sounds for view in views)
            notes.append(note if silent else f"{note}. Add a sound expert with: hearsight index FOLDER --sound clap")
    for view in views if mode == "hybrid" else ():
        if view.snapshot.calibration is None:
            notes.append(
                "what is said is found by its words alone, not by its meaning, as this library has no calibration or a "
                f"damaged one; derive it with: hearsight index {view.folder}"
            )
    missing = _missing([(view.snapshot.calibration, "experts", view.experts) for view in views])
    for name in missing if mode == "hybrid" else ():
        notes.append(
            "what is said is found by its words alone, not by its meaning: the expert of this library, "
            f"{name[:LONGEST_NAME]}, is not on this machine or has changed; get it with: hearsight index FOLDER "
            "--meaning NAME, or choose another"
        )
    return notes


def _missing(kinds: Sequence[tuple[Calibration | None, str, Sequence[str]]]) -> list[str]:
    """Return the experts that calibrations record and this search does without.

    kinds: for each library its calibration as recorded, the field with its experts, and those that are used.
    """
    missing = dict[str, None]()
    for calibration, name, used in kinds:
        recorded = getattr(calibration, name) if calibration else {}
        missing |= dict.fromkeys(expert for expert in recorded if expert not in used)
    return list(missing)
