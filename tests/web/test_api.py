"""The HTTP API, as it answers over a really indexed folder."""

import csv
import io
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from hearsight.cli.main import main
from hearsight.library import Library
from tests.library.conftest import film, say
from tests.media_files import beep, make_media
from tests.web.conftest import CUT, HOSTILE, MARKUP, SCRIPT, TOKEN, eventually

HIT = {
    "rank", "score", "similarity", "library", "clip", "path", "video", "start", "end", "moment",
    "seen", "heard", "said", "read", "words", "gates", "line", "spans", "text", "text_spans", "audio_track", "more",
    "confidence", "match", "evidence",
}  # fmt: skip


def hits(api, **parameters) -> list[dict]:
    answer = api.get("search", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()["hits"]


def of(clips, path: str, *rest: str) -> str:
    return "/".join(["libraries/holiday/clips", clips[path], *rest])


# The server


def test_status(api, web_model):
    assert api.get("status").json() == {
        "version": "0.1.0", "ready": True, "model": str(web_model), "libraries": ["holiday", "copies"],
    }  # fmt: skip


def test_models(api, capsys):
    assert main(["models", "--json"]) == 0
    assert api.get("models").json() == json.loads(capsys.readouterr().out)


def test_the_page_and_its_files(server):
    with server.client() as client:
        page = client.get(server.url)
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert client.head(server.url).status_code == 200
        style = client.get(f"{server.url}page/style.css")
        assert style.status_code == 200 and style.headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("path", ["nothing", "status/", "libraries/", "search/nothing", "docs", "../../etc/passwd"])
def test_unknown_routes(api, path):
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("no route for GET /")


def test_wrong_methods(api):
    for method, path in [("POST", "search"), ("DELETE", "libraries/holiday"), ("PUT", "status"), ("OPTIONS", "search")]:
        answer = api.request(method, path)
        assert answer.status_code == 405 and answer.headers["allow"]
        assert answer.json()["detail"].startswith(f"no route for {method} /api/v1/{path};")
        assert not any(name.startswith("access-control") for name in answer.headers)


# Searching


def test_search_returns_what_the_command_line_prints(api, holiday, capsys):
    answer = api.get("search", params={"q": "a yellow bicycle", "limit": 3, "library": "holiday"}).json()
    assert main(["search", "a yellow bicycle", "--in", str(holiday), "--limit", "3", "--json"]) == 0
    message = json.loads(capsys.readouterr().out)
    expected_fields = {"query", "mode", "hits", "clips", "videos", "total_clips", "suggestions", "matches", "notes"}
    assert set(answer) == set(message) >= {*expected_fields, "matched"}
    assert (answer["query"], answer["mode"], answer["total_clips"]) == ("a yellow bicycle", "hybrid", 15)
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3] and set(answer["hits"][0]) == HIT
    typed = message["hits"] if isinstance(message, dict) else message
    for actual, expected in zip(answer["hits"], typed, strict=True):
        assert {name: value for name, value in actual.items() if not isinstance(value, float | dict)} == {
            name: value for name, value in expected.items() if not isinstance(value, float | dict)
        }
        assert actual["score"] == pytest.approx(expected["score"], rel=1e-4)
    best = answer["hits"][0]
    assert (best["path"], best["start"], best["end"]) == ("bell.mkv", 2.0, 4.0)
    assert (best["line"], best["spans"]) == ("a yellow bicycle", [[2, 8], [9, 16]])
    assert Path(best["video"]) == holiday / "bell.mkv"


def test_matches_are_told_and_weak_ones_can_be_left_out(api):
    parameters = {"q": "a yellow bicycle", "limit": 100, "library": "holiday"}
    full = api.get("search", params=parameters).json()
    assert all(0 <= hit["confidence"] <= 1 and hit["match"] in ("strong", "likely", "weak") for hit in full["hits"])
    matching = {hit["path"] for hit in full["hits"] if hit["match"] != "weak"}
    assert "bell.mkv" in matching and full["matched"] and full["matches"] == len(matching)
    said = [one for one in full["hits"][0]["evidence"] if one["expert"] == "words"]
    assert [(one["sense"], one["moment"], one["line"]) for one in said] == [("said", 2.0, "a yellow bicycle")]
    assert api.get("search", params={**parameters, "limit": 1}).json()["matches"] == full["matches"]
    sure = hits(api, **parameters, min_confidence=0.9)
    assert [hit["clip"] for hit in sure] == [hit["clip"] for hit in full["hits"] if hit["confidence"] >= 0.9]
    assert len(hits(api, **parameters, min_confidence=0)) == len(full["hits"]) == 10


def test_a_sound_that_subtitles_describe_is_evidence_of_what_is_heard(open_server, loaded, tmp_path):
    film(tmp_path / "garden" / "garden.mkv", 4, seed=1)
    say(tmp_path / "garden" / "garden.srt", "come in", "[dog barking]")
    Library.create(tmp_path / "garden", loaded, seconds=2).update(recogniser="none")
    with open_server(tmp_path / "garden") as server, server.client() as client:
        best = client.get("search", params={"q": "heard: a dog barks"}).json()["hits"][0]
        words = [one for one in best["evidence"] if one["expert"] == "words"]
        assert (best["start"], best["heard"], best["line"], best["spans"]) == (2, 1, "[dog barking]", [[1, 4], [5, 12]])
        assert [(one["sense"], one["moment"], one["line"]) for one in words] == [("heard", 2, "[dog barking]")]
        transcript = f"libraries/garden/clips/{best['clip']}/transcript"
        lines = client.get(transcript, params={"q": "heard: dog"}).json()["lines"]
        assert [line["spans"] for line in lines if line["text"] == "[dog barking]"] == [[[1, 4]]]


def test_modes(api):
    assert [hit["path"] for hit in hits(api, q="bicycle", mode="speech", library="holiday")] == ["bell.mkv"]
    dense = hits(api, q="bicycle", mode="dense", library="holiday", limit=100)
    assert len(dense) == 10 and all(hit["words"] == 0 for hit in dense)
    assert [hit["score"] for hit in dense] == sorted((hit["similarity"] for hit in dense), reverse=True)


def test_several_libraries_are_searched_as_one(api):
    both = hits(api, q="yellow bicycle", mode="speech")
    assert {(hit["library"], hit["path"]) for hit in both} == {("holiday", "bell.mkv"), ("copies", "bell.mkv")}
    assert both[0]["clip"] == both[1]["clip"] and both[0]["video"] != both[1]["video"]
    assert {hit["library"] for hit in hits(api, q="bicycle", library="copies")} == {"copies"}
    for library in ("holiday", "copies"):
        message = api.get(f"libraries/{library}/clips/{both[0]['clip']}").json()
        assert message["library"] == library and Path(message["video"]).parent.name == library


@pytest.mark.parametrize(
    ("filters", "paths"),
    [
        ({"path": "trip/*"}, {"trip/sea.mkv", "trip/silent.mkv"}),
        ({"path": "SEA"}, {"trip/sea.mkv"}),
        ({"path": "*"}, None),
        ({"path": "*.wav"}, {"beep.wav"}),
        ({"path": "' OR 1=1 --"}, set()),
        ({"path": "["}, set()),
        ({"min_seconds": 5}, {"trip/sea.mkv"}),
        ({"min_seconds": 2.5, "max_seconds": 4.5}, {"bell.mkv", "beep.wav", "trip/silent.mkv"}),
        ({"has_speech": True}, {"bell.mkv", MARKUP}),
        ({"has_sound": False}, {"trip/silent.mkv"}),
        ({"has_sound": True, "path": "trip"}, {"trip/sea.mkv"}),
    ],
)
def test_filters(api, clips, filters, paths):
    results = hits(api, **{"q": "a bell rings", "limit": 100, "library": "holiday", "mode": "dense", **filters})
    assert {hit["path"] for hit in results} == (set(clips) if paths is None else paths)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": " \n"}, "query"),
        ({"q": "a" * 2001}, "q"),
        ({"q": "a", "limit": 0}, "limit"),
        ({"q": "a", "limit": 101}, "limit"),
        ({"q": "a", "mode": "best"}, "mode"),
        ({"q": "a", "min_seconds": -1}, "min_seconds"),
        ({"q": "a", "max_seconds": "nan"}, "max_seconds"),
        ({"q": "a", "max_seconds": "inf"}, "max_seconds"),
        ({"q": "a", "has_speech": "perhaps"}, "has_speech"),
        ({"q": "a", "min_confidence": 1.01}, "min_confidence"),
        ({"q": "a", "min_confidence": -0.1}, "min_confidence"),
        ({"q": "a", "min_confidence": "nan"}, "min_confidence"),
        ({"q": "a", "min_confidence": "high"}, "min_confidence"),
        ({"q": "?!\x00"}, "query"),
    ],
)
def test_invalid_parameters(api, parameters, message):
    answer = api.get("search", params=parameters)
    assert answer.status_code == 422 and message in answer.json()["detail"] and "\n" not in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "route", "parameters", "message"),
    [
        ("GET", "search", {"q": "a", "limt": 5}, "no parameter 'limt' (did you mean 'limit'?)"),
        ("GET", "search", {"q": "a", "min-confidence": 0.5}, "(did you mean 'min_confidence'?)"),
        ("GET", "search", {"query": "a"}, "no parameter 'query'; it has q, "),
        ("GET", "search", {"q": "a", "": "b"}, "no parameter ''"),
        ("GET", "search/export", {"q": "a", "fromat": "csv"}, "(did you mean 'format'?)"),
        ("POST", "search/example", {"q": "a"}, "no parameter 'q'"),
        ("GET", "status", {"limit": 1}, "no parameter 'limit'; it has none"),
        ("GET", "libraries/holiday", {"library": "x"}, "no parameter 'library'"),
        ("DELETE", "libraries/holiday/update", {"force": 1}, "no parameter 'force'"),
    ],
)
def test_a_parameter_that_a_route_does_not_have_is_refused(api, method, route, parameters, message):
    answer = api.request(method, route, params=parameters)
    assert answer.status_code == 422 and message in answer.json()["detail"] and "\n" not in answer.json()["detail"]


def test_a_body_that_is_not_json(api):
    answer = api.post("session", content='{"token": ', headers={"content-type": "application/json"})
    assert answer.status_code == 422 and answer.json() == {"detail": "body: JSON decode error"}


def test_unknown_libraries(api, clips):
    clip = clips["bell.mkv"]
    for path in (
        "search?q=a&library=x",
        "search/export?q=a&format=csv&library=x",
        "libraries/x",
        "libraries/x/failures",
        "libraries/x/update",
        f"libraries/x/clips/{clip}",
        f"libraries/x/clips/{clip}/media",
    ):
        answer = api.get(path)
        assert answer.status_code == 404
        assert answer.json() == {"detail": "no library 'x' on this server; it has holiday, copies"}


def test_a_library_that_cannot_be_read_now(tmp_path, holiday, open_server):
    """It is no fault of who asks, and may be over soon, as while it is made anew."""
    shutil.copytree(holiday, tmp_path / "holiday")
    with open_server(tmp_path / "holiday") as server, server.client() as client:
        clip = hits(client, q="a", path="trip/sea.mkv")[0]["clip"]
        (server.folder / ".hearsight").rename(tmp_path / "away")
        for path in ("libraries", "libraries/holiday/failures", "search?q=a", f"libraries/holiday/clips/{clip}/media"):
            assert eventually(lambda path=path: client.get(path).status_code == 503)
            answer = client.get(path)
            assert answer.headers["retry-after"] and "damaged, or being rebuilt" in answer.json()["detail"]
        (tmp_path / "away").rename(server.folder / ".hearsight")
        assert eventually(lambda: client.get("search?q=a").status_code == 200)


def test_suggested_queries_have_answers(api):
    examples = api.get("examples").json()
    assert 0 < len(examples) <= 6
    assert all(example["kind"] in ("meaning", "said") and hits(api, q=example["text"]) for example in examples)


def test_an_export_has_no_weak_matches_unless_they_are_asked_for(api, clips):
    parameters = {"q": "a yellow bicycle", "limit": 100, "library": "holiday", "format": "json"}

    def exported(**options) -> list[dict]:
        return api.get("search/export", params={**parameters, **options}).json()["hits"]

    every_hit = hits(api, q="a yellow bicycle", limit=100, library="holiday")
    matching = [hit["clip"] for hit in every_hit if hit["match"] != "weak"]
    assert 0 < len(matching) < len(every_hit) and [hit["clip"] for hit in exported()] == matching
    assert {hit["path"] for hit in exported(min_confidence=0)} == set(clips)
    assert [hit["path"] for hit in exported(min_confidence=0.9, path="bell")] == ["bell.mkv"]
    weak = next(hit["path"] for hit in every_hit if hit["match"] == "weak")
    nothing = api.get("search/export", params={**parameters, "path": weak, "format": "csv"})
    assert nothing.status_code == 200 and len(nothing.text.splitlines()) == 1


def test_export(api, clips):
    parameters = {"q": "a bell rings", "limit": 100, "library": "holiday", "min_confidence": 0}

    def export(kind: str, content_type: str) -> str:
        answer = api.get("search/export", params={**parameters, "format": kind})
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(content_type)
        assert answer.headers["content-disposition"] == f'attachment; filename="hearsight.{kind}"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        return answer.text

    results = json.loads(export("json", "application/json"))
    assert {hit["path"] for hit in results["hits"]} == set(clips) and set(results["hits"][0]) == HIT
    table = list(csv.DictReader(io.StringIO(export("csv", "text/csv"), newline="")))
    assert len(table) == 10 and not any(row["path"].startswith("=") for row in table)
    assert export("edl", "text/plain").startswith("TITLE:")
    assert ElementTree.fromstring(export("fcpxml", "application/xml")).tag == "fcpxml"
    assert api.get("search/export", params={**parameters, "format": "exe"}).status_code == 422


# By example


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    Image.new("RGB", (64, 48), "red").save(folder / "red.png")
    make_media(folder / "beep.wav", sounds=[beep(2)])
    film(folder / "film.mkv", 2, seed=1)
    return folder


@pytest.mark.parametrize("name", ["red.png", "beep.wav", "film.mkv"])
def test_search_by_example(api, pictures, name):
    answer = api.post("search/example", params={"limit": 2}, content=(pictures / name).read_bytes())
    assert answer.status_code == 200, answer.text
    assert answer.json()["query"] == "" and len(answer.json()["hits"]) == 2


def test_an_example_in_one_library(api, pictures):
    content = (pictures / "film.mkv").read_bytes()
    results = api.post("search/example", params={"library": "holiday", "path": "trip"}, content=content).json()["hits"]
    assert {hit["path"] for hit in results} == {"trip/sea.mkv", "trip/silent.mkv"}
    assert api.post("search/example", params={"library": "x"}, content=content).status_code == 404


def test_filters_without_matches(api, clips, pictures):
    content = (pictures / "red.png").read_bytes()
    parameters = {"path": "nothing"}
    for answer in (
        api.get("search", params={"q": "a bell", **parameters}),
        api.get(of(clips, "bell.mkv", "similar"), params=parameters),
        api.post("search/example", params=parameters, content=content),
    ):
        assert answer.status_code == 200, answer.text
        assert (answer.json()["hits"], answer.json()["clips"], answer.json()["total_clips"]) == ([], 0, 17)


# Clips


def test_a_clip(api, clips, holiday):
    assert api.get(of(clips, "bell.mkv")).json() == {
        "library": "holiday", "clip": clips["bell.mkv"], "path": "bell.mkv", "video": str(holiday / "bell.mkv"),
        "start": 0.0, "end": 2.0, "duration": 4.0, "has_speech": True, "has_sound": True, "has_picture": True,
        "gates": api.get(of(clips, "bell.mkv", "moments"), params={"q": "a"}).json()[0]["gates"],
        "language": "en", "transcript_source": "subtitles", "media_type": "video/webm",
    }  # fmt: skip
    assert not api.get(of(clips, "beep.wav")).json()["has_picture"]
    for path in ("", "/thumbnail", "/transcript", "/moments?q=a", "/similar", "/media"):
        for clip in ("0" * 16 + "-000000000", clips["bell.mkv"][:-1] + "1", "x", "bell.mkv"):
            if path == "/media" and clip.startswith(clips["bell.mkv"][:16]):
                continue  # it is the file that is served, of which this would be a clip
            answer = api.get(f"libraries/holiday/clips/{clip}{path}")
            assert answer.status_code == 404 and answer.json()["detail"].startswith(f"no clip '{clip}'"), path


def test_thumbnails(api, clips):
    answer = api.get(of(clips, "bell.mkv", "thumbnail"))
    assert answer.headers["content-type"] == "image/jpeg" and answer.headers["cache-control"].startswith("private")
    assert Image.open(io.BytesIO(answer.content)).format == "JPEG"
    assert api.get(of(clips, "beep.wav", "thumbnail")).status_code == 404


def test_transcripts(api, clips):
    message = api.get(of(clips, "bell.mkv", "transcript"), params={"q": "bicycles"}).json()
    assert message == {
        "source": "subtitles",
        "language": "en",
        "lines": [
            {"start": 0.0, "end": 2.0, "text": "the doctor lost", "spans": []},
            {"start": 2.0, "end": 4.0, "text": "a yellow bicycle", "spans": [[9, 16]]},
        ],
    }
    for q in (None, "", " "):
        lines = api.get(of(clips, "bell.mkv", "transcript"), params={"q": q} if q is not None else {}).json()["lines"]
        assert [line["spans"] for line in lines] == [[], []]
    silent = api.get(of(clips, "trip/sea.mkv", "transcript")).json()
    assert silent == {"source": "none", "language": None, "lines": []}  # it was indexed without a recogniser


@pytest.mark.parametrize("mode", ["hybrid", "dense", "speech"])
def test_moments_are_in_order_of_time(api, clips, mode):
    results = api.get(of(clips, "trip/sea.mkv", "moments"), params={"q": "the doctor", "mode": mode}).json()
    assert [hit["start"] for hit in results] == [0.0, 2.0, 4.0]
    assert sorted(hit["rank"] for hit in results) == [1, 2, 3]
    best = min(results, key=lambda hit: hit["rank"])
    assert best["score"] == max(hit["score"] for hit in results)


def test_similar_moments(api, clips):
    results = api.get(of(clips, "trip/sea.mkv", "similar"), params={"limit": 100}).json()
    assert results["query"] == ""
    assert {hit["path"] for hit in results["hits"]} == set(clips) - {"trip/sea.mkv"}
    assert {hit["library"] for hit in results["hits"]} == {"holiday", "copies"}
    scores = [hit["score"] for hit in results["hits"]]
    assert scores == sorted(scores, reverse=True)
    filtered = api.get(of(clips, "trip/sea.mkv", "similar"), params={"has_sound": False}).json()["hits"]
    assert [hit["path"] for hit in filtered] == ["trip/silent.mkv"]


def test_similar_by_one_sense(api, clips, pictures):
    answer = api.get(of(clips, "trip/sea.mkv", "similar"), params={"by": "heard"}).json()
    assert answer["senses"] == ["seen", "heard"]
    assert {hit["evidence"][0]["sense"] for hit in answer["hits"]} == {"heard"}
    assert all(hit["evidence"][0]["confidence"] is None for hit in answer["hits"])
    refused = api.get(of(clips, "trip/silent.mkv", "similar"), params={"by": "heard"})
    assert refused.status_code == 422 and "has no sound" in refused.json()["detail"]
    assert api.get(of(clips, "bell.mkv", "similar"), params={"by": "smelt"}).status_code == 422
    film, picture = ((pictures / name).read_bytes() for name in ("film.mkv", "red.png"))
    seen = api.post("search/example", params={"by": "seen"}, content=film).json()
    assert seen["senses"] == ["seen", "heard"] and seen["hits"][0]["evidence"][0]["sense"] == "seen"
    refused = api.post("search/example", params={"by": "heard"}, content=picture)
    assert refused.status_code == 422 and "the example has no sound" in refused.json()["detail"]


@pytest.mark.parametrize("name", ["bell.mkv", "beep.wav", "trip/sea.mkv", *HOSTILE])
def test_whole_media_files(api, clips, holiday, name):
    answer = api.get(of(clips, name, "media"))
    assert answer.status_code == 200 and answer.content == (holiday / name).read_bytes()
    assert answer.headers["content-type"] == ("audio/wav" if name == "beep.wav" else "video/webm")
    assert answer.headers["accept-ranges"] == "bytes" and "set-cookie" not in answer.headers
    assert answer.headers["content-disposition"].startswith("inline; filename*=utf-8''")
    assert api.head(of(clips, name, "media")).headers["content-length"] == answer.headers["content-length"]


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-99", slice(10, 100)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-7", slice(-7, None)),
        ("Bytes=5-99999999999999999999999", slice(5, None)),
        ("bytes=-99999999999999999999999", slice(0, None)),
    ],
)
def test_ranges_of_media_files(api, clips, holiday, parameters, part):
    full = (holiday / "bell.mkv").read_bytes()
    answer = api.get(of(clips, "bell.mkv", "media"), headers={"range": parameters})
    assert answer.status_code == 206 and answer.content == full[part]
    first, last, _ = part.indices(len(full))
    assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(full)}"
    head = api.head(of(clips, "bell.mkv", "media"), headers={"range": parameters})
    assert head.status_code == 206 and head.content == b"" and head.headers["content-length"] == str(last - first)


def test_conditional_ranges(api, clips):
    url = of(clips, "bell.mkv", "media")
    seen = api.head(url).headers
    for name in ("etag", "last-modified"):
        assert api.get(url, headers={"range": "bytes=0-9", "if-range": seen[name]}).status_code == 206
    for other in ('"other"', f"W/{seen['etag']}", "Sat, 21 Nov 2015 10:00:00 GMT"):
        assert api.get(url, headers={"range": "bytes=0-9", "if-range": other}).status_code == 200


def test_unchanged_media_is_not_sent_again(api, clips):
    url = of(clips, "bell.mkv", "media")
    tag = api.head(url).headers["etag"]
    for headers in ({}, {"range": "bytes=0-9"}):
        answer = api.get(url, headers={"if-none-match": tag, **headers})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert api.get(url, headers={"if-none-match": '"other"'}).status_code == 200


# Libraries


def test_libraries(api, holiday):
    both = api.get("libraries").json()
    assert [library["name"] for library in both] == ["holiday", "copies"]
    assert api.get("libraries/holiday").json() == both[0]
    info = both[0]["info"]
    assert (info["folder"], info["videos"], info["clips"], info["failures"]) == (str(holiday), 10, 15, 1)
    assert both[0]["folders"] == ["trip"] and both[0]["update"]["state"] == "idle"
    assert both[0]["update"] == api.get("libraries/holiday/update").json()


def test_failures(api):
    [failure] = api.get("libraries/holiday/failures").json()
    assert failure["path"] == "broken <b>.mp4" and failure["reason"].startswith("damaged") and failure["when"]
    assert api.get("libraries/copies/failures").json() == []


def test_updates(tmp_path, web_model, open_server):
    folder = tmp_path / "films"
    film(folder / "a.mkv", 2)
    assert main(["index", str(folder), "--model", str(web_model), *CUT, "-q"]) == 0
    film(folder / "b.mkv", 2, seed=1)
    with open_server(folder) as server, server.client() as api:
        update = "libraries/films/update"
        idle = api.get(f"{update}/events")
        assert idle.headers["content-type"].startswith("text/event-stream") and idle.text.count("data: ") == 1
        assert api.delete(update).status_code == 202  # none runs: nothing to stop
        begun = api.post(update)
        assert begun.status_code == 202 and begun.json()["state"] == "running"
        again = api.post(update)
        assert again.status_code == 409 and "already" in again.json()["detail"]
        with api.stream("GET", f"{update}/events") as events:
            states = [json.loads(line[6:]) for line in events.iter_lines() if line]
        assert states[0]["state"] == "running" and states[-1]["state"] == "done", states[-1]
        assert states[-1]["report"]["added"] == 1 and states[-1] == api.get(update).json()
        assert {hit["path"] for hit in hits(api, q="a bell")} == {"a.mkv", "b.mkv"}
        assert api.post(update).status_code == 202
        assert api.delete(update).json()["state"] == "stopping"
        assert api.get(f"{update}/events").text.rpartition("data: ")[2].startswith('{"state": "stopped"')


# Signing in


def test_signing_in_and_out(token_server):
    with token_server.client() as api:
        assert api.get("status").status_code == 401
        assert api.get("status", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert api.post("session", json={"token": "b-token-of-many-letters"}).status_code == 401
        assert "set-cookie" not in api.post("session", json={"token": ""}).headers
        signed_in = api.post("session", json={"token": TOKEN})
        assert signed_in.status_code == 204 and TOKEN not in signed_in.headers["set-cookie"]
        assert api.get("status").status_code == 200
        assert api.delete("session").status_code == 204
        assert api.get("status").status_code == 401


def test_signing_in_without_a_token_sets_no_cookie(api):
    answer = api.post("session", json={"token": "x"})
    assert answer.status_code == 204 and "set-cookie" not in answer.headers


def test_transcripts_are_json(api, clips):
    answer = api.get(of(clips, MARKUP, "transcript"))
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["lines"][0]["text"] == SCRIPT
