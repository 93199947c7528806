"""The bundled model finds the bundled clips, none of which it saw in training."""

import errno
import io
import json
import re
from contextlib import redirect_stdout

import pytest

from hearsight.cli import demo
from hearsight.cli.main import main
from hearsight.library import Library
from tests.builders import tiny_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def answers(folder) -> list[dict]:
    """The answers to all queries, printed by a first run, which indexes the folder."""
    with redirect_stdout(io.StringIO()) as out:
        assert main(["demo", str(folder), "--all", "--json"]) == 0
    return json.loads(out.getvalue())


def test_the_six_shown_queries_are_right(answers):
    shown = {query.text for query in demo.first_queries(demo.demo_queries())}
    shown_answers = [answer for answer in answers if answer["text"] in shown]
    assert sorted(answer["kind"] for answer in shown_answers) == sorted(
        ["sight", "sight", "sound", "speech", "sight+sound", "all"]
    )
    assert [answer["kind"] for answer in shown_answers if not answer["right"]] == []


def test_recall_over_all_queries(answers):
    assert len(answers) >= 40
    assert sum(answer["right"] for answer in answers) / len(answers) >= 0.9


def test_twins_are_distinguished_by_sound_and_speech(answers):
    """Pictures cannot distinguish the twins of these queries, so chance is one half."""
    for kind in ("sound", "speech"):
        right = [answer["right"] for answer in answers if answer["kind"] == kind]
        assert sum(right) / len(right) >= 0.7, kind


def test_an_indexed_folder_is_searched_and_the_answers_are_printed(folder, answers, capsys):
    assert main(["demo", str(folder)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("This is a toy world")
    assert re.findall(r"^([a-z+]+): ", out, re.MULTILINE) == ["sight", "sight", "sound", "speech", "sight+sound", "all"]
    assert out.count("expected demo-") == 6
    assert "6 of 6 right" in out


def test_the_table_of_all_kinds_is_printed(folder, answers, capsys, monkeypatch):
    queries = demo.first_queries(demo.demo_queries())
    monkeypatch.setattr(demo, "demo_queries", lambda: queries)
    assert main(["demo", str(folder), "--all"]) == 0
    *kinds, everything = capsys.readouterr().out.splitlines()[2:]
    assert [line.split()[0] for line in kinds] == ["sight", "sound", "speech", "sight+sound", "all"]
    assert everything.split() == ["all", "kinds", "6", "100"]


def test_clips_are_not_copied_to_a_folder_indexed_with_another_model(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    Library.create(tmp_path / "mine", tiny_model(tmp_path / "model"))
    assert main(["demo", str(tmp_path / "mine")]) == 1
    assert "was made with the model" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [".hearsight"]


def test_an_incomplete_copy_is_removed(tmp_path, capsys, monkeypatch):
    def fill_up(clip, copy):
        copy.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(demo.shutil, "copyfile", fill_up)
    assert main(["demo", str(tmp_path / "new")]) == 1
    assert "cannot copy the demo clips to" in (message := capsys.readouterr().err) and "No space left" in message
    assert [path.name for path in (tmp_path / "new").iterdir()] == [".hearsight"]


def test_a_folder_that_cannot_be_created_is_reported(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["demo", str(tmp_path / "file")]) == 1
    assert "file: File exists; " in capsys.readouterr().err


def test_the_clips_are_not_in_the_training_set():
    """No demo clip combines an icon and a background, or an icon and a sound, as a training clip may."""
    from hearsight.research.soundstage.scenes import Scene
    from hearsight.research.soundstage.splits import split_of

    rows = [json.loads(line) for line in (demo.CLIPS / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    assert 24 <= len(rows) <= 36
    for row in rows:
        scene = Scene.from_dict(row["scene"])
        assert split_of(scene.icons[0].name, scene.background) == "test"
        if scene.sound:
            assert split_of(scene.icons[0].name, scene.sound.name) == "test"
        if scene.speech:
            assert split_of(scene.speech.sentence.text) == "test"


def test_bundled_files_are_small():
    clips = sum(file.stat().st_size for file in demo.CLIPS.iterdir())
    model = sum(file.stat().st_size for file in (demo.CLIPS.parent / "model").iterdir())
    assert clips < 4e6
    assert model < 12e6
