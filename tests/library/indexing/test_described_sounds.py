"""A model does not read the sounds that subtitles describe, however its vectors are made; old libraries learn them."""

import json

import numpy as np
import pytest

import hearsight
from hearsight.library import Library
from hearsight.library.indexing import windows
from tests.builders import tiny_model
from tests.library.conftest import film, rows, say
from tests.library.search.test_languages import make_format_4

LINES = ["[dog barking] Sit down now", "[thunder rumbling]", "♪ Happy birthday ♪"]
SAID = ["Sit down now", "", "♪ Happy birthday ♪"]


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """A film whose subtitles describe sounds, and the same with what is said alone."""
    folders = [tmp_path_factory.mktemp(name) / "films" for name in ("described", "said")]
    for folder, lines in zip(folders, (LINES, SAID), strict=True):
        film(folder / "film.mkv", 6, seed=1)
        say(folder / "film.en.srt", *(line or "..." for line in lines))
    return folders


def vectors(library):
    return np.array([row["pooled"] for row in rows(library)[1]], float)


def test_a_model_reads_what_is_said(described, model):
    both = [Library.create(folder, model, seconds=2, keep_features=True) for folder in described]
    for library in both:
        library.update(recogniser="none")
    first, second = both
    np.testing.assert_allclose(vectors(first), vectors(second), atol=2e-3)
    assert [row["has_speech"] for row in rows(first)[1]] == [True, False, True]
    assert [row["transcript"] for row in rows(first)[1]] == LINES  # people see all of it


def test_another_model_reads_what_is_said(described, model, tmp_path):
    """By reading the files again, and from stored features."""
    other = tiny_model(tmp_path / "other", "save", seed=5)
    again = tiny_model(tmp_path / "again", "save", seed=6)
    again.clip.load_state_dict(other.clip.state_dict())
    again.ast.load_state_dict(other.ast.state_dict())
    reached = []
    for number, folder in enumerate(described):
        library = Library.create(folder, model, tmp_path / f"library{number}", seconds=2)
        library.update(recogniser="none")
        library.change_model(other, keep_features=True)
        reencoded = vectors(library)
        library.reindex(again)
        reached.append((reencoded, vectors(library), [row["words"] for row in rows(library)[1]]))
    np.testing.assert_allclose(reached[0][0], reached[1][0], atol=2e-3)
    np.testing.assert_allclose(reached[0][1], reached[1][1], atol=2e-3)
    assert reached[0][2][1] == "XEN XENthunder XENrumbl" and reached[1][2][1] == ""


def starts_of_windows(folder):
    return sorted(Library.open(folder)._store.windows("wordllama").rows(["start"])["start"].to_pylist())


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_library_of_an_earlier_format_learns_what_is_heard(tmp_path, monkeypatch, in_memory):
    film(tmp_path / "films" / "film.mkv", 6, seed=1)
    say(tmp_path / "films" / "film.en.srt", *LINES)
    with monkeypatch.context() as patch:
        patch.setattr(windows, "said_in", lambda lines: lines[0])
        hearsight.index(tmp_path / "films", model="none", recogniser="none", seconds=2)
    complete = rows(Library.open(tmp_path / "films"))
    assert starts_of_windows(tmp_path / "films") == [0, 2, 4]
    old = make_format_4(tmp_path / "films")
    with pytest.raises(hearsight.HearsightError, match="nothing in this library is heard"):
        old.search("heard: a dog barks")
    assert Library.open(tmp_path / "films").update(recogniser="none").unchanged == 1
    assert rows(Library.open(tmp_path / "films")) == complete
    assert starts_of_windows(tmp_path / "films") == [0, 4]
    result = Library.open(tmp_path / "films", in_memory=in_memory).search("heard: a dog barks")
    assert [(hit.start, hit.heard) for hit in result.without_weak().hits] == [(0, 1)]
    assert json.loads((tmp_path / "films" / ".hearsight" / "library.json").read_text())["format"] == 5
