"""Libraries, on disk and in memory, find the right clips and explain them."""

import json

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.library import Filters, Library
from hearsight.library.search import search
from hearsight.library.search.question import Question
from hearsight.library.words.stems import stem
from hearsight.types import VideoEmbedding
from tests.builders import tiny_model
from tests.library.conftest import film, rows, say

MODES = ["hybrid", "dense", "speech"]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory, model) -> Library:
    """Return a library of five films, three of which have transcripts."""
    folder = tmp_path_factory.mktemp("films")
    film(folder / "bell.mkv", 4, seed=1)
    say(folder / "bell.srt", "the doctor lost", "a yellow bicycle")
    film(folder / "trip" / "sea.mkv", 6, seed=2)
    film(folder / "trip" / "silent.mkv", 3, seed=3, sound=False)
    film(folder / "speech.mkv", 4, seed=4)
    say(folder / "speech.srt", "and so my fellow americans", "ask not what your country can do for you")
    film(folder / "it's 日本 [1].mkv", 2, seed=5)
    say(folder / "it's 日本 [1].srt", "医生丢了一辆自行车")
    library = Library.create(folder, model, seconds=2)
    library.update(recogniser="none")
    return library


@pytest.fixture(scope="module", params=["on disk", "in memory"])
def library(request, indexed, model) -> Library:
    library = Library.open(indexed.folder, model=model, in_memory=request.param == "in memory")
    assert (library._store.snapshot().loaded is None) == (request.param == "on disk")
    return library


def names(result):
    return [hit.path.name for hit in result.hits]


def test_a_query_is_encoded_once(library, model, monkeypatch):
    encoded = []
    encode_text = model.encode_text
    monkeypatch.setattr(model, "encode_text", lambda ids: encoded.append(len(ids)) or encode_text(ids))
    query = f"a query of {id(library)} alone"
    first = library.search(query).hits
    assert library.search(query).hits == first
    assert encoded == [1]
    library.search(query.upper())
    assert encoded == [1, 1]


def test_two_stages_find_the_same_clips_as_an_exhaustive_comparison(library, model):
    assert_same_as_exhaustive_comparison(library, model)


def assert_same_as_exhaustive_comparison(library, model):
    clips = rows(library)[1]
    F = model.config.frames
    frames = torch.tensor(np.array([clip["frames"] for clip in clips], np.float32)).view(len(clips), F, -1)
    pooled = torch.tensor(np.array([clip["pooled"] for clip in clips], np.float32))
    mask = torch.tensor([clip["mask"] for clip in clips])
    for query in ("a red picture", "the doctor lost a bicycle", "sea"):
        with torch.inference_mode():
            text = model.encode_text(model.tokenize([query]))
            logits = model.similarity(text, VideoEmbedding(frames, mask, pooled, vision=frames))[0].tolist()
        best = {}
        for logit, clip in sorted(zip(logits, clips, strict=True), key=lambda pair: -pair[0]):
            best.setdefault(clip["video"], (clip["id"], logit))
        hits = library.search(query, mode="dense").hits
        assert [hit.clip for hit in hits] == [id for id, _ in best.values()]
        np.testing.assert_allclose([hit.score for hit in hits], [logit for _, logit in best.values()], rtol=1e-4)


def test_more_candidates_are_read_until_there_are_enough_videos(library, model, monkeypatch):
    complete = library.search("a red picture", mode="dense", limit=5)
    monkeypatch.setattr(search, "MIN_CANDIDATES", 1)
    monkeypatch.setattr(search, "CANDIDATES_PER_HIT", 1)
    assert len(library.search("a red picture", mode="dense", limit=5).hits) == len(complete.hits) == 5


def test_hits_are_grouped_by_video(library, model):
    result = library.search("a red picture", mode="dense")
    assert (result.clips, result.videos, result.total_clips) == (10, 5, 10)
    assert len(set(names(result))) == len(result.hits) == 5
    assert [hit.rank for hit in result.hits] == [1, 2, 3, 4, 5]
    assert [hit.score for hit in result.hits] == sorted((hit.score for hit in result.hits), reverse=True)
    assert sum(1 + hit.more for hit in result.hits) <= 10
    assert len(library.search("a red picture", limit=2).hits) == 2
    json.dumps(result.to_dict())


@pytest.mark.parametrize("mode", MODES)
def test_all_moments_may_be_listed(library, model, mode, monkeypatch):
    best = library.search("the doctor", mode=mode, limit=1).hits[0]
    every = library.search("the doctor", mode=mode, limit=100, all_moments=True)
    assert len(every.hits) == every.clips == len({hit.clip for hit in every.hits})
    assert len(every.hits) == 10 or mode == "speech"
    assert (every.hits[0].clip, every.hits[0].score) == (best.clip, pytest.approx(best.score))
    assert [hit.rank for hit in every.hits] == list(range(1, len(every.hits) + 1))
    assert not any(hit.more for hit in every.hits)
    monkeypatch.setattr(search, "MIN_CANDIDATES", 1)
    monkeypatch.setattr(search, "CANDIDATES_PER_HIT", 1)
    few = library.search("the doctor", mode="dense", limit=7, all_moments=True)
    assert len(few.hits) == 7


def test_the_moment_is_the_second_of_the_best_frame(library, model):
    clips = {clip["id"]: clip for clip in rows(library)[1]}
    with torch.inference_mode():
        text = model.encode_text(model.tokenize(["a red picture"]))[0].numpy()
    for hit in library.search("a red picture", mode="dense").hits:
        frames = np.array(clips[hit.clip]["frames"], np.float32).reshape(model.config.frames, -1)
        scores = (frames @ text)[np.array(clips[hit.clip]["mask"])]
        assert hit.moment == hit.start + int(scores.argmax())
        assert hit.start <= hit.moment <= hit.end


def test_senses_and_confidence_are_shares(library, model):
    for query in ("the doctor", "a bell rings", "xqzzt blorf"):
        for hit in library.search(query).hits:
            shares = hit.seen, hit.heard, hit.said, hit.confidence, *(one.confidence for one in hit.evidence)
            assert all(0 <= share <= 1 for share in shares)
            assert hit.match != "weak" or (hit.seen, hit.heard, hit.said) == (0, 0, 0)
            assert set(hit.gates) == {"audio", "speech"} and all(0 <= gate <= 1 for gate in hit.gates.values())


@pytest.mark.parametrize("mode", ["hybrid", "speech"])
def test_a_quotation_comes_first_with_its_line_and_second(library, model, mode):
    hit = library.search("ask not what your country can do for you", mode=mode).hits[0]
    assert (hit.path.name, hit.start, hit.moment) == ("speech.mkv", 2, 2)
    assert [hit.line[start:end] for start, end in hit.spans] == ["ask", "country"]
    assert hit.video == library.folder / "speech.mkv"
    assert hit.words == 1


@pytest.mark.parametrize(
    ("query", "name"),
    [("doctors", "bell.mkv"), ("BICYCLES", "bell.mkv"), ("自行车", "it's 日本 [1].mkv"), ("américans", "speech.mkv")],
)
def test_speech_finds_other_forms_of_a_word(library, model, query, name):
    assert names(library.search(query, mode="speech")) == [name]


@pytest.mark.parametrize("word", ["agree", "bruise", "anywhere", "advertising"])
def test_speech_finds_words_whose_stem_could_be_stemmed_again(tmp_path, model, word):
    once = stem(word, "en")
    assert stem(once.removeprefix("EN"), "en") != once
    film(tmp_path / "film.mkv", 2)
    say(tmp_path / "film.srt", f"it is {word} now")
    library = Library.create(tmp_path, model)
    library.update(recogniser="none")
    [hit] = library.search(word, mode="speech").hits
    assert [hit.line[start:end] for start, end in hit.spans] == [word]


def test_a_query_without_common_words_keeps_the_order_of_meaning(library, model):
    query = "a yellow sunset behind high mountains"
    assert names(library.search(query)) == names(library.search(query, mode="dense"))
    assert library.search(query, mode="dense").mode == "dense"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(path="trip/*"), {"sea.mkv", "silent.mkv"}),
        (Filters(path="SEA"), {"sea.mkv"}),
        (Filters(path="it's 日本 [1]"), {"it's 日本 [1].mkv"}),
        (Filters(path="*[1].MKV"), {"it's 日本 [1].mkv"}),
        (Filters(path="' OR 1 = 1 --"), set()),
        (Filters(has_sound=False), {"silent.mkv"}),
        (Filters(has_speech=True), {"bell.mkv", "speech.mkv", "it's 日本 [1].mkv"}),
        (Filters(has_speech=False, has_sound=True), {"sea.mkv"}),
        (Filters(max_seconds=3.5), {"silent.mkv", "it's 日本 [1].mkv"}),
        (Filters(min_seconds=2.5, max_seconds=3.5), {"silent.mkv"}),
        (Filters(min_seconds=5), {"sea.mkv"}),
        (Filters(min_seconds=5, path="silent"), set()),
    ],
)
def test_filters_select_videos_and_clips(library, model, filters, expected):
    assert set(names(library.search("a red picture", filters=filters))) == expected


@pytest.mark.parametrize("mode", MODES)
def test_unusual_queries_are_searched_and_empty_ones_refused(library, model, mode):
    for query in (
        'it\'s "quoted" AND (NOT) field:x* ~2',
        "word " * 10_000,
        "x\0y",
        "\udcff bell",
        "日本語",
        "doctor's",
    ):
        assert library.search(query, mode=mode).mode == mode
    for query in ("", "  \n", "?!... --"):
        with pytest.raises(HearsightError, match="query"):
            library.search(query, mode=mode)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
def test_no_query_breaks_the_search(library, model, text):
    try:
        result = library.search(text)
    except HearsightError:
        return
    assert len(result.hits) == 5 or Question.parse(text).phrases or Question.parse(text).exclusions


def test_an_empty_library_has_no_hits(tmp_path, model):
    (tmp_path / "bad.mp4").write_text("this is no video")
    library = Library.create(tmp_path, model)
    library.update(recogniser="none")
    for mode in MODES:
        assert library.search("a bell", mode=mode).hits == []


def test_chorus_finds_the_same_clips_as_an_exhaustive_comparison(tmp_path):
    model = tiny_model(tmp_path / "model", "chorus")
    film(tmp_path / "films" / "bell.mkv", 4, seed=1)
    say(tmp_path / "films" / "bell.srt", "the doctor lost", "a yellow bicycle")
    film(tmp_path / "films" / "silent.mkv", 4, seed=2, sound=False)
    library = Library.create(tmp_path / "films", model, seconds=2)
    library.update(recogniser="none")
    assert_same_as_exhaustive_comparison(library, model)
    hits = {hit.path.name: hit for hit in library.search("the doctor lost a bicycle").hits}
    assert hits["bell.mkv"].said == 1 and hits["silent.mkv"].heard == hits["silent.mkv"].said == 0


@pytest.mark.parametrize("method", ["clip4clip", "avigate"])
def test_methods_without_a_speech_branch_match_transcripts(tmp_path, method):
    model = tiny_model(tmp_path / "model", method)
    film(tmp_path / "films" / "bell.mkv", 2)
    say(tmp_path / "films" / "bell.srt", "the doctor lost a yellow bicycle")
    library = Library.create(tmp_path / "films", model)
    library.update(recogniser="none")
    hit = library.search("the doctor lost a bicycle").hits[0]
    assert (hit.words, hit.match) == (1, "strong")
    assert set(hit.gates) == ({"audio"} if method == "avigate" else set())
    assert hit.heard == 0 or method == "avigate"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": 0}, "cannot return 0 results"),
        ({"limit": -1}, "cannot return -1 results"),
        ({"limit": 2.5}, "cannot return 2.5 results"),
        ({"limit": "ten"}, "cannot return 'ten' results"),
        ({"min_confidence": 5}, "no result has a confidence of 5"),
        ({"min_confidence": -0.1}, "no result has a confidence of -0.1"),
        ({"min_confidence": float("nan")}, "no result has a confidence of nan"),
        ({"min_confidence": "high"}, "no result has a confidence of 'high'"),
        ({"filters": Filters(min_seconds=float("nan"))}, "no video is nan s long"),
        ({"filters": Filters(max_seconds=-1)}, "no video is -1 s long"),
    ],
)
def test_what_limits_nothing_is_refused(library, options, message):
    with pytest.raises(HearsightError, match=message):
        library.search("a bell rings", **options)


@pytest.mark.parametrize("limit", [0, -1, None])
def test_searches_by_example_have_a_limit_too(library, tmp_path, limit):
    with pytest.raises(HearsightError, match=f"cannot return {limit} results"):
        library.similar(library.search("a bell rings").hits[0], limit=limit)
    with pytest.raises(HearsightError, match=f"cannot return {limit} results"):
        library.search_by_example(tmp_path / "no.png", limit=limit)


def test_numbers_of_numpy_are_numbers(library):
    assert len(library.search("a bell rings", limit=np.int64(2), min_confidence=np.float32(0)).hits) == 2
