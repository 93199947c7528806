"""Makes what is measured: clips, towers that were trained apart, SAVE, and libraries of the clips, unless it exists."""

from __future__ import annotations

import sys
from pathlib import Path

import hearsight
from hearsight.cli.main import main
from hearsight.cli.task_progress import StepProgress
from hearsight.library import Library
from hearsight.models.audio_visual import AudioVisualModel
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.clip_folder import link_with_subtitles
from towers import SOUND, image_text_model, register

HERE = Path(__file__).parent
BUILD, DATA = Path("build/ensemble"), Path("build/soundstage/data")
RECOGNISER = "moonshine"
APART, CHORUS, SAVE = "towers trained apart", "Chorus", "SAVE"  # the libraries


def prepare() -> None:
    """Render clips, and train the two pairs of towers and SAVE, all with the demo's sizes. Chorus is the demo model."""
    changes = [f"--set={change}" for change in (f"data={DATA}", "towers=demo", f"recogniser={RECOGNISER}")]
    for words in (
        ["soundstage", "render", str(DATA), "--size", "standard"],
        ["train", str(HERE / "pictures.yaml"), "--out", str(BUILD / "pictures")],
        ["train", str(HERE / "sounds.yaml"), "--out", str(BUILD / "sounds")],
        ["train", "soundstage", "--out", str(BUILD / "save"), *changes],
    ):
        print(">", "hearsight", *words, flush=True)
        if code := main(words):
            sys.exit(code)
    towers = hearsight.load(BUILD / "pictures" / "model")
    assert isinstance(towers, AudioVisualModel)
    image_text_model(towers).save_pretrained(BUILD / "image-text")


def library_of(split: Split, name: str) -> Library:
    """Return the library of a split by the models of a name, in memory. Its clips are indexed unless they are."""
    register()
    folder = BUILD / "libraries" / f"{split.name} by {name}"
    link_with_subtitles(split, folder, RECOGNISER, StepProgress())
    model, sound = {
        APART: (str((BUILD / "image-text").resolve()), f"{SOUND}:{(BUILD / 'sounds' / 'model').resolve()}"),
        CHORUS: ("demo", "none"),
        SAVE: (str((BUILD / "save" / "model").resolve()), "none"),
    }[name]
    print("> indexing", folder, flush=True)
    hearsight.index(folder, model=model, sound=sound, cut="file", recogniser="none")
    return hearsight.open(folder, in_memory=True)
