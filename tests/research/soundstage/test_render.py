"""Rendered files: the same bytes every time, also after an interruption; twins with the same picture."""

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.research.datasets.split import Split
from hearsight.research.soundstage import icons, text_to_speech
from hearsight.research.soundstage import render as rendering
from hearsight.research.soundstage.captions import CAPTIONS_PER_CLIP, Caption
from hearsight.research.soundstage.render import render
from hearsight.research.soundstage.scenes import Scene

pytestmark = pytest.mark.usefixtures("flite", "font")
COUNT = 6  # two single clips, twins in sound, twins in speech


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(tmp_path_factory.mktemp("soundstage"), "demo", COUNT, seed=5, workers=2)


def rows_of(manifest: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in manifest.read_text().splitlines()]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def pictures(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


def samples(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])


def test_the_manifest_describes_each_clip(rendered: Path) -> None:
    rows = rows_of(rendered)
    assert [row["id"] for row in rows] == [f"demo-{number:05}" for number in range(COUNT)]
    for row in rows:
        assert row["split"] == "demo"
        assert len(row["captions"]) == CAPTIONS_PER_CLIP
        assert all(set(caption["facts"]) <= set(row["facts"]) for caption in row["captions"])
        scene = Scene.from_dict(row["scene"])
        assert row["spoken"] == (scene.speech.sentence.text if scene.speech else None)
        assert not any(row["spoken"] and row["spoken"] in caption["text"] for caption in row["captions"])
        assert (row["distraction"] is None) == (scene.distraction is None)
        if scene.sound and scene.distraction:
            level = scene.distraction.level - scene.sound.level
            assert row["distraction"] == {"name": scene.distraction.name, "over_event": pytest.approx(level)}


def test_clips_are_mp4_with_picture_and_sound(rendered: Path) -> None:
    for row in rows_of(rendered):
        path = rendered.parent / row["path"]
        assert path.stat().st_size < 150_000
        with av.open(str(path)) as file:
            assert file.streams.video[0].codec_context.name == "h264"
            assert file.streams.audio[0].codec_context.name == "aac"
        frames = pictures(path)
        assert frames.shape[1:] == (240, 320, 3)
        assert len(frames) == pytest.approx(8 * row["scene"]["duration"], abs=1)
        assert len(samples(path)) / 16000 == pytest.approx(row["scene"]["duration"], abs=0.2)


def test_twins_look_alike_and_sound_different(rendered: Path) -> None:
    twins: dict[str, list[Path]] = {}
    for row in rows_of(rendered):
        if row["twin"]:
            twins.setdefault(row["twin"]["group"], []).append(rendered.parent / row["path"])
    assert len(twins) == 2
    for first, second in twins.values():
        assert np.array_equal(pictures(first), pictures(second))
        assert not np.allclose(samples(first), samples(second), atol=0.05)


def test_each_query_has_one_answer(rendered: Path) -> None:
    scenes = {row["id"]: Scene.from_dict(row["scene"]) for row in rows_of(rendered)}
    for query in rows_of(rendered.with_name("queries.jsonl")):
        caption = Caption(query["kind"], query["text"], frozenset(query["facts"]))
        assert [name for name, scene in scenes.items() if caption.holds(scene)] == [query["clip"]]


def test_an_interrupted_run_continues_with_the_same_bytes(rendered: Path, tmp_path: Path) -> None:
    render(tmp_path, "demo", 2, seed=5, workers=1)
    modified = (tmp_path / "demo-00000.mp4").stat().st_mtime_ns
    (tmp_path / "demo-00001.mp4").unlink()
    (tmp_path / "demo-00001.mp4.part").write_bytes(b"interrupted")
    reports: list[tuple[int, int]] = []
    render(tmp_path, "demo", COUNT, seed=5, workers=1, progress=lambda done, of: reports.append((done, of)))
    assert (tmp_path / "demo-00000.mp4").stat().st_mtime_ns == modified
    assert reports == [(done, COUNT) for done in range(1, COUNT + 1)]
    assert bytes_of(tmp_path) == bytes_of(rendered.parent)


def test_a_folder_holds_one_split_and_seed(rendered: Path) -> None:
    with pytest.raises(HearsightError, match="use an empty folder"):
        render(rendered.parent, "demo", COUNT, seed=6)


def test_other_tool_versions_are_recorded_and_not_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for made_with in ({"av": "1"}, {"av": "2"}, {"av": "1"}):
        monkeypatch.setattr(rendering, "tool_versions", lambda made_with=made_with: made_with)
        rendering.claim_folder(tmp_path, {"split": "test", "seed": 0})
    record = json.loads((tmp_path / "soundstage.json").read_text())
    assert record == {"split": "test", "seed": 0, "made_with": [{"av": "1"}, {"av": "2"}]}


def test_a_test_split_has_one_query_per_clip(tmp_path: Path) -> None:
    folder = render(tmp_path, "validation", 3, seed=0).parent
    rows = rows_of(folder / "manifest.jsonl")
    assert [[query["group"] for query in row["captions"]] for row in rows] == [["sight"]] * 3
    assert [example.captions[0][0] for example in Split(folder).clips] == ["sight"] * 3
    [versions] = json.loads((folder / "soundstage.json").read_text())["made_with"]
    assert {"av", "numpy", "flite", "font"} <= versions.keys()
    with pytest.raises(HearsightError, match="use an empty folder"):
        render(tmp_path, "validation", 4, seed=0)


def test_an_unknown_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HearsightError, match="no such split; use one of train, validation, test, demo"):
        render(tmp_path, "training", 1)


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_to_speech.shutil, "which", lambda name: None)
    with pytest.raises(HearsightError, match="apt-get install flite"):
        render(tmp_path, "demo", 1)
    monkeypatch.setattr(icons, "FONT", tmp_path / "missing.ttf")
    icons._font.cache_clear()
    icons.sprite.cache_clear()
    with pytest.raises(HearsightError, match="apt-get install fonts-noto-color-emoji"):
        icons.sprite("dog")
