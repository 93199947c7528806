"""Features: extracted once for all heads on the same towers, continued after a stop, and read by index."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from hearsight.errors import HearsightError
from hearsight.research.datasets import feature_set, transcripts
from hearsight.research.datasets.feature_set import FeatureSet
from hearsight.research.datasets.split import Split
from tests.builders import tiny_model
from tests.media_files import beep, grey, make_media


@pytest.fixture
def data(tmp_path):
    """Three clips: two with sound, one of these spoken by its subtitles, and one silent."""
    folder = tmp_path / "data"
    folder.mkdir()
    subtitles = "1\n00:00:00,000 --> 00:00:01,000\nthe doctor lost a bicycle\n"
    make_media(folder / "a.mkv", [grey(50)] * 12, sounds=[beep(1.0)], subtitles=subtitles)
    make_media(folder / "b.mkv", [grey(100)] * 22, sounds=[beep(1.0)])
    make_media(folder / "c.mkv", [grey(150)] * 12)
    rows = [{"id": id, "path": f"{id}.mkv", "captions": [{"kind": "sight", "text": id}]} for id in "abc"]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture
def towers(tmp_path):
    return tiny_model(tmp_path / "towers", "avigate")


def extract(data, towers, recogniser="pocketsphinx", progress=None) -> FeatureSet:
    """Return the features of a new Split, since tests change its files."""
    return Split(data).features(towers, recogniser, progress)


def read_transcripts(data, recogniser="pocketsphinx"):
    return Split(data).transcripts(recogniser)


def test_clips_are_read_by_index_in_any_order(data, towers):
    clips = extract(data, towers)
    batch = clips.batch([2, 0, 1])
    assert batch.has_audio.tolist() == [False, True, True]
    assert batch.has_speech.tolist() == [False, True, False]
    assert batch.frame_mask.sum(dim=1).tolist() == [2, 2, 3]
    assert towers.tokenizer.backend.decode(batch.speech_ids[1].tolist()).startswith("the</w>doctor</w>")
    again = clips.batch([0])
    assert torch.equal(batch.frames[1:2], again.frames)
    assert torch.equal(batch.audio[1:2], again.audio)


def test_a_clip_may_have_the_sound_and_words_of_other_clips(data, towers):
    clips = extract(data, towers)
    mixed, plain = clips.batch([0, 1, 2], [2, 2, 1], [1, 0, 0]), clips.batch([0, 1, 2])
    assert torch.equal(mixed.frames, plain.frames)
    assert torch.equal(mixed.audio, plain.audio[[2, 2, 1]])
    assert mixed.has_audio.tolist() == [False, False, True]
    assert torch.equal(mixed.speech_ids, plain.speech_ids[[1, 0, 0]])


def test_another_head_on_the_same_towers_reads_the_stored_features(data, towers, monkeypatch):
    extract(data, towers)
    monkeypatch.setattr(feature_set, "_extract", lambda *given: pytest.fail("extracted again"))
    with torch.no_grad():
        towers.frame_position.weight.add_(1.0)
        towers.clip.model.text_projection.weight.add_(1.0)
    assert len(extract(data, towers)) == 3
    with torch.no_grad():
        towers.clip.model.visual_projection.weight.add_(1.0)
    with pytest.raises(pytest.fail.Exception, match="extracted again"):
        extract(data, towers)


def test_a_stopped_extraction_continues(data, towers, monkeypatch):
    monkeypatch.setattr(feature_set, "CLIPS_PER_COMMIT", 1)

    def stop(what, done, total):
        if (what, done) == ("extracted", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract(data, towers, progress=stop)
    steps = []
    clips = extract(data, towers, progress=lambda *step: steps.append(step))
    assert steps == [("extracted", 3, 3)]
    assert clips.batch([0, 1, 2]).frame_mask.sum(dim=1).tolist() == [2, 3, 2]


def test_a_table_without_a_version_is_created_again(data, towers):
    extract(data, towers)
    (table,) = (data / "features").iterdir()
    shutil.rmtree(table / "_versions")
    assert len(extract(data, towers).batch([0, 1, 2]).frames) == 3


def test_a_model_without_an_audio_tower_stores_no_sound(data, tmp_path):
    clips = extract(data, tiny_model(tmp_path / "sees", "clip4clip"))
    assert clips.batch([0, 1]).audio is None


def test_transcripts_are_stored_for_each_recogniser(data):
    sphinx = read_transcripts(data, "pocketsphinx")
    assert sphinx["a"].text == "the doctor lost a bicycle"
    assert sphinx["b"].source == "pocketsphinx"
    journal = data / "transcripts.pocketsphinx.jsonl"
    journal.write_text(journal.read_text()[:-20])  # as a kill would leave it
    assert read_transcripts(data, "pocketsphinx") == sphinx
    journal.write_text("damaged\n" + journal.read_text())
    with pytest.raises(HearsightError, match="line 1 is damaged"):
        read_transcripts(data, "pocketsphinx")


def test_a_recogniser_is_loaded_once_for_all_files(data, monkeypatch):
    loaded = []
    load = transcripts.load_recogniser
    monkeypatch.setattr(transcripts, "load_recogniser", lambda name: loaded.append(name) or load(name))
    assert len(read_transcripts(data, "pocketsphinx")) == 3
    assert loaded == ["pocketsphinx"]


def test_without_a_recogniser_transcripts_are_empty_and_not_stored(data):
    assert {id: said.text for id, said in read_transcripts(data, "none").items()} == {"a": "", "b": "", "c": ""}
    assert not list(data.glob("transcripts*"))


def rewrite(data, **columns):
    """Add columns to the clips a, b and c of a manifest; None adds nothing."""
    rows = [json.loads(line) for line in (data / "manifest.jsonl").read_text().splitlines()]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row |= {} if value is None else {name: value}
    (data / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_clip_may_be_a_stretch_of_a_file(data, towers):
    rewrite(data, start=[0.5, 1.1, None], end=[1.2, None, None])
    assert extract(data, towers).batch([0, 1, 2]).frame_mask.sum(dim=1).tolist() == [1, 2, 2]
    assert read_transcripts(data)["a"].text == "the doctor lost a bicycle"  # half of the line is in it
    rewrite(data, start=[1.1, None, None])
    (data / "transcripts.pocketsphinx.jsonl").unlink()
    assert read_transcripts(data)["a"].text == ""
    rewrite(data, start=[7, None, None], end=[9, None, None], id=["a2", None, None])
    with pytest.raises(HearsightError, match=r"clip a2 starts at 7 s, but .*a\.mkv ends at"):
        extract(data, towers)


def test_transcripts_may_come_from_the_manifest(data):
    with pytest.raises(HearsightError, match="has a transcript, which"):
        read_transcripts(data, "given")
    rewrite(data, transcript=[None, "a bell is for sale", None])
    assert [read_transcripts(data, "given")[id].text for id in "abc"] == ["", "a bell is for sale", ""]


def test_perfect_transcripts_come_from_the_manifest(data):
    rows = [json.loads(line) for line in (data / "manifest.jsonl").read_text().splitlines()]
    rows[1]["spoken"] = "the teacher has a dog"
    (data / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = read_transcripts(data, "perfect")
    assert [" ".join(line.text for line in said[id].lines) for id in "abc"] == ["", "the teacher has a dog", ""]


def test_an_invalid_manifest_is_an_error(tmp_path):
    with pytest.raises(HearsightError, match=r"no manifest\.jsonl"):
        _ = Split(tmp_path).clips
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("")
    with pytest.raises(HearsightError, match="is empty"):
        _ = Split(tmp_path).clips
    manifest.write_text('{"id": "a"}\n')
    with pytest.raises(HearsightError, match="line 1 is not a clip"):
        _ = Split(tmp_path).clips
    row = '{"id": "a", "path": "a.mp4", "captions": []}\n'
    manifest.write_text(row + row)
    with pytest.raises(HearsightError, match="several clips with the id a"):
        _ = Split(tmp_path).clips


def test_two_extractions_at_once_share_the_work(data, towers):
    said: list[tuple[str, int, int]] = []
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(extract, data, towers, "pocketsphinx", lambda *step: said.append(step)) for _ in range(2)]
        first, second = (future.result() for future in both)
    assert first.table.count_rows() == second.table.count_rows() == 3
    assert said.count(("extracted", 3, 3)) == said.count(("transcribed", 3, 3)) == 1
