"""Tells what a library cannot do for a query."""

from __future__ import annotations

from collections.abc import Sequence

from hearsight.experts.cues import asks_for_sound, asks_for_speech, asks_for_text
from hearsight.experts.query_language import has_other_letters, is_foreign
from hearsight.experts.sound_catalog import PUBLIC_SOUNDS
from hearsight.library.results import Mode
from hearsight.library.search.question import Question
from hearsight.library.search.view import View
from hearsight.library.tables.calibration_file import Calibration
from hearsight.models.catalog import ENGLISH

ADD_SIGHT = "a model that sees with: hearsight index FOLDER --model NAME (hearsight models lists them)"
ADD_SOUND = "a sound expert with: hearsight index FOLDER --sound clap"
ADD_TEXT = "read the pictures with: hearsight index FOLDER --read"
LONGEST_NAME = 100  # of an expert, in letters: it may be any text of a stranger's file


def notes_for(question: Question, mode: Mode, views: Sequence[View], matched: bool) -> list[str]:
    """Return what a person should know who asks this. views: calibrated. matched: whether anything matches."""
    notes = _notes_on_sight_and_sound(question, views, matched) if mode != "speech" else []
    if mode != "speech":
        notes += _notes_on_language(question, views, matched)
    for view in views if mode == "hybrid" else ():
        if view.snapshot.calibration is None:
            notes.append(
                "what is said is found by its words alone, not by its meaning, as this library has no calibration or a "
                f"damaged one; derive it with: hearsight index {view.folder}"
            )
    if mode == "hybrid" and not matched and asks_for_text(question.free) and not any(view.texts for view in views):
        notes.append(f"no text in the pictures of this library has been read; {ADD_TEXT}")
    missing = _missing([(view.snapshot.calibration, "experts", view.experts) for view in views])
    for name in missing if mode == "hybrid" else ():
        notes.append(
            "what is said is found by its words alone, not by its meaning: the expert of this library, "
            f"{name[:LONGEST_NAME]}, is not on this machine or has changed; get it with: hearsight index FOLDER "
            "--meaning NAME, or choose another"
        )
    return notes


def _notes_on_sight_and_sound(question: Question, views: Sequence[View], matched: bool) -> list[str]:
    """Return what a person should know who asks for a sight or a sound.

    A sight has no words of its own: where nothing is seen, any query that finds nothing may have asked for one.
    """
    missing_ears = _missing([(view.snapshot.calibration, "sounds", view.sounds) for view in views])
    can_see, can_hear = any(view.can_see for view in views), any(view.can_hear for view in views)
    names_sound = asks_for_sound(question.free)
    if names_sound and missing_ears:
        return [missing_sound_expert(missing_ears[0])]
    describes_sounds = any(view.describes_sounds for view in views)
    if (names_sound or question.heard) and describes_sounds and not can_hear:
        return [f"of what is heard, only the sounds that subtitles describe are found. Add {ADD_SOUND}"]
    if names_sound and not can_hear and can_see:
        has_ears = any(view.sounds for view in views)
        return [
            "nothing in this library is heard, because its model only sees or its clips are silent; a sound is found "
            f"only where it can be seen or is spoken of{'' if has_ears else f'. Add {ADD_SOUND}'}"
        ]
    may_be_sight = question.free and not (matched or question.phrases or asks_for_speech(question.free))
    if not can_see and (may_be_sight or (names_sound and not can_hear)):
        said = "said or read" if any(view.texts for view in views) else "said"
        said += " or described by subtitles" if describes_sounds else ""
        if can_hear:
            return [f"nothing in this library is seen: only what is {said} or heard is found. Add {ADD_SIGHT}"]
        return [
            f"nothing in this library is seen or heard: only what is {said} is found. Add {ADD_SIGHT}, and {ADD_SOUND}"
        ]
    return []


def _notes_on_language(question: Question, views: Sequence[View], matched: bool) -> list[str]:
    """Return what a person should know who asks for a sound in a language that the sound expert does not understand.

    Whether words of another language ask for a sound is not known: without `heard:`, only those in other letters are
    noticed, where nothing matches.
    """
    experts = [PUBLIC_SOUNDS[name] for view in views for name in view.sounds if name in PUBLIC_SOUNDS]
    if not any(expert.languages == ENGLISH for expert in experts):
        return []
    is_foreign_sound = any(map(is_foreign, question.heard))
    if not is_foreign_sound and (matched or not has_other_letters(question.free)):
        return []
    return [
        "the sound expert understands English alone: what is heard is hardly found by this query. Ask for the sound in "
        "English, as in heard: a dog barks"
    ]


def missing_sound_expert(name: str) -> str:
    """Return what a person should know where the sound expert of a library is missing."""
    return (
        f"what is heard is not compared: the sound expert of this library, {name[:LONGEST_NAME]}, is not on this "
        "machine or has changed; get it with: hearsight index FOLDER --sound NAME, or choose another"
    )


def _missing(kinds: Sequence[tuple[Calibration | None, str, Sequence[str]]]) -> list[str]:
    """Return the experts that calibrations record and this search does without.

    kinds: for each library its calibration as recorded, the field with its experts, and those that are used.
    """
    missing = dict[str, None]()
    for calibration, name, used in kinds:
        recorded = getattr(calibration, name) if calibration else {}
        missing |= dict.fromkeys(expert for expert in recorded if expert not in used)
    return list(missing)
