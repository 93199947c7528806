"""A sound expert finds what is heard where the model only sees, and tells at which second."""

import json
import shutil

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.experts.sound_catalog import PUBLIC_SOUNDS
from hearsight.experts.sound_registry import SOUND_EXPERTS, load_sound_expert
from hearsight.library import Filters, Library
from hearsight.models.catalog import NamedModel
from tests.builders import tiny_model
from tests.experts.clap_checkpoints import tiny_clap
from tests.library.conftest import film, say
from tests.library.sound_experts import PITCHES, Pitches, noise, registered, sound_film, tone  # noqa: F401 (a fixture)

NAME = "pitches:"


@pytest.fixture(scope="module")
def blind(tmp_path_factory):
    """A model that only sees."""
    return tiny_model(tmp_path_factory.mktemp("model") / "blind", "clip4clip")


@pytest.fixture(scope="module")
def kennel(tmp_path_factory, blind):
    """Films in one of which a dog barks for two seconds; others have other sounds, none, or someone says "dog"."""
    folder = tmp_path_factory.mktemp("kennel")
    bark = noise(30, 0.001)
    bark[22 * 16_000 : 24 * 16_000] += tone(PITCHES["bark"], 2)
    sound_film(folder / "bark.mkv", bark, seed=1)
    sound_film(folder / "bell.mkv", tone(PITCHES["bell"], 10), seed=2)
    for number in range(6):
        sound_film(folder / f"hiss{number}.mkv", noise(6, 0.1, seed=number), seed=number)
    sound_film(folder / "talk.mkv", noise(6, 0.05, seed=9), seed=9)
    say(folder / "talk.srt", "my dog ran away", "I miss how it did bark")
    for number in range(3):
        film(folder / f"mute{number}.mkv", 4, seed=20 + number, sound=False)
    return hearsight.index(folder, model=blind, recogniser="none", sound="pitches")


def evidence_of(hit):
    return [each for each in hit.evidence if each.expert == NAME]


@pytest.mark.parametrize("mode", ["hybrid", "dense"])
def test_two_seconds_of_barking_are_found_at_their_second(kennel, mode):
    result = kennel.search("a dog barks, bark", mode=mode)
    hit = result.hits[0]
    assert hit.path.name == "bark.mkv" and hit.start <= 22 < hit.end and hit.match != "weak"
    assert 21.85 <= hit.moment <= 22 and hit.heard > 0 and result.notes == []
    [evidence] = evidence_of(hit)
    assert (evidence.sense, evidence.line, evidence.moment) == ("heard", "", hit.moment) and evidence.confidence > 0.9


def test_what_is_heard_can_be_asked_for_alone(kennel):
    hits = kennel.search("heard: bell").hits
    assert hits[0].path.name == "bell.mkv" and hits[0].heard > 0 and hits[0].said == 0
    assert not any(evidence_of(hit) for hit in kennel.search("seen: bell").hits + kennel.search("said: bell").hits)


def test_a_clip_without_sound_has_no_term(kennel):
    hits = kennel.search("a bell rings", limit=20).hits
    assert {hit.path.name for hit in hits} >= {"mute0.mkv", "mute1.mkv", "mute2.mkv"}
    assert not any(evidence_of(hit) for hit in hits if hit.path.name.startswith("mute"))
    assert all(np.isfinite(hit.score) for hit in hits)


def test_speech_alone_does_not_ask_it(kennel):
    result = kennel.search("my dog did bark", mode="speech")
    assert [hit.path.name for hit in result.hits] == ["talk.mkv"] and not evidence_of(result.hits[0])


@pytest.mark.parametrize("query", ["submarine invoice", "purple arithmetic", "velvet tax return"])
def test_nonsense_is_not_heard(kennel, query):
    for mode in ("hybrid", "dense"):
        result = kennel.search(query, mode=mode)
        assert all(hit.heard == 0 for hit in result.hits)


@pytest.mark.parametrize(
    "filters", [Filters(), Filters(from_seconds=2.5), Filters(has_sound=True), Filters(path="b*"), Filters(path="mute")]
)
@pytest.mark.parametrize("mode", ["hybrid", "dense"])
def test_scores_do_not_depend_on_the_way_of_searching(kennel, blind, filters, mode):
    in_memory = Library.open(kennel.folder, in_memory=True, model=blind)
    for query in ("a dog barks, bark", "heard: siren", "seen: a dog heard: bell", "a walk"):
        for _ in range(2):  # the second time, windows are in memory
            on_disk, loaded = (
                {hit.clip: hit.score for hit in each.search(query, mode=mode, filters=filters, limit=50).hits}
                for each in (kennel, in_memory)
            )
            assert on_disk == pytest.approx(loaded, abs=1e-3) and len(on_disk)


def test_all_moments_of_a_film_are_told(kennel):
    hit = kennel.search("bark").hits[0]
    moments = kennel.moments(hit, "bark")
    assert [moment.start for moment in moments] == [0, 15] and moments[1].score > moments[0].score


def test_a_missing_expert_is_done_without_and_missed(kennel, blind):
    factory = SOUND_EXPERTS.registered.pop("pitches")
    load_sound_expert.cache_clear()
    try:
        for opened in (
            Library.open(kennel.folder, model=blind),
            Library.open(kennel.folder, model=blind, in_memory=True),
        ):
            result = opened.search("a bell rings")
            assert result.hits and not any(map(evidence_of, result.hits))
            [note] = result.notes
            assert f"the sound expert of this library, {NAME}, is not on this machine" in note
            assert opened.search("a red car").notes == []
            with pytest.raises(HearsightError, match="nothing in this library is heard"):
                opened.search("heard: a dog")
    finally:
        hearsight.register_sound_expert("pitches")(factory)
        load_sound_expert.cache_clear()
    assert kennel.search("a bell rings").notes == []


NOTE = "the sound expert understands English alone"


@pytest.mark.parametrize(
    ("query", "is_noted"),
    [
        ("heard: ein Hund bellt", True),
        ("seen: a dog heard: собака лает", True),
        ("собака лает", True),  # finds nothing, and may have asked for a sound
        ("heard: bark", False),
        ("heard: Vuvuzela", False),
        ("ein rotes Auto", False),
        ("seen: ein rotes Auto", False),
        ("said: собака", False),
    ],
)
def test_a_sound_in_another_language_is_noted_where_the_expert_knows_english_alone(
    kennel, monkeypatch, query, is_noted
):
    assert not any(NOTE in note for note in kennel.search(query).notes)  # nothing is known of this one
    monkeypatch.setitem(PUBLIC_SOUNDS, NAME, NamedModel(NAME, "hears", True))
    assert [NOTE in note for note in kennel.search(query).notes] == [True] * is_noted


def test_speech_alone_needs_no_english(kennel, monkeypatch):
    monkeypatch.setitem(PUBLIC_SOUNDS, NAME, NamedModel(NAME, "hears", True))
    assert kennel.search("собака лает", mode="speech").notes == []


def test_libraries_with_and_without_it_are_searched_together(kennel, blind, tmp_path):
    shutil.copytree(kennel.folder, tmp_path / "deaf", ignore=shutil.ignore_patterns(".hearsight"))
    hearsight.index(tmp_path / "deaf", model=blind, recogniser="none")
    for folders in ((kennel.folder, tmp_path / "deaf"), (tmp_path / "deaf", kennel.folder)):
        for in_memory in (False, True):
            result = hearsight.open(*folders, in_memory=in_memory).search("heard: bell", limit=30)
            assert result.hits[0].path.name == "bell.mkv" and result.hits[0].library == kennel.folder.name
            assert not any(evidence_of(hit) for hit in result.hits if hit.library == "deaf")


@pytest.mark.parametrize("mode", ["hybrid", "dense"])
def test_a_clip_that_lacks_sound_has_a_score_that_json_can_say(kennel, mode):
    result = kennel.search("heard: bell", mode=mode, limit=50)
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["hits"]
    last = result.hits[-1]
    assert (last.path.name[:4], last.score, last.confidence, last.match) == ("mute", -1000, 0, "weak")


def test_an_open_library_follows_an_expert_that_is_added(tmp_path, blind):
    for number in range(4):
        sound_film(tmp_path / "films" / f"{number}.mkv", noise(3, 0.1, seed=number), seed=number)
    sound_film(tmp_path / "films" / "bell.mkv", tone(PITCHES["bell"], 3))
    hearsight.index(tmp_path / "films", model=blind, recogniser="none")
    opened = [Library.open(tmp_path / "films", model=blind, in_memory=in_memory) for in_memory in (False, True)]
    for library in opened:
        assert "nothing in this library is heard" in library.search("a bell rings").notes[0]
    hearsight.index(tmp_path / "films", model=blind, recogniser="none", sound="pitches")
    for library in opened:
        library._store._next_check = 0.0  # searches look for changes four times a second
        assert library.search("a bell rings").hits[0].path.name == "bell.mkv" and library.search("a bell").notes == []


def test_silent_films_are_found_by_what_is_seen(tmp_path, blind):
    for number in range(3):
        sound_film(tmp_path / "films" / f"{number}.mkv", np.zeros(32_000, np.float32), seed=number)
    library = hearsight.index(tmp_path / "films", model=blind, recogniser="none", sound="pitches")
    for opened in (library, Library.open(library.folder, in_memory=True, model=blind)):
        for mode in ("hybrid", "dense"):
            for _ in range(2):
                hits = opened.search("a bell rings", mode=mode).hits
                assert len(hits) == 3 and not any(hit.heard or evidence_of(hit) for hit in hits)
        [note] = opened.search("a bell rings").notes
        assert "its clips are silent" in note and "--sound" not in note  # it has one


def test_a_model_that_hears_and_the_expert_add_up(tmp_path):
    model = tiny_model(tmp_path / "model", "save")
    for number in range(4):
        sound_film(tmp_path / "films" / f"{number}.mkv", noise(3, 0.1, seed=number), seed=number)
    sound_film(tmp_path / "films" / "bell.mkv", tone(PITCHES["bell"], 3), seed=7)
    library = hearsight.index(tmp_path / "films", model=model, recogniser="none", sound="pitches", keep_features=True)
    assert library.search("heard: bell").hits[0].path.name == "bell.mkv"
    library.reindex(tiny_model(tmp_path / "other", "avigate"))
    assert library.search("heard: bell").hits[0].path.name == "bell.mkv" and library.identity.sound == NAME
    library.repair()
    library.update(recogniser="none")
    assert library.search("heard: bell").hits[0].path.name == "bell.mkv"


def test_clap_is_chosen_by_its_folder_and_searched(tmp_path, blind):
    folder = tiny_clap(tmp_path / "clap")
    for number in range(3):
        sound_film(tmp_path / "films" / f"{number}.mkv", noise(3, 0.1, seed=number), seed=number)
    library = hearsight.index(tmp_path / "films", model=blind, recogniser="none", sound=f"clap:{folder}")
    assert json.loads((library.location / "library.json").read_text())["sound"] == f"clap:{folder}"
    assert library.info().sounds == 3
    hits = library.search("heard: a dog barks", limit=9).hits
    assert len(hits) == 3 and all(0 <= hit.confidence <= 1 for hit in hits)
