"""`hearsight data teach` with a tiny PE-AV and small films."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from hearsight.media.audio import read_audio
from hearsight.towers import pe_av_towers
from hearsight.towers.pe_av import PEAV
from tests.hub import put_into_cache, use_cache
from tests.library.conftest import film
from tests.pe_checkpoints import tiny_pe_av


@pytest.fixture
def teacher(tmp_path, timm_here):
    tiny_pe_av(tmp_path / "pe-av")
    return tmp_path / "pe-av"


@pytest.fixture
def split(tmp_path):
    """Three films, the last of them silent."""
    rows = []
    for number, sound in enumerate((True, True, False)):
        film(tmp_path / "train" / f"{number}.mkv", 1 + number, seed=number, sound=sound)
        rows.append({"id": f"clip{number}", "path": f"{number}.mkv", "captions": [{"text": "a film"}]})
    (tmp_path / "train" / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "train"


def test_features_are_written_once(run, tmp_path, split, teacher):
    out = tmp_path / "out"
    ran = run("data", "teach", split, "--model", teacher, "--out", out)
    assert ran.code == 0 and ran.out == ""
    assert "taught 3 of 3" in ran.err and f"teacher: {out}" in ran.err
    files = sorted(str(file.relative_to(out)) for file in out.rglob("*.pt"))
    assert files == [f"AudioFeature/clip{i}.pt" for i in (0, 1)] + [f"VideoFeature/clip{i}.pt" for i in (0, 1, 2)]
    heard = PEAV(teacher, "tiny").embed_audio(np.concatenate([*read_audio(split / "1.mkv", rate=48_000)]))
    assert torch.equal(torch.load(out / "AudioFeature" / "clip1.pt", weights_only=True), heard)
    assert json.loads((out / "teacher.json").read_text())["model"] == str(teacher)
    written = {file: file.stat().st_mtime_ns for file in out.rglob("*.pt")}
    assert run("data", "teach", split, "--model", teacher, "--out", out).code == 0
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*.pt")} == written


def test_a_model_of_the_hub_is_taken_from_its_cache(run, tmp_path, split, teacher, monkeypatch):
    cache = use_cache(monkeypatch, tmp_path / "cache")
    put_into_cache(cache, "facebook/pe-av", Path(shutil.copytree(teacher, tmp_path / "copy")))
    assert run("data", "teach", split, "--model", "facebook/pe-av", "--out", tmp_path / "out").code == 0
    assert json.loads((tmp_path / "out" / "teacher.json").read_text())["model"] == "facebook/pe-av"


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "processor_config.json"])
def test_an_incomplete_model_is_fetched_again(run, tmp_path, split, teacher, monkeypatch, missing):
    cache = use_cache(monkeypatch, tmp_path / "cache")
    folder = put_into_cache(cache, "facebook/pe-av", Path(shutil.copytree(teacher, tmp_path / "copy")))
    (folder / missing).unlink()
    ran = run("data", "teach", split, "--model", "facebook/pe-av", "--out", tmp_path / "out")
    assert ran.code == 1 and "it was not downloaded before" in ran.err


def test_another_model_is_refused(run, tmp_path, split, teacher):
    assert run("data", "teach", split, "--model", teacher, "--out", tmp_path / "out").code == 0
    tiny_pe_av(tmp_path / "other", seed=1)
    ran = run("data", "teach", split, "--model", tmp_path / "other", "--out", tmp_path / "out")
    assert ran.code == 1 and "give another folder" in ran.err


def test_errors_say_what_is_wrong(run, tmp_path, split, teacher, model_folder, monkeypatch):
    def failed(*words) -> str:
        ran = run("data", "teach", *words, "--out", tmp_path / "out")
        assert ran.code == 1
        return ran.err

    assert "no manifest.jsonl" in failed(tmp_path, "--model", teacher)
    assert "model_type is 'hearsight'; give a PE-AV" in failed(split, "--model", model_folder)
    assert "no device 'tpu'" in failed(split, "--model", teacher, "--device", "tpu")
    monkeypatch.setattr(pe_av_towers, "find_spec", lambda name: None)
    assert "hearsight[pe-av]" in failed(split, "--model", teacher)
    assert not (tmp_path / "out").exists()
    assert run("data", "teach", split, "--out", tmp_path / "out").code == 2
