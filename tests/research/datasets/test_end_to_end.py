"""Take each public data set from its files to a table of results, by the commands that a researcher types.

It is looked through, with damage planted in it, trained on, and evaluated.
"""

import json
from pathlib import Path

import pytest
import torch
from transformers import ASTConfig, ASTModel

from hearsight.cli.main import main
from hearsight.research.evaluation.protocols import PROTOCOLS
from tests.builders import tiny_ast, tiny_model

SPLITS = {  # clips, and captions of a clip: of training, of validation (None: the field has none), of the test
    "msrvtt-9k": ((13, 2), None, (5, 1)),
    "msrvtt-7k": ((10, 2), None, (5, 1)),
    "vatex": ((13, 2), None, (5, 1)),
    "charades": ((13, 1), None, (5, 1)),
    "lsmdc": ((10, 2), (3, 2), (5, 1)),
    "didemo": ((10, 1), (3, 1), (5, 1)),
    "msvd": ((10, 2), (3, 2), (5, 1)),
    "activitynet": ((13, 1), None, (5, 1)),
}
TRANSCRIBED = ("msrvtt-9k", "msrvtt-7k", "vatex", "charades")


@pytest.fixture(scope="module")
def towers(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("towers")
    tiny_model(folder, "avigate")
    return folder


def plant_damage(root: Path) -> None:
    """Remove a training and a test clip, cut one training clip short, and replace one by a file of text."""
    files = {path.name.removesuffix(".mp4"): path for path in root.rglob("*.mp4")}
    names = json.loads((root / "soundstage.json").read_text())["clips"]
    (root / "soundstage.json").unlink()  # from here on it is as good as real
    of = {id: files[name.removesuffix(".mp4")] for name, id in names.items()}
    for id in ("train-00001", "test-00001"):
        of[id].unlink()
    content = of["train-00002"].read_bytes()
    for id, damage in (("train-00002", content[: len(content) // 2]), ("train-00003", b"<html>not found</html>")):
        of[id].unlink()  # a hard link: what it links to stays whole
        of[id].write_bytes(damage)


@pytest.mark.parametrize(("root", "name"), [(name, name) for name in SPLITS], indirect=["root"])
def test_from_annotation_files_to_a_table(root, name, towers, tmp_path, capsys):
    plant_damage(root)
    (clips, captions), validation, (tests, _) = SPLITS[name]
    assert main(["data", "check", name, str(root), "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)["splits"]
    silent = sum(of["silent"] for of in counts.values())
    speech = counts["train"].pop("without_speech")
    assert counts["train"] == {
        "clips": clips, "good": clips - 3, "missing": 1, "damaged": 2, "silent": 0, "captions": captions * (clips - 3),
    }  # fmt: skip
    assert counts["test"]["good"] == tests - 1
    assert silent == 0
    assert (speech is None) == (name not in TRANSCRIBED)
    assert ("validation" in counts) == bool(validation)

    recogniser = "given" if name in TRANSCRIBED else "none"
    values = {
        "dataset": name, "data": root, "towers": towers, "audio": "null", "recogniser": recogniser,
        "frames": "null", "words": "null", "layers": 1, "queries": 4, "heads": 2, "batch": 4, "epochs": 2,
        "teacher": "towers",
    }  # fmt: skip
    changes = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    run = tmp_path / "run"
    assert main(["train", "msrvtt", "--out", str(run), *changes]) == 0
    assert f"train: {clips - 3} of {clips} clips are good; 1 are missing and 2 damaged" in capsys.readouterr().err
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert steps[-1]["step"] == 2 * ((clips - 3) * captions // 4)
    assert any("validation" in step for step in steps) == bool(validation)

    assert main(["evaluate", str(run / "model"), "--dataset", name, "--root", str(root)]) == 0
    out = capsys.readouterr().out
    assert f"published protocol: {name}: " in out
    for method, sumr in PROTOCOLS[name].published.items():
        assert f"{method}, published" in out
        assert f"{sumr:.1f}" in out
    assert f"ranks among {tests - 1} clips" in out


def test_as_published_on_a_clip_and_an_ast_with_imagebind_as_teacher(msrvtt, tmp_path, capsys):
    """Train the towers on files, with teacher features in SAVE's layout; nothing is extracted or recognised."""
    tiny_model(tmp_path / "clip", "clip4clip")
    ASTModel(ASTConfig(**tiny_ast())).save_pretrained(tmp_path / "ast")
    generator = torch.Generator().manual_seed(0)
    for part in ("VideoFeature", "AudioFeature"):
        (msrvtt / "ImageBind" / part).mkdir(parents=True)
        for number in range(13):
            torch.save(torch.randn(1024, generator=generator), msrvtt / "ImageBind" / part / f"video{number}.pt")
    values = {
        "data": msrvtt, "towers": tmp_path / "clip", "audio": tmp_path / "ast", "teacher": msrvtt / "ImageBind",
        "frozen_towers": "false", "heads": 2, "batch": 8, "epochs": 1, "frames": 2,
    }  # fmt: skip
    changes = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    assert main(["train", "msrvtt", "--out", str(tmp_path / "run"), *changes]) == 0
    steps = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps] == [1, 2, 3]  # 26 pairs
    assert all(step["soft_albef"] > 0 for step in steps)
    folder = msrvtt / "hearsight" / "msrvtt-9k"
    assert not list(folder.glob("*/features")) + list(folder.glob("*/transcripts*"))
    capsys.readouterr()
    words = ["evaluate", str(tmp_path / "run" / "model"), "--dataset", "msrvtt-9k", "--root", str(msrvtt), "--json"]
    assert main(words) == 0
    captured = capsys.readouterr()
    assert "no number published on msrvtt-9k compares with these" in captured.err
    report = json.loads(captured.out)
    assert report["dataset"] is None
    assert report["data"].endswith("test (msrvtt-9k as Soundstage's disguise), speech by given")


def test_normalised_scores_are_not_compared_with_published_ones(msrvtt, towers, capsys):
    """A test without a usable clip is an error, too."""
    (msrvtt / "soundstage.json").unlink()
    words = ["evaluate", str(towers), "--dataset", "msrvtt-9k", "--root", str(msrvtt), "--recogniser", "none"]
    assert main([*words, "--dsl"]) == 0
    captured = capsys.readouterr()
    assert "numbers published on msrvtt-9k are not" in captured.err
    assert "SAVE, published" not in captured.out
    for number in range(13, 18):
        (msrvtt / "videos" / "all" / f"video{number}.mp4").unlink()
    assert main(words) == 1
    assert "no clip of msrvtt-9k's test can be used; see `hearsight data check" in capsys.readouterr().err


def test_evaluation_uses_the_recogniser_of_training(msrvtt, towers, tmp_path, capsys):
    values = {
        "data": msrvtt, "towers": towers, "audio": "null", "recogniser": "none",
        "frames": "null", "words": "null", "layers": 1, "heads": 2, "batch": 8, "epochs": 1, "teacher": "towers",
    }  # fmt: skip
    changes = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    assert main(["train", "msrvtt", "--out", str(tmp_path / "run"), *changes]) == 0
    words = ["evaluate", str(tmp_path / "run" / "model"), "--dataset", "msrvtt-9k", "--root", str(msrvtt), "--json"]
    capsys.readouterr()
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["data"].endswith("speech by none")
