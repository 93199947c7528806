"""Write the notes of `hearsight index`: what a run lacks, and what a change of the settings does, or does not do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hearsight.cli import console
from hearsight.models.catalog import BUNDLED, NONE

if TYPE_CHECKING:
    from hearsight.library import Library
    from hearsight.library.plan import Plan


def note_consequences(plan: Plan[Library], library: Library) -> None:
    """Say what the settings of a plan change in the library that it has prepared, and what they do not change."""
    _note_limited_model(plan)
    _note_new_model(plan, library)
    _note_kept_transcripts(plan)
    _note_kept_tracks(plan, library)
    _note_new_meaning(plan)
    _note_new_sound(plan)
    _note_new_reader(plan)
    _note_unseen_pictures(plan, library)


def note_missing(missing: Mapping[str, str]) -> None:
    """Say how to add experts that a library lacks."""
    from hearsight.library.expert_choice import describe_missing, pull_command

    console.note(f"to search {describe_missing(missing)}, too: {pull_command(missing)}")


def _note_limited_model(plan: Plan[Library]) -> None:
    """Say of a new index that the bundled model knows little of real videos, or that it has no model."""
    if plan.recorded and not plan.rebuild:
        return
    if plan.model_name == NONE and not plan.experts.missing:
        console.note(
            "note: nothing is seen or heard without a model: only what is said will be found. hearsight models lists "
            "models"
        )
    if plan.model_name == BUNDLED:
        console.note(
            f"note: the model {BUNDLED} knows only a small generated world; in other videos, trust what is said, and "
            "not what it sees and hears"
        )


def _note_new_model(plan: Plan[Library], library: Library) -> None:
    """Say that another model reads the pictures and sounds of all files again."""
    info = library.info()
    if not plan.changes_model or not (files := info.videos + info.pictures):
        return
    new, read = plan.model_name, f"the pictures and sounds of {console.format_count(files, 'file')} are read again"
    way = f"{read}, for {new}" if plan.reads_again else f"the vectors of {new} are made of features that were kept"
    console.note(f"note: {way}; nothing is transcribed. Searches use {library.identity.model} until then")


def _note_kept_transcripts(plan: Plan[Library]) -> None:
    """Say that another recogniser does not change the transcripts of files that are indexed already."""
    if plan.recorded is None or plan.rebuild or plan.recogniser_name == (plan.recorded.recogniser or "auto"):
        return
    console.note(
        f"note: {plan.recogniser_name} is used for new and changed files; files that are indexed keep their "
        "transcripts. Add --rebuild to transcribe all files again"
    )


def _note_kept_tracks(plan: Plan[Library], library: Library) -> None:
    """Say that another choice of the sound track does not change files that are indexed already."""
    if plan.recorded is None or plan.rebuild or plan.recorded.track_choice == library.identity.track_choice:
        return
    console.note(
        "note: the sound track is chosen like this for new and changed files; files that are indexed keep theirs "
        "(hearsight info --tracks). Add --rebuild to read all files again"
    )


def _note_new_meaning(plan: Plan[Library]) -> None:
    """Say that another expert reads all lines after the last file, which takes long in a large index."""
    from hearsight.experts.registry import DEFAULT, NONE

    if plan.recorded is None or plan.rebuild or plan.experts.meaning in (None, NONE, plan.recorded.meaning or DEFAULT):
        return
    console.note(
        f"note: every line that is stored is read anew, by {plan.experts.meaning}, after the files. A sentence encoder "
        "needs some milliseconds for each; if it is interrupted, the next run continues it"
    )


def _note_new_sound(plan: Plan[Library]) -> None:
    """Say that a sound expert that is added goes through the sound of all files."""
    from hearsight.experts.registry import NONE

    if plan.recorded is None or plan.rebuild or plan.experts.sound in (None, NONE, plan.recorded.sound):
        return
    console.note(
        f"note: the sound of every file is read once more, for {plan.experts.sound}, after the files; nothing else is. "
        "If it is interrupted, the next run continues it"
    )


def _note_new_reader(plan: Plan[Library]) -> None:
    """Say that pictures of all files are read, which takes long in a large index."""
    from hearsight.ocr.load import NONE

    if plan.recorded is None or plan.rebuild or plan.reader in (None, NONE, plan.recorded.reader):
        return
    console.note(
        "note: a picture of every clip is decoded and read, after the files; nothing else is. It takes a core half a "
        "second or more for each. If it is interrupted, the next run continues it"
    )


def _note_unseen_pictures(plan: Plan[Library], library: Library) -> None:
    """Say that pictures are left out in spite of `--pictures`, because nothing would look at them."""
    if plan.pictures and not library.identity.indexes_pictures:
        console.note(
            "note: pictures are left out, because nothing looks at them without a model; add one (hearsight models), "
            "or --read, for the text in them"
        )
