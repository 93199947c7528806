"""More like a clip or a file by what is seen, heard or said in it, or by all of it."""

import numpy as np
import pytest
from PIL import Image

import hearsight
from hearsight.errors import HearsightError
from hearsight.experts.sound_registry import SOUND_EXPERTS, load_sound_expert
from hearsight.library import Collection, Filters, Library
from hearsight.media.example import Example
from tests.builders import tiny_model
from tests.library.conftest import film, say
from tests.library.sound_experts import PITCHES, Pitches, noise, registered, sound_film, tone  # noqa: F401 (a fixture)
from tests.media_files import RATE, make_media

NAME = "pitches:"


@pytest.fixture(scope="module")
def blind(tmp_path_factory):
    """A model that only sees."""
    return tiny_model(tmp_path_factory.mktemp("model") / "blind", "clip4clip")


def late(pitch: float, at_second: int, seconds: int) -> np.ndarray:
    """Return a quiet sound with a tone of two seconds."""
    sound = noise(seconds, 0.001)
    sound[at_second * RATE : (at_second + 2) * RATE] += tone(pitch, 2)
    return sound


@pytest.fixture(scope="module")
def kennel(tmp_path_factory, blind):
    """Films that are alike in pictures (the same seed), in sound, or in what is said."""
    folder = tmp_path_factory.mktemp("kennel")
    sound_film(folder / "dog.mkv", tone(PITCHES["bark"], 6), seed=1)
    say(folder / "dog.srt", "the doctor lost", "a yellow bicycle")
    sound_film(folder / "looks.mkv", tone(PITCHES["bell"], 6), seed=1)
    sound_film(folder / "sounds.mkv", late(PITCHES["bark"], 9, 14), seed=2)
    film(folder / "says.mkv", 6, seed=3, sound=False)
    say(folder / "says.srt", "good morning", "the physician lost his bike")
    for number, line in enumerate(["the sea is calm today", "we bake a cake"]):
        film(folder / f"talk{number}.mkv", 2, seed=30 + number, sound=False)
        say(folder / f"talk{number}.srt", line)
    for number in range(4):
        sound_film(folder / f"hiss{number}.mkv", noise(6, 0.1, seed=number), seed=10 + number)
    film(folder / "mute.mkv", 4, seed=20, sound=False)
    make_media(folder / "bark.wav", sounds=[tone(PITCHES["bark"], 3)])
    return hearsight.index(folder, model=blind, recogniser="none", sound="pitches")


@pytest.fixture(params=["on disk", "in memory"])
def library(request, kennel, blind):
    return Library.open(kennel.folder, model=blind, in_memory=request.param == "in memory")


def clip_of(library, name: str) -> str:
    [hit] = library.search("a bell", filters=Filters(path=name)).hits
    return hit.clip


def names(result) -> list[str]:
    return [hit.path.name for hit in result.hits]


def test_each_sense_has_its_own_likeness(library):
    dog = clip_of(library, "dog.mkv")
    assert names(library.similar(dog, by="seen"))[0] == "looks.mkv"
    assert set(names(library.similar(dog, by="heard"))[:2]) == {"sounds.mkv", "bark.wav"}
    said = names(library.similar(dog, by="said"))
    assert said[0] == "says.mkv" and set(said) == {"says.mkv", "talk0.mkv", "talk1.mkv"}
    for by in ("seen", "heard", "said"):
        result = library.similar(dog, by=by)
        assert result.senses == ["seen", "heard", "said"] and result.notes == []
        assert all(hit.score == hit.similarity <= 1.01 for hit in result.hits)
        assert "dog.mkv" not in names(result) and all(hit.match is None for hit in result.hits)


def test_a_hit_says_by_which_expert_it_is_like_and_lands_there(library):
    dog = clip_of(library, "dog.mkv")
    heard = next(hit for hit in library.similar(dog, by="heard").hits if hit.path.name == "sounds.mkv")
    [evidence] = heard.evidence
    assert (evidence.expert, evidence.sense, evidence.confidence) == (NAME, "heard", None)
    assert heard.moment == evidence.moment and 8.5 <= heard.moment <= 9.1
    said = library.similar(dog, by="said").hits[0]
    [evidence] = said.evidence
    assert (evidence.expert, evidence.sense, said.moment) == ("wordllama", "said", 2.0)
    assert said.line == evidence.line == "the physician lost his bike"
    assert [each.sense for each in library.similar(dog, by="seen").hits[0].evidence] == ["seen"]


def test_all_senses_are_put_together(library):
    dog = clip_of(library, "dog.mkv")
    result = library.similar(dog, limit=20)
    assert set(names(result)[:4]) == {"looks.mkv", "sounds.mkv", "bark.wav", "says.mkv"}
    assert result.hits[0].score > 0 and sorted(hit.score for hit in result.hits)[::-1] == [
        hit.score for hit in result.hits
    ]
    senses = {hit.path.name: hit.evidence[0].sense for hit in result.hits}
    assert (senses["looks.mkv"], senses["bark.wav"], senses["says.mkv"]) == ("seen", "heard", "said")
    assert len(names(result)) == len(set(names(result))) == 11
    assert all(np.isfinite([hit.score, hit.similarity]).all() for hit in result.hits)


def test_what_is_compared_does_not_depend_on_how_many_are_asked_for(library):
    dog = clip_of(library, "dog.mkv")
    few, many = library.similar(dog, limit=2), library.similar(dog, limit=100)
    assert [(hit.clip, hit.score) for hit in few.hits] == [(hit.clip, hit.score) for hit in many.hits[:2]]


@pytest.mark.parametrize("by", [None, "seen", "heard", "said"])
@pytest.mark.parametrize(
    "filters", [Filters(), Filters(has_sound=True), Filters(path="*s.mkv"), Filters(from_seconds=2.5)]
)
def test_memory_and_disk_agree(kennel, blind, by, filters):
    dog = clip_of(kennel, "dog.mkv")
    loaded = Library.open(kennel.folder, model=blind, in_memory=True).similar(dog, filters=filters, by=by)
    for _ in range(2):  # the second time, windows are in memory
        on_disk = kennel.similar(dog, filters=filters, by=by)
        scores, others = ({hit.clip: hit.score for hit in each.hits} for each in (on_disk, loaded))
        assert scores == pytest.approx(others, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "by", "lack"),
    [("mute.mkv", "heard", "sound"), ("hiss0.mkv", "said", "words"), ("bark.wav", "seen", "pic")],
)
def test_a_clip_that_lacks_what_is_compared(library, name, by, lack):
    clip = clip_of(library, name)
    with pytest.raises(HearsightError, match=f"cannot be compared by what is {by}: it has no {lack}.*; compare it by"):
        library.similar(clip, by=by)
    assert library.similar(clip).hits and by not in library.similar(clip).senses


def test_another_sense_is_no_sense(library):
    with pytest.raises(HearsightError, match="cannot compare by 'smelt'; choose seen, heard or said"):
        library.similar(clip_of(library, "dog.mkv"), by="smelt")


def test_a_clip_that_was_indexed_since_is_compared(tmp_path, blind):
    sound_film(tmp_path / "films" / "bark.mkv", tone(PITCHES["bark"], 4))
    library = hearsight.index(tmp_path / "films", model=blind, recogniser="none", sound="pitches")
    opened = Library.open(tmp_path / "films", model=blind)
    assert opened.similar(clip_of(opened, "bark.mkv"), by="heard").hits == []
    sound_film(tmp_path / "films" / "new.mkv", tone(PITCHES["bark"], 4))
    library.update(recogniser="none")
    for filters in (Filters(), Filters(has_sound=True)):
        assert names(opened.similar(clip_of(opened, "new.mkv"), by="heard", filters=filters)) == ["bark.mkv"]
        assert names(opened.similar(clip_of(opened, "bark.mkv"), by="heard", filters=filters)) == ["new.mkv"]


def test_a_model_that_hears_and_reads_keeps_its_own_comparison(tmp_path, model):
    """It has the text expert of every library, which counts only by itself."""
    folder = tmp_path / "films"
    for number, lines in enumerate([("the doctor lost", "a yellow bicycle"), ("a physician", "lost his bike"), ()]):
        film(folder / f"{number}.mkv", 4, seed=number)
        if lines:
            say(folder / f"{number}.srt", *lines)
    film(folder / "mute.mkv", 4, seed=7, sound=False)
    library = hearsight.index(folder, model=model, recogniser="none")
    first = clip_of(library, "0.mkv")
    result = library.similar(first)
    assert result.senses == ["seen", "heard", "said"] and len(result.hits) == 3
    table = library._store.rows("true", ["id", "pooled"]).to_pylist()
    vectors = {row["id"]: np.array(row["pooled"], np.float32) for row in table}
    for hit in result.hits:
        a, b = vectors[first], vectors[hit.clip]
        assert hit.score == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-4)
        assert [each.expert for each in hit.evidence] == ["model"]
    assert "mute.mkv" not in names(library.similar(first, by="heard"))
    [hit] = library.similar(first, by="said").hits
    assert (hit.path.name, hit.evidence[0].expert) == ("1.mkv", "wordllama")


# A file of one's own


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    colour = tuple(np.random.default_rng(1).integers(0, 255, 3).tolist())
    Image.new("RGB", (64, 48), colour).save(folder / "picture.png")
    make_media(folder / "bark.wav", sounds=[tone(PITCHES["bark"], 2)])
    make_media(folder / "silence.wav", sounds=[np.zeros(2 * RATE, np.float32)])
    sound_film(folder / "film.mkv", tone(PITCHES["bark"], 2), seed=1)
    return folder


def test_a_file_is_compared_by_sight_and_sound(library, files):
    assert set(names(library.search_by_example(files / "picture.png"))[:2]) == {"dog.mkv", "looks.mkv"}
    heard = library.search_by_example(str(files / "bark.wav"), by="heard")
    assert set(names(heard)[:3]) == {"dog.mkv", "sounds.mkv", "bark.wav"} and heard.senses == ["heard"]
    assert names(library.search_by_example(files / "bark.wav")) == names(heard)
    both = library.search_by_example(files / "film.mkv")
    assert names(both)[0] == "dog.mkv" and both.senses == ["seen", "heard"]
    assert [each.sense for each in both.hits[0].evidence] in (["seen", "heard"], ["heard", "seen"])
    assert set(names(library.search_by_example(files / "film.mkv", by="seen"))[:2]) == {"dog.mkv", "looks.mkv"}


@pytest.mark.parametrize(
    ("name", "by", "reason"),
    [
        ("picture.png", "heard", "the example has no sound, or is silent.*; use a sound or a video with sound"),
        ("silence.wav", "heard", "the example has no sound, or is silent"),
        ("bark.wav", "seen", "the example has no pictures.*; use a picture or a video"),
        ("film.mkv", "said", "what is said in an example is not compared.*; search for its words"),
        ("nothing.png", None, "cannot read .*nothing.png: No such file"),
    ],
)
def test_a_file_that_lacks_what_is_compared(library, files, name, by, reason):
    with pytest.raises(HearsightError, match=reason):
        library.search_by_example(files / name, by=by)


def test_silence_is_like_nothing(library, files):
    result = library.search_by_example(files / "silence.wav")
    assert result.hits == [] and "no moment can be compared" in result.notes[0]


def test_a_missing_expert_is_told(kennel, blind, files):
    factory = SOUND_EXPERTS.registered.pop("pitches")
    load_sound_expert.cache_clear()
    try:
        library = Library.open(kennel.folder, model=blind)
        missing = "the sound expert of this library, pitches:, is not on this machine"
        with pytest.raises(HearsightError, match=missing):
            library.search_by_example(files / "bark.wav", by="heard")
        result = library.search_by_example(files / "film.mkv")
        assert set(names(result)[:2]) == {"dog.mkv", "looks.mkv"} and missing in result.notes[0]
        assert library.search_by_example(files / "picture.png").notes == []
        dog = clip_of(library, "dog.mkv")  # what is stored of clips can be compared without it
        assert set(names(library.similar(dog, by="heard"))[:2]) == {"sounds.mkv", "bark.wav"}
    finally:
        SOUND_EXPERTS.registered["pitches"] = factory
        load_sound_expert.cache_clear()


def test_a_library_that_hears_nothing(tmp_path, blind, files):
    sound_film(tmp_path / "films" / "dog.mkv", tone(200, 4))
    library = hearsight.index(tmp_path / "films", model=blind, recogniser="none")
    with pytest.raises(HearsightError, match=r"nothing in this library is heard; .* add a sound expert with"):
        library.search_by_example(files / "film.mkv", by="heard")
    with pytest.raises(HearsightError, match="contains nothing that the model can see or hear"):
        library.search_by_example(files / "bark.wav")


def test_libraries_with_other_experts_are_compared_by_what_they_have(kennel, blind, tmp_path, files):
    sound_film(tmp_path / "films" / "other.mkv", tone(PITCHES["bark"], 4), seed=1)
    deaf = hearsight.index(tmp_path / "films", model=blind, recogniser="none")
    both = Collection({"kennel": kennel, "deaf": deaf}, blind)
    dog = clip_of(kennel, "dog.mkv")
    heard = both.similar(dog, by="heard", library="kennel")
    assert "other.mkv" not in names(heard) and "is not compared in deaf" in heard.notes[0]
    assert "other.mkv" in names(both.similar(dog, library="kennel"))
    assert set(names(both.similar(dog, by="seen", library="kennel"))[:2]) == {"other.mkv", "looks.mkv"}
    assert "other.mkv" in names(both.search_by_example(files / "film.mkv"))
    with pytest.raises(HearsightError, match="cannot be compared by what is heard"):
        both.similar(clip_of(deaf, "other.mkv"), by="heard", library="deaf")


def test_what_is_decoded_already_can_be_searched_with(kennel):
    example = Example([], {Pitches.sample_rate: np.sin(2 * np.pi * 200 * np.arange(8000) / 4000).astype(np.float32)})
    assert set(names(kennel.search_by_example(example))[:3]) == {"dog.mkv", "sounds.mkv", "bark.wav"}
