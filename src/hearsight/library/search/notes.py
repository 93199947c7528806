"""Tells what a library cannot do for a query."""

from __future__ import annotations

from hearsight.experts.cues import asks_for_sound
from hearsight.library.search.question import Question
from hearsight.library.tables.calibration_file import Calibration


def notes_for(question: Question, calibration: Calibration) -> list[str]:
    """Return what a person should know who asks this."""
    notes = []
    if asks_for_sound(question.free) and not calibration.scales["heard"].is_informative:
        notes.append(
            "this library cannot hear: its model compares queries with pictures alone, so a sound is found only where "
            "it can be seen or is spoken of (hearsight models lists those that hear)"
        )
    return notes
