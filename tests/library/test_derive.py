"""The expert for what is said can be chosen and changed, without reading a file again."""

import json
import shutil

import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.experts.registry import EXPERTS, load_expert, register_expert
from hearsight.experts.word_vectors import WordVectors
from hearsight.library import Library
from hearsight.library.indexing import read as reading
from tests.experts.sentence_checkpoints import tiny_checkpoint
from tests.library.conftest import film, say

QUERY = "the doctor lost a yellow bicycle"


@pytest.fixture(scope="module")
def sentences(tmp_path_factory) -> str:
    """The name of a sentence encoder."""
    return f"sentences:{tiny_checkpoint(tmp_path_factory.mktemp('encoder') / 'tiny')}"


@pytest.fixture(autouse=True)
def fresh():
    """No expert is loaded yet."""
    load_expert.cache_clear()
    yield
    load_expert.cache_clear()


@pytest.fixture
def films(tmp_path):
    """Two films in which something is said, and a silent one."""
    for number, (name, line) in enumerate({"one": QUERY, "two": "a bell rings", "silent": ""}.items()):
        film(tmp_path / "films" / f"{name}.mkv", 2, seed=number, sound=bool(line))
        if line:
            say(tmp_path / "films" / f"{name}.srt", line)
    return tmp_path / "films"


@pytest.fixture
def index(films, model):
    """Index the films again, with other options."""
    return lambda **options: hearsight.index(films, model=model, recogniser="none", **options)


def experts(library: Library) -> set[str]:
    return set(Library.open(library.folder)._store.snapshot().calibration.experts)


def tables(library: Library) -> int:
    return len(list(library.location.glob("windows-*.lance")))


def evidence(result) -> set[str]:
    return {evidence.expert for hit in result.hits for evidence in hit.evidence}


def recorded(library: Library) -> dict:
    return json.loads((library.location / "library.json").read_text())


def test_the_default_is_not_recorded(index):
    library = index()
    assert "meaning" not in recorded(library) and library.info().meaning == "wordllama"
    assert experts(library) == {"wordllama"}


def test_a_chosen_expert_is_recorded_and_remembered(index, sentences):
    library = index(meaning=sentences)
    assert recorded(library)["meaning"] == library.info().meaning == sentences
    library = index()
    assert library.identity.meaning == sentences and experts(library) == {sentences}
    result = library.search(QUERY)
    assert result.hits[0].path.name == "one.mkv" and result.notes == []
    index(rebuild=True)
    assert experts(library) == {sentences}


def test_another_expert_reads_the_lines_that_are_stored(index, sentences, monkeypatch):
    index()
    monkeypatch.setattr(reading, "read_clips", None)  # calling it would raise
    library = index(meaning=sentences)
    assert experts(library) == {sentences} and library.failures() == []
    assert tables(library) == 2  # a search that began before may read the former one
    assert sentences in evidence(library.search(QUERY)) and "wordllama" not in evidence(library.search(QUERY))
    library = index()
    assert tables(library) == 1 and sentences in evidence(library.search(QUERY))
    library = index(meaning="wordllama")
    assert recorded(library)["meaning"] == "wordllama" and experts(library) == {"wordllama"}


def test_an_open_library_follows_a_change(index, sentences):
    opened = [Library.open(index().folder, in_memory=in_memory) for in_memory in (False, True)]
    assert all("wordllama" in evidence(library.search(QUERY)) for library in opened)
    index(meaning=sentences)
    for library in opened:
        library._store._next_check = 0.0  # searches look for changes four times a second
        assert sentences in evidence(library.search(QUERY))


def test_none_compares_words_alone(index):
    library = index(meaning="none")
    assert tables(library) == 0 and experts(library) == set() and library.info().meaning == "none"
    for opened in (library, Library.open(library.folder, in_memory=True)):
        result = opened.search(QUERY)
        assert result.hits[0].path.name == "one.mkv" and evidence(result) <= {"model", "words"}
    library.update(recogniser="none")
    assert experts(library) == set()


def test_scores_do_not_depend_on_the_way_of_searching(index, sentences):
    library = index(meaning=sentences)
    in_memory = Library.open(library.folder, in_memory=True)
    for query in (QUERY, "said: a bike", "bell"):
        on_disk, loaded = ({hit.clip: hit.score for hit in each.search(query).hits} for each in (library, in_memory))
        assert on_disk == pytest.approx(loaded, abs=1e-3)


def test_reindex_and_repair_keep_the_expert(films, model, sentences, tmp_path):
    from tests.builders import tiny_model

    library = hearsight.index(films, model=model, recogniser="none", meaning=sentences, keep_features=True)
    library.reindex(tiny_model(tmp_path / "other", "avigate"))
    assert experts(library) == {sentences} and library.identity.meaning == sentences
    library.repair()
    assert tables(library) == 0
    library.update(recogniser="none")
    assert experts(library) == {sentences} and sentences in evidence(library.search(QUERY))


def test_a_model_that_is_gone_is_done_without_and_missed(index, tmp_path):
    folder = tiny_checkpoint(tmp_path / "mine")
    library = index(meaning=f"sentences:{folder}")
    (folder / "config.json").rename(tmp_path / "config.json")
    load_expert.cache_clear()
    for opened in (library, Library.open(library.folder, in_memory=True)):
        result = opened.search(QUERY)
        assert result.hits[0].path.name == "one.mkv" and evidence(result) <= {"model", "words"}
        assert "mine, is not on this machine" in result.notes[0] and opened.search(QUERY, "dense").notes == []
    with pytest.raises(HearsightError, match=r"config\.json is missing"):
        library.update(recogniser="none")
    with pytest.raises(HearsightError, match=r"config\.json is missing"):
        index(meaning=f"sentences:{folder}")
    assert library.info().meaning == f"sentences:{folder}"
    (tmp_path / "config.json").rename(folder / "config.json")
    assert library.search(QUERY).notes == [] and f"sentences:{folder}" in evidence(library.search(QUERY))


def test_a_model_that_has_changed_is_used_after_the_next_update(index, tmp_path):
    folder = tiny_checkpoint(tmp_path / "mine")
    library = index(meaning=f"sentences:{folder}")
    shutil.rmtree(folder)
    tiny_checkpoint(folder, seed=1)
    load_expert.cache_clear()
    assert "has changed" in library.search(QUERY).notes[0]
    library.update(recogniser="none")
    assert library.search(QUERY).notes == []


def test_an_expert_of_a_plugin_that_is_not_installed_is_done_without(index, no_plugins):
    @register_expert("letters")
    class Letters(WordVectors):
        fingerprint = "1"

        def __init__(self, detail):
            self.name = f"letters:{detail}"

    library = index(meaning="letters:Big")
    assert experts(library) == {"letters:Big"} and "letters:Big" in evidence(library.search(QUERY))
    load_expert.cache_clear()
    EXPERTS.registered.clear()
    result = library.search(QUERY)
    assert result.hits[0].words == 1 and "letters:Big, is not on this machine" in result.notes[0]
    with pytest.raises(HearsightError, match="unknown expert"):
        library.update(recogniser="none")


def test_an_unknown_expert_is_refused_before_anything_is_made(index, films):
    with pytest.raises(HearsightError, match=r"unknown expert 'wordlama' \(did you mean 'wordllama'"):
        index(meaning="wordlama")
    assert not (films / ".hearsight").exists()


@pytest.mark.parametrize(
    "name", ["../../outside", "sentences:../../outside", "/etc", "", "\x00", "sentences:" + "a" * 5000]
)
def test_names_of_a_strangers_library_stay_inside_it(index, tmp_path, name, monkeypatch):
    monkeypatch.setattr("hearsight.models.hub.look_up", None)  # calling it would raise
    library = index()
    outside = library.location.parent.parent / "outside.lance"
    outside.mkdir()
    file = library.location / "calibration.json"
    values = json.loads(file.read_text())
    file.write_text(json.dumps({**values, "experts": {name: "0123456789ab"}}))
    for opened in (Library.open(library.folder), Library.open(library.folder, in_memory=True)):
        assert opened.search(QUERY).hits[0].path.name == "one.mkv"
    Library.open(library.folder).update(recogniser="none")
    assert experts(library) == {"wordllama"} and outside.is_dir()
    identity = recorded(library)
    (library.location / "library.json").write_text(json.dumps({**identity, "meaning": name or "?"}))
    opened = Library.open(library.folder)
    assert opened.search(QUERY).hits and opened.info().meaning == (name or "?")
    with pytest.raises(HearsightError):
        opened.update(recogniser="none")


def test_libraries_with_different_experts_are_searched_together(films, model, sentences, tmp_path):
    folders = [films, tmp_path / "more", tmp_path / "still-more", tmp_path / "empty"]
    for folder in folders[1:]:
        shutil.copytree(films, folder)
    shutil.rmtree(folders[3])
    film(folders[3] / "bad.mkv", 1).write_bytes(b"no film")
    for folder, meaning in zip(folders, ("wordllama", sentences, "none", sentences), strict=True):
        hearsight.index(folder, model=model, recogniser="none", meaning=meaning)
    for in_memory in (False, True):
        result = hearsight.open(*folders, in_memory=in_memory).search(QUERY, limit=20)
        assert len(result.hits) == 9 and {hit.path.name for hit in result.hits[:3]} == {"one.mkv"}
        by_library = {
            hit.library: {each.expert for each in hit.evidence} & {"wordllama", sentences} for hit in result.hits[:3]
        }
        assert by_library == {"films": {"wordllama"}, "more": {sentences}, "still-more": set()}
