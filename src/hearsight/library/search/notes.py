"""Tells what a library cannot do for a query."""

from __future__ import annotations

from collections.abc import Sequence

from hearsight.experts.cues import asks_for_sound
from hearsight.library.results import Mode
from hearsight.library.search.question import Question
from hearsight.library.search.view import View

LONGEST_NAME = 100  # of an expert, in letters: it may be any text of a stranger's file


def notes_for(question: Question, mode: Mode, views: Sequence[View]) -> list[str]:
    """Return what a person should know who asks this. views: calibrated."""
    notes = []
    if mode != "speech" and asks_for_sound(question.free) and not views[0].can_hear:
        notes.append(
            "nothing in this library is heard, because its model only sees or its clips are silent; a sound is found "
            "only where it can be seen or is spoken of"
        )
    for view in views if mode == "hybrid" else ():
        if view.snapshot.calibration is None:
            notes.append(
                "what is said is found by its words alone, not by its meaning, as this library has no calibration or a "
                f"damaged one; derive it with: hearsight index {view.folder}"
            )
    for name in _missing_experts(views) if mode == "hybrid" else ():
        notes.append(
            "what is said is found by its words alone, not by its meaning: the expert of this library, "
            f"{name[:LONGEST_NAME]}, is not on this machine or has changed; get it with: hearsight index FOLDER "
            "--meaning NAME, or choose another"
        )
    return notes


def _missing_experts(views: Sequence[View]) -> list[str]:
    """Return the experts of libraries that this search does without."""
    missing = dict[str, None]()
    for view in views:
        recorded = view.snapshot.calibration.experts if view.snapshot.calibration else {}
        missing |= dict.fromkeys(name for name in recorded if name not in view.experts)
    return list(missing)
