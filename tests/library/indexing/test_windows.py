"""The windows of text experts are filled from the lines of clips, and follow the clips."""

import shutil

import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.experts.registry import EXPERTS, load_expert, load_experts, register_expert
from hearsight.experts.word_vectors import WordVectors
from hearsight.library import Library
from hearsight.library.indexing.windows import fill_windows, spans_of
from tests.library.conftest import film, say, tiny_model

LINES = [{"start": float(i), "end": i + 1.0, "text": text} for i, text in enumerate(["a", "b", "c"])]


@pytest.fixture
def talk(tmp_path):
    """A library of two films with subtitles and a silent one, updated once."""
    model = tiny_model(tmp_path / "model")
    for number, name in enumerate(("one", "two", "silent")):
        film(tmp_path / "films" / f"{name}.mkv", 4, seed=number, sound=name != "silent")
    say(tmp_path / "films" / "one.srt", "the doctor lost", "a yellow bicycle")
    say(tmp_path / "films" / "two.srt", "we sail at dawn")
    library = Library.create(tmp_path / "films", model, seconds=2)
    library.update(recogniser="none")
    return library


def windows(library: Library) -> list[tuple[str, float, float]]:
    rows = library._store.windows("wordllama").rows(["id", "start", "end"]).to_pylist()
    return sorted((row["id"], row["start"], row["end"]) for row in rows)


def test_a_window_is_a_line_or_two():
    assert [text for *_, text in spans_of(LINES)] == ["a", "b", "c", "a b", "b c"] and spans_of([]) == []
    assert spans_of(LINES)[3][:2] == (0, 2)


def test_what_is_heard_has_no_window():
    texts = ["come in", "[door slams]", "[sighs] it is late"]
    lines = [{"start": float(i), "end": i + 1.0, "text": text} for i, text in enumerate(texts)]
    assert spans_of(lines) == [(0, 1, "come in"), (2, 3, "it is late"), (0, 3, "come in it is late")]


def test_every_spoken_clip_has_windows_and_no_other(talk):
    spoken = {row["id"] for row in talk._store.rows("has_speech", ["id"]).to_pylist()}
    assert {id for id, *_ in windows(talk)} == spoken and len(spoken) == 3


def test_windows_of_removed_films_go_and_those_of_new_ones_come(talk):
    before = windows(talk)
    (talk.folder / "two.mkv").unlink()
    shutil.copy(talk.folder / "one.mkv", talk.folder / "three.mkv")
    say(talk.folder / "three.srt", "good morning")
    talk.update(recogniser="none")
    assert len(windows(talk)) == len(before) and windows(talk) != before


def test_optimising_merges_the_windows_too(talk):
    before, table = windows(talk), talk._store.windows("wordllama")
    rows = table.rows(["id", "video", "start", "end", "vector"])
    for _ in range(3):  # as three updates would
        table.add(rows.cast(table._latest().schema))
    assert fragments(talk) > 1
    report = talk.optimise()
    assert fragments(talk) == 1 and report.merged_fragments > 1
    assert sorted(windows(talk)) == sorted(4 * before)
    assert talk.optimise().merged_fragments == 0


def fragments(library: Library) -> int:
    return library._store.windows("wordllama")._latest().stats()["fragment_stats"]["num_fragments"]


def test_an_update_without_changes_derives_nothing(talk, monkeypatch):
    monkeypatch.setattr("hearsight.library.derive.calibrate", None)  # calling it would raise
    talk.update(recogniser="none")


@pytest.mark.parametrize("damage", ["calibration.json", "windows-wordllama.lance"])
def test_what_is_lost_is_derived_again(talk, damage):
    before = windows(talk)
    path = talk.location / damage
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    library = Library.open(talk.folder)
    assert library.search("a physician cannot find his bike").hits[0].match  # it is searched without
    library.update(recogniser="none")
    assert windows(library) == before


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"scales": {"model": {"mean": NaN}}}'], ids=str)
def test_a_damaged_calibration_is_none(talk, content):
    (talk.location / "calibration.json").write_text(content)
    assert Library.open(talk.folder).search("the doctor lost").hits[0].confidence > 0.5


def test_windows_of_another_expert_are_made_again(talk, monkeypatch):
    monkeypatch.setattr(load_expert("wordllama"), "fingerprint", "another")
    talk.update(recogniser="none")
    assert talk._store.snapshot().calibration.experts == {"wordllama": "another"}


class Letters:
    """The expert of a plugin: texts with the same letters mean the same."""

    name, width, fingerprint = "letters", 26, "0123456789ab"

    def __init__(self, detail):
        pass

    def encode_passages(self, texts):
        counts = np.array([[text.count(chr(97 + i)) for i in range(26)] for text in texts], float)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True).clip(1e-6)

    encode_queries = encode_passages


@pytest.fixture
def spelt(talk, no_plugins):
    """The library with the expert of a plugin."""
    register_expert("letters")(Letters)
    library = Library.create(talk.folder, talk.model, seconds=2, meaning="letters")
    library.update(recogniser="none")
    return library


def test_a_library_without_its_plugin_is_searched_by_words_and_says_so(spelt, monkeypatch):
    assert spelt.search("cod the tor lost").notes == []
    load_expert.cache_clear()
    monkeypatch.setattr(EXPERTS, "registered", {})
    result = Library.open(spelt.folder).search("the doctor lost")
    assert result.hits[0].line == "the doctor lost" and result.matched
    [note] = result.notes
    assert "by its words alone" in note and "letters, is not on this machine" in note


def test_an_expert_that_returns_something_else_stops_the_update_with_its_name(spelt, monkeypatch):
    monkeypatch.setattr(Letters, "fingerprint", "another")
    monkeypatch.setattr(Letters, "encode_passages", lambda self, texts: np.full((len(texts), 26), np.nan))
    with pytest.raises(HearsightError, match="the expert 'letters' cannot be used: encode_passages returned NaN"):
        Library.open(spelt.folder).update(recogniser="none")


def test_an_interrupted_run_is_continued(talk, monkeypatch):
    before, calls, encode_passages = windows(talk), [], WordVectors.encode_passages
    (talk.location / "calibration.json").unlink()
    shutil.rmtree(talk.location / "windows-wordllama.lance")
    monkeypatch.setattr("hearsight.library.indexing.windows.BATCH", 1)

    def encode(self, texts):
        calls.append(list(texts))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return encode_passages(self, texts)

    monkeypatch.setattr(WordVectors, "encode_passages", encode)
    with pytest.raises(KeyboardInterrupt):
        talk.update(recogniser="none")
    assert 0 < len(windows(talk)) < len(before)
    talk.update(recogniser="none")
    assert windows(talk) == before and calls[0] not in calls[2:] and calls[1] in calls[2:]


def test_windows_of_an_older_hearsight_are_kept(talk, monkeypatch):
    monkeypatch.setattr("hearsight.library.tables.windows.Windows.fingerprint", lambda self: None)
    monkeypatch.setattr(WordVectors, "encode_passages", None)  # calling it would raise
    assert fill_windows(talk._store, load_experts(None)) == talk._store.snapshot().calibration.experts
