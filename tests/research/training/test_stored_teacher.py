"""Soft-ALBEF's teacher from files in the published layout: values, missing files and invalid files."""

import pickle
from pathlib import Path

import pytest
import torch
from torch.nn.functional import normalize

import hearsight
from hearsight.errors import HearsightError
from hearsight.research.datasets.split import Split
from hearsight.research.training.batches import make_batches, read_batch
from hearsight.research.training.initial_model import fresh_model, load_towers
from hearsight.research.training.stored_teacher import AUDIO, VIDEO, stored_teacher
from hearsight.research.training.trainer import Training, train
from tests.media_files import beep, grey, make_media
from tests.research.training.feature_data import made_up_recipe

CLIPS = 16
WIDTH = 7


def write_features(folder: Path, clips: int = CLIPS) -> tuple[torch.Tensor, torch.Tensor]:
    """Random vectors of pictures and sounds, (W,) and (1, W), of clip0, clip1 and so on."""
    generator = torch.Generator().manual_seed(1)
    for part in (VIDEO, AUDIO):
        (folder / part).mkdir(parents=True)
    seen, heard = (torch.randn(clips, WIDTH, generator=generator) for _ in range(2))
    for number in range(clips):
        torch.save(seen[number].clone(), folder / VIDEO / f"clip{number}.pt")
        torch.save(heard[number : number + 1].clone(), folder / AUDIO / f"clip{number}.pt")
    return seen, heard


@pytest.fixture
def recipe(tmp_path):
    write_features(tmp_path / "teacher")
    return made_up_recipe(tmp_path, teacher=str(tmp_path / "teacher"), epochs=1)


@pytest.fixture
def clips(recipe):
    return Split(Path(recipe.data) / "train").features(hearsight.load(recipe.towers), "none")


def test_cosines_are_those_of_the_files(tmp_path, clips):
    seen, heard = write_features(tmp_path / "again")
    cosines = stored_teacher(tmp_path / "again", clips).cosines([3, 0], [5, 0])
    expected = [[torch.cosine_similarity(seen[i], heard[j], dim=0) for j in (5, 0)] for i in (3, 0)]
    torch.testing.assert_close(cosines, torch.tensor(expected))


def pearson_distance(model_cosines: torch.Tensor, teacher_cosines: torch.Tensor) -> float:
    """Return the mean over rows of 1 - corr(softmax(5 model), softmax(5 teacher)), by torch's own correlation."""
    rows = zip((5 * model_cosines).softmax(dim=1), (5 * teacher_cosines).softmax(dim=1), strict=True)
    return sum(1 - torch.corrcoef(torch.stack(pair))[0, 1].item() for pair in rows) / len(model_cosines)


def unit_mean(vectors: torch.Tensor) -> torch.Tensor:
    """Return the normalised mean of unit vectors: (B, n, D) -> (B, D)."""
    return normalize(normalize(vectors, dim=-1).mean(dim=1), dim=-1)


def test_a_run_learns_from_it(tmp_path, recipe):
    """The first step's loss is soft-ALBEF of these features, and not of the towers'."""
    seen, heard = write_features(tmp_path / "again")
    recipe = recipe.model_copy(update={"audio_only": 0.0})
    training = Training(recipe, tmp_path / "run")
    batch = make_batches(training.clips.examples, recipe, epoch=0)[0]
    training.model.train()
    video = training.model.fuse(training.model.features(read_batch(training.clips, batch)))
    model_cosines = unit_mean(video.vision) @ unit_mean(video.audio).T
    teacher_cosines = normalize(seen[batch.seen], dim=1) @ normalize(heard[batch.heard], dim=1).T
    expected = pearson_distance(model_cosines, teacher_cosines) + pearson_distance(model_cosines.T, teacher_cosines.T)

    figures = []
    train(recipe, tmp_path / "run", lambda what, *step: figures.append(step[-1]))
    assert len(figures) == 2
    assert figures[0]["soft_albef"] == pytest.approx(expected, abs=2e-5)
    train(recipe.model_copy(update={"teacher": "towers"}), tmp_path / "towers", lambda *step: figures.append(step[-1]))
    assert figures[2]["contrast"] == figures[0]["contrast"]
    assert abs(figures[2]["soft_albef"] - expected) > 0.01


def test_a_run_does_not_continue_with_another_teacher(tmp_path, recipe):
    train(recipe, tmp_path / "run")
    train(recipe, tmp_path / "run")
    torch.save(torch.ones(WIDTH), tmp_path / "teacher" / VIDEO / "clip3.pt")
    with pytest.raises(HearsightError, match="different clips, captions, transcripts, towers or teacher"):
        train(recipe, tmp_path / "run")


def test_towers_that_learn_need_no_stored_features(tmp_path, recipe):
    recipe = recipe.model_copy(update={"frozen_towers": False, "batch": 2})
    for split in ("train", "validation"):
        folder = Path(recipe.data) / split
        manifest = (folder / "manifest.jsonl").read_text().splitlines(keepends=True)[:4]
        (folder / "manifest.jsonl").write_text("".join(manifest))
        for number in range(4):
            make_media(folder / f"clip{number}.mp4", [grey(60 * number)] * 12, sounds=[beep(1)], sound_codec="aac")
    for table in Path(recipe.data).glob("*/features/*"):
        table.rename(table.with_name("of_other_towers.lance"))
    train(recipe, tmp_path / "run")
    assert [table.name for table in Path(recipe.data).glob("*/features/*")] == ["of_other_towers.lance"] * 2


# What a clip may lack


@pytest.fixture
def files(tmp_path, recipe):
    """clip0 has pictures and sound, clip1 pictures only, clip2 sound only; read from files."""
    folder = Path(recipe.data) / "train"
    (folder / "manifest.jsonl").write_text("".join((folder / "manifest.jsonl").open().readlines()[:3]))
    make_media(folder / "clip0.mp4", [grey(60)] * 12, sounds=[beep(1)], sound_codec="aac")
    make_media(folder / "clip1.mp4", [grey(90)] * 12)
    make_media(folder / "clip2.mp4", sounds=[beep(1)], sound_codec="aac")
    return Split(folder).files(fresh_model(recipe, load_towers(recipe)), "none")


def test_a_silent_clip_needs_no_audio_file(tmp_path, files):
    (tmp_path / "teacher" / AUDIO / "clip1.pt").unlink()
    (tmp_path / "teacher" / VIDEO / "clip2.pt").unlink()
    teacher = stored_teacher(tmp_path / "teacher", files)
    assert teacher.seen.norm(dim=1).round().tolist() == [1, 1, 0]
    assert teacher.heard.norm(dim=1).round().tolist() == [1, 0, 1]


@pytest.mark.parametrize(("part", "clip"), [(AUDIO, "clip0"), (AUDIO, "clip2"), (VIDEO, "clip0"), (VIDEO, "clip1")])
def test_a_clip_with_content_must_have_a_file(tmp_path, files, part, clip):
    (tmp_path / "teacher" / part / f"{clip}.pt").unlink()
    with pytest.raises(HearsightError, match=rf"{part} lacks 1 of 3 clips \({clip}.pt\)"):
        stored_teacher(tmp_path / "teacher", files)


def test_stored_features_show_which_clips_are_silent(tmp_path, clips, monkeypatch):
    (tmp_path / "teacher" / AUDIO / "clip3.pt").unlink()
    with pytest.raises(HearsightError, match=r"AudioFeature lacks 1 of 16 clips \(clip3.pt\)"):
        stored_teacher(tmp_path / "teacher", clips)
    read_all = type(clips).batch

    def silent(self, *indices):
        features = read_all(self, *indices)
        features.has_audio[:] = False
        return features

    monkeypatch.setattr(type(clips), "batch", silent)
    assert not stored_teacher(tmp_path / "teacher", clips).heard[3].any()


# What may be wrong


def test_many_missing_files_are_counted(tmp_path, clips):
    for number in range(2, CLIPS):
        (tmp_path / "teacher" / VIDEO / f"clip{number}.pt").unlink()
    with pytest.raises(HearsightError, match=r"lacks 14 of 16 clips \(clip2.pt, clip3.pt, clip4.pt, \.\.\.\)"):
        stored_teacher(tmp_path / "teacher", clips)


def test_a_folder_of_other_clips_is_detected_by_the_first_clips(tmp_path, clips, monkeypatch):
    for file in (tmp_path / "teacher" / VIDEO).iterdir():
        file.rename(file.with_name(f"other{file.name}"))
    read_all, read = type(clips).batch, []
    monkeypatch.setattr("hearsight.research.training.stored_teacher.BLOCK", 4)
    monkeypatch.setattr(type(clips), "batch", lambda self, indices: read.extend(indices) or read_all(self, indices))
    with pytest.raises(HearsightError, match="lacks 16 of 16 clips"):
        stored_teacher(tmp_path / "teacher", clips)
    assert read == [0, 1, 2, 3]


@pytest.mark.parametrize(("part", "heard"), [(AUDIO, "heard"), (VIDEO, "seen")])
def test_data_without_any_sound_or_any_pictures(tmp_path, clips, monkeypatch, part, heard):
    for file in (tmp_path / "teacher" / part).iterdir():
        file.unlink()
    read_all = type(clips).batch

    def lacking(self, indices):
        features = read_all(self, indices)
        (features.has_audio if part == AUDIO else features.frame_mask)[:] = False
        return features

    monkeypatch.setattr(type(clips), "batch", lacking)
    teacher = stored_teacher(tmp_path / "teacher", clips)
    assert [name for name in ("seen", "heard") if not getattr(teacher, name).any()] == [heard]


def test_missing_files_are_listed_although_the_first_clips_are_silent(tmp_path, clips, monkeypatch):
    for file in (tmp_path / "teacher" / AUDIO).iterdir():
        file.unlink()
    read_all = type(clips).batch

    def late(self, indices):
        features = read_all(self, indices)
        features.has_audio[:] = torch.tensor([index >= 14 for index in indices])
        return features

    monkeypatch.setattr("hearsight.research.training.stored_teacher.BLOCK", 4)
    monkeypatch.setattr(type(clips), "batch", late)
    with pytest.raises(HearsightError, match=r"AudioFeature lacks 2 of 16 clips \(clip14.pt, clip15.pt\)"):
        stored_teacher(tmp_path / "teacher", clips)


@pytest.mark.parametrize("missing", ["", VIDEO, AUDIO])
def test_a_missing_teacher_does_not_begin_a_run(tmp_path, recipe, missing):
    folder = tmp_path / "teacher" / missing
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(HearsightError, match=rf"teacher has no folder {missing or VIDEO}; .*hearsight data teach"):
        train(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


class Trap:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("code was run",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (torch.zeros(2, WIDTH), r"has the shape \(2, 7\)"),
        (torch.tensor(1.0), r"has the shape \(\)"),
        (torch.zeros(0), r"has the shape \(0,\)"),
        (torch.zeros(WIDTH, dtype=torch.long), "does not hold a tensor of floats"),
        ({"vector": torch.zeros(WIDTH)}, "does not hold a tensor of floats"),
        (torch.full((WIDTH,), torch.nan), "not finite"),
        (torch.full((WIDTH,), -torch.inf), "not finite"),
        (torch.ones(WIDTH + 1), r"has 8 numbers, \S+VideoFeature/clip0.pt has 7"),
        (Trap(), "damaged, or holds more than a tensor"),
    ],
)
@pytest.mark.parametrize("part", [VIDEO, AUDIO])
def test_an_invalid_file_is_an_error(tmp_path, clips, part, content, message):
    file = tmp_path / "teacher" / part / "clip5.pt"
    torch.save(content, file)
    with pytest.raises(HearsightError, match=rf"{part}/clip5\.pt.*{message}"):
        stored_teacher(tmp_path / "teacher", clips)


@pytest.mark.parametrize("content", [b"", b"no tensor", pickle.dumps(Trap())])
def test_a_damaged_file_is_an_error(tmp_path, clips, content):
    (tmp_path / "teacher" / AUDIO / "clip5.pt").write_bytes(content)
    with pytest.raises(HearsightError, match=r"cannot read \S+clip5.pt: it is damaged"):
        stored_teacher(tmp_path / "teacher", clips)


def test_a_file_cut_short_is_damaged(tmp_path, clips):
    file = tmp_path / "teacher" / VIDEO / "clip5.pt"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(HearsightError, match=r"cannot read \S+clip5.pt: it is damaged"):
        stored_teacher(tmp_path / "teacher", clips)


def test_half_precision_is_read(tmp_path, clips):
    file = tmp_path / "teacher" / VIDEO / "clip5.pt"
    torch.save(torch.eye(WIDTH, dtype=torch.half)[:1], file)
    assert torch.equal(stored_teacher(tmp_path / "teacher", clips).seen[5], torch.eye(WIDTH)[0])
