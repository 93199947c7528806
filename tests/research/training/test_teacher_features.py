"""Teacher features of files: which pictures and sounds they are of, continuing after a stop, and separate models."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from hearsight.errors import HearsightError
from hearsight.media.probe import probe
from hearsight.research.datasets.split import Split
from hearsight.research.training import teacher_features as teaching
from hearsight.research.training.stored_teacher import AUDIO, VIDEO, stored_teacher
from hearsight.research.training.teacher_features import evenly_spaced_times, teach
from hearsight.types import Clip
from tests.builders import tiny_model
from tests.media_files import beep, grey, level_of, make_media


class Levels:
    """A teacher whose vectors contain its inputs: the grey level of each picture, and measures of the sound."""

    def __init__(self, name: str = "levels", frames: int = 4) -> None:
        self.name, self.frames, self.rate, self.width = name, frames, 48_000, 4
        self.calls: list[str] = []

    def embed_video(self, frames):
        self.calls.append("pictures")
        return torch.tensor([float(level_of(frame)) for frame in frames])

    def embed_audio(self, waveform):
        self.calls.append("sound")
        pitch = np.abs(np.fft.rfft(waveform)).argmax() * self.rate / len(waveform)
        return torch.tensor([len(waveform), float(pitch), float(np.abs(waveform).max()), 1.0])


def write_manifest(folder: Path, *ids: str) -> None:
    rows = [{"id": id, "path": f"{id}.mkv", "captions": []} for id in ids]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def data(tmp_path):
    """Three clips: with pictures and sound, with pictures only, with sound only."""
    folder = tmp_path / "data"
    folder.mkdir()
    make_media(folder / "both.mkv", [grey(10 * (i // 10)) for i in range(31)], sounds=[beep(3.1)])
    make_media(folder / "seen.mkv", [grey(200)] * 2)
    make_media(folder / "heard.mkv", sounds=[beep(1.0)])
    write_manifest(folder, "both", "seen", "heard")
    return folder


def vectors_in(out: Path) -> dict[str, list[float]]:
    """Return every vector of a folder, by the name of its file."""
    files = sorted(out.rglob("*.pt"))
    return {f"{file.parent.name}/{file.stem}": torch.load(file, weights_only=True).tolist() for file in files}


def test_pictures_and_sound_are_those_of_the_file(tmp_path, data):
    teach(Split(data), Levels(), tmp_path / "out")
    vectors = vectors_in(tmp_path / "out")
    assert vectors.keys() == {f"{VIDEO}/both", f"{VIDEO}/seen", f"{AUDIO}/both", f"{AUDIO}/heard"}
    assert vectors[f"{VIDEO}/both"] == [0, 10, 20, 30]  # from the first picture to the last
    assert vectors[f"{VIDEO}/seen"] == [200] * 4  # of which there are two
    length, pitch, loudest, _ = vectors[f"{AUDIO}/both"]
    assert length == pytest.approx(3.1 * 48_000, abs=50)
    assert pitch == pytest.approx(440, abs=1) and loudest == pytest.approx(0.5, abs=0.01)
    note = json.loads((tmp_path / "out" / "teacher.json").read_text())
    assert note == {"model": "levels", "width": 4, "frames": 4, "rate": 48_000}


def test_the_last_picture_stays_where_sound_lasts_longer(tmp_path, data):
    make_media(data / "both.mkv", [grey(10 * (i // 10)) for i in range(20)], sounds=[beep(3.1)])
    teach(Split(data), Levels(), tmp_path / "out")
    assert vectors_in(tmp_path / "out")[f"{VIDEO}/both"] == [0, 10, 10, 10]


def test_times_are_evenly_spaced(data):
    info = probe(data / "both.mkv")
    complete, second = Clip(info.path, 0.0, info.duration), Clip(info.path, 1.0, 2.0)
    assert evenly_spaced_times(complete, info, 4) == pytest.approx([0, 1, 2, 3], abs=0.01)
    assert evenly_spaced_times(complete, info, 1) == [0]
    assert evenly_spaced_times(second, info, 2) == pytest.approx([1.0, 1.9])


def test_training_reads_the_features(tmp_path, data):
    """The clips without a file are those in which training finds no picture, or no sound."""
    teach(Split(data), Levels(), tmp_path / "out")
    teacher = stored_teacher(tmp_path / "out", Split(data).files(tiny_model(tmp_path / "towers"), "none"))
    assert teacher.seen.norm(dim=1).tolist() == pytest.approx([1, 1, 0])
    assert teacher.heard.norm(dim=1).tolist() == pytest.approx([1, 0, 1])
    heard = np.array(vectors_in(tmp_path / "out")[f"{AUDIO}/both"])
    grey_all_along = np.full(4, 0.5)  # unit
    assert teacher.cosines([1], [0]).item() == pytest.approx(grey_all_along @ heard / np.linalg.norm(heard), abs=1e-5)


def test_a_stopped_run_continues(tmp_path, data):
    def stop(what, done, total, figures=None):
        raise KeyboardInterrupt

    first, second, third = Levels(), Levels(), Levels()
    with pytest.raises(KeyboardInterrupt):
        teach(Split(data), first, tmp_path / "out", stop)
    assert first.calls == ["pictures", "sound"]
    file = tmp_path / "out" / VIDEO / "both.pt"
    torch.save(torch.tensor([1.0, 2.0, 3.0, 4.0]), file)  # is not made again
    steps = []
    teach(Split(data), second, tmp_path / "out", lambda *step: steps.append(step))
    assert second.calls == ["pictures", "sound"]  # of one clip each
    assert steps == [("taught", 1, 3), ("taught", 2, 3), ("taught", 3, 3)]
    assert vectors_in(tmp_path / "out")[f"{VIDEO}/both"] == [1, 2, 3, 4]
    teach(Split(data), third, tmp_path / "out")
    assert third.calls == []


def test_a_killed_run_leaves_no_incomplete_file(tmp_path, data, monkeypatch):
    def killed(vector, file):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(teaching.torch, "save", killed)
        teach(Split(data), Levels(), tmp_path / "out")
    assert vectors_in(tmp_path / "out") == {}
    teach(Split(data), Levels(), tmp_path / "out")
    assert len(vectors_in(tmp_path / "out")) == 4
    assert not [*(tmp_path / "out").rglob("*.part")]


@pytest.mark.parametrize("second", [Levels("other"), Levels(frames=8)])
def test_two_models_are_not_mixed(tmp_path, data, second):
    teach(Split(data), Levels(), tmp_path / "out")
    before = vectors_in(tmp_path / "out")
    with pytest.raises(HearsightError, match=r"holds features of .*levels.*; give another folder"):
        teach(Split(data), second, tmp_path / "out")
    assert vectors_in(tmp_path / "out") == before and second.calls == []


@pytest.mark.parametrize("note", [None, "damaged"])
def test_features_of_an_unknown_model_are_not_extended(tmp_path, data, note):
    teach(Split(data), Levels(), tmp_path / "out")
    (tmp_path / "out" / "teacher.json").unlink()
    if note:
        (tmp_path / "out" / "teacher.json").write_text(note)
    with pytest.raises(HearsightError, match=r"no readable teacher\.json"):
        teach(Split(data), Levels(), tmp_path / "out")


def test_an_id_cannot_lead_out_of_the_folder(tmp_path, data):
    write_manifest(data, "both", "../../both")
    model = Levels()
    with pytest.raises(HearsightError, match=r"'\.\./\.\./both' cannot have a file of that name"):
        teach(Split(data), model, tmp_path / "out")
    assert model.calls == []


def test_a_vector_that_is_not_finite_is_an_error(tmp_path, data, monkeypatch):
    monkeypatch.setattr(Levels, "embed_audio", lambda self, waveform: torch.full((4,), torch.nan))
    with pytest.raises(HearsightError, match=r"AudioFeature/both\.pt is not finite"):
        teach(Split(data), Levels(), tmp_path / "out")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path, data):
    (data / "seen.mkv").write_text("no film")
    with pytest.raises(HearsightError, match=r"cannot read .*seen\.mkv"):
        teach(Split(data), Levels(), tmp_path / "out")
