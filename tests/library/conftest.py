"""Fixtures and helpers: a tiny model and a folder of small films."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hearsight.library import Library
from hearsight.library.indexing import read as reading
from hearsight.library.tables.schema import ClipFacts, Video, clip_id, clip_table
from hearsight.library.tables.store import Store
from hearsight.library.words.indexed_words import indexed_words
from hearsight.models.base import VideoTextModel, video_embedding
from hearsight.types import Clip
from tests.builders import tiny_model
from tests.media_files import RATE, beep, grey, make_media
from tests.speech.sounds import spoken_sentences


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> VideoTextModel:
    return tiny_model(tmp_path_factory.mktemp("model"))


def make_films(folder: Path) -> Path:
    """Write three films: 4 s and 6 s with sound, 3 s without; one has subtitles."""
    film(folder / "bell.mkv", 4, seed=1)
    film(folder / "trip" / "sea.mkv", 6, seed=2)
    film(folder / "trip" / "silent.mkv", 3, seed=3, sound=False)
    say(folder / "bell.srt", "the doctor lost", "a yellow bicycle")
    return folder


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of three films."""
    return make_films(tmp_path / "films")


@pytest.fixture
def library(folder, model) -> Library:
    """A library of the folder, cut in clips of 2 s; nothing is indexed yet."""
    return Library.create(folder, model, seconds=2)


def break_off(monkeypatch, after: int) -> None:
    """Make the disk fail within sea.mkv, after this number of its clips."""
    real = reading.read_clips

    def failing(info, *arguments):
        for number, clip in enumerate(real(info, *arguments)):
            if number == after and info.path.name == "sea.mkv":
                raise OSError(5, "Input/output error")
            yield clip

    monkeypatch.setattr(reading, "read_clips", failing)


def film(path: Path, seconds: int, seed: int = 0, sound: bool = True) -> Path:
    """Write a video of four coloured pictures a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    pictures = [np.full((48, 64, 3), random.integers(0, 255, 3), np.uint8) for _ in range(4 * seconds)]
    sounds = [beep(seconds) * np.float32(random.uniform(0.1, 1))] if sound else []
    return make_media(path, pictures, [i / 4 for i in range(len(pictures))], sounds)


def speaking_film(path: Path, seconds: int = 4) -> Path:
    """Write a video in which someone speaks from its beginning on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return make_media(path, [grey(100)] * 10 * seconds, sounds=[spoken_sentences()[: seconds * RATE]])


def say(path: Path, *lines: str) -> None:
    """Write subtitles, two seconds a line."""
    cues = [f"{i + 1}\n00:00:{2 * i:02},000 --> 00:00:{2 * i + 2:02},000\n{line}\n" for i, line in enumerate(lines)]
    path.write_text("\n".join(cues), encoding="utf-8")


def rows(library: Library) -> tuple[list[dict], list[dict]]:
    """Return all rows of the videos and clips tables, in order, whether or not a search would show them."""
    again = Library.open(library.folder, library.location)._store
    videos = sorted(again.videos.to_arrow().to_pylist(), key=lambda row: row["path"])
    return videos, sorted(again.clips.to_arrow().to_pylist(), key=lambda row: row["id"])


def assert_same(library: Library, other: Library) -> None:
    """Assert that two libraries of one folder have the same videos and the same clips with the same vectors."""
    (videos, clips), (other_videos, other_clips) = rows(library), rows(other)
    assert videos == other_videos
    assert [clip["id"] for clip in clips] == [clip["id"] for clip in other_clips]
    for clip, other_clip in zip(clips, other_clips, strict=True):
        for name, value in clip.items():
            if name in ("pooled", "frames", "without_audio", "without_speech", "without_both") or name.startswith(
                "extra_"
            ):
                # Rounding depends on the size of batches.
                np.testing.assert_allclose(np.array(value, float), np.array(other_clip[name], float), atol=2e-3)
            elif name == "gates":
                assert value == pytest.approx(other_clip[name], abs=1e-4)
            else:
                assert value == other_clip[name], name


def add_made_up(
    store: Store, model: VideoTextModel, videos: int, clips: int = 2, seed: int = 0, said: str = ""
) -> list[str]:
    """Write rows of invented videos with random vectors, as an update does. Return the ids of their clips."""
    draw = torch.Generator().manual_seed(seed)
    shape = videos * clips, model.config.frames
    frames = torch.nn.functional.normalize(torch.randn(*shape, model.width, generator=draw), dim=-1)
    mask = torch.ones(shape, dtype=torch.bool)
    full = video_embedding(frames, mask, vision=frames)
    ids = [f"{1000 * seed + number:016x}" for number in range(videos)]
    cut = [(id, Clip(Path(), 2.0 * number, 2.0 * number + 2)) for id in ids for number in range(clips)]
    facts = [
        ClipFacts(clip_id(id, clip), id, clip, said, indexed_words(said, None), [], bool(said), False, None)
        for id, clip in cut
    ]
    without = dict.fromkeys(("audio", "speech", "both"), full.pooled)
    store.add_clips([clip_table(store.clips.schema, facts, full, without)])
    store.put_videos([Video(id, f"{id}.mp4", 0, "", id, 2.0 * clips) for id in ids])
    return [each.id for each in facts]
