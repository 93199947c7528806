"""The experiment on experts that were trained apart, from towers to its page, with tiny models and few clips."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from hearsight.experts.sound_registry import SOUND_EXPERTS, load_sound_expert
from tests.builders import tiny_model
from tests.rendered_splits import make_splits

EXPERIMENT = Path(__file__).parents[2] / "experiments" / "ensemble"
KINDS = ("sight", "sound", "speech", "sound+speech")
CAPTIONS = ("a yellow bicycle", "a bell rings", "someone says that a physician has no bike", "a bell and a doctor")


def make_clips(data: Path, split: str) -> None:
    """Make a split with a clip for each kind of caption, and transcripts as if it had been transcribed."""
    make_splits(data, {f"{split}-{number:05}": (0.5, None, [text]) for number, text in enumerate(CAPTIONS)})
    manifest = data / split / "manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    for row, kind in zip(rows, KINDS, strict=True):
        row["captions"][0]["group"] = kind
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = {"start": 0.0, "end": 0.5, "text": "The doctor lost his bicycle.", "words": []}
    transcripts = [
        {"lines": [line] if kind == "speech" else [], "source": "moonshine", "language": "en"} for kind in KINDS
    ]
    records = [{"id": row["id"], "transcript": each} for row, each in zip(rows, transcripts, strict=True)]
    (data / split / "transcripts.moonshine.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))


@pytest.mark.slow
def test_from_towers_to_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(EXPERIMENT)
    import inputs

    make_clips(inputs.DATA, "test")
    for name, method in (("pictures", "avigate"), ("sounds", "avigate"), ("save", "save")):
        tiny_model(inputs.BUILD / name / "model", method, seed=len(name))
    commands = []
    monkeypatch.setattr(inputs, "main", lambda words: commands.append(words[:2]) or 0)  # nothing is trained here
    monkeypatch.setattr(sys, "argv", ["experiments/ensemble"])
    try:
        runpy.run_path(str(EXPERIMENT), run_name="__main__")
    finally:
        SOUND_EXPERTS.registered.pop("soundstage", None)
        load_sound_expert.cache_clear()
    assert commands[:4] == [["soundstage", "render"], *(["train", command[1]] for command in commands[1:4])]
    page = Path("docs/listening.md").read_text()
    assert "4 clips is searched with its 4 captions" in page.replace("\n", " ")
    for row in ("sound alone", "reciprocal ranks", "calibrated and weighted by the query", "SAVE", "the best single"):
        assert f"| {row}" in page, row
    assert "AUROC" in page and "nan" not in page
    record = json.loads(Path("docs/listening/towers-trained-apart.json").read_text())
    assert record["meaning of speech alone"]["speech"] == 300  # the one line that means it is found first
