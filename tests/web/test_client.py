"""The Python client with a real server, and with servers that are busy, wrong or broken."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import hearsight
from hearsight.client import Client
from hearsight.errors import HearsightError
from hearsight.library import Filters, Library
from hearsight.library.results import Suggestion
from tests.web.conftest import HOSTILE, TOKEN

QUERY = "the doctor lost"
LIBRARY = "holiday"
HEAVY = ("torch", "transformers", "lancedb", "fastapi", "starlette", "uvicorn", "av", "numpy")
STATUS = {"version": "9.0", "ready": True, "model": "demo", "libraries": ["holiday"]}


@pytest.fixture(scope="module")
def client(server):
    with Client(server.url) as client:
        yield client


@pytest.fixture
def stub():
    """Start a server that sends these answers, the last one repeatedly. Its requests: [(method, path)]."""
    running = []

    def stub(*answers: "tuple[int, dict[str, str], bytes]") -> tuple[str, list[tuple[str, str]]]:
        requests: list[tuple[str, str]] = []

        class Answers(BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                requests.append((self.command, self.path))
                status, headers, body = answers[min(len(requests), len(answers)) - 1]
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}", requests

    yield stub
    for server in running:
        server.shutdown()
        server.server_close()


def busy(seconds: str) -> tuple[int, dict[str, str], bytes]:
    return 503, {"retry-after": seconds}, b'{"detail": "too many searches at once; try again in a moment"}'


def fine(value: object) -> tuple[int, dict[str, str], bytes]:
    return 200, {"content-type": "application/json"}, json.dumps(value).encode()


def test_the_import_is_light():
    code = f"import sys, hearsight.client; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_server_and_its_libraries(client, holiday, web_model):
    status = client.status()
    assert (status.version, status.model) == (hearsight.__version__, str(web_model))
    assert status.libraries == [LIBRARY, "copies"]
    assert "demo" in [model.name for model in client.models() if model.here]
    library = client.libraries()[0]
    assert client.info(LIBRARY) == library.info == Library.open(holiday).info()
    assert (library.folders, library.info.folder) == (["trip"], holiday)
    [failure] = client.failures(LIBRARY)
    assert failure.path == "broken <b>.mp4" and failure.reason.startswith("damaged")
    suggestions = client.suggestions()
    assert suggestions and all(isinstance(suggestion, Suggestion) for suggestion in suggestions)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "speech"])
def test_search_returns_what_the_library_returns(client, holiday, web_model, mode):
    result = client.search(QUERY, mode, limit=5, library=LIBRARY)
    expected = Library.open(holiday).search(QUERY, mode, 5)
    assert [(hit.clip, hit.path, hit.video, hit.moment, hit.line, hit.spans) for hit in result.hits] == [
        (hit.clip, hit.path, hit.video, hit.moment, hit.line, hit.spans) for hit in expected.hits
    ]
    assert [hit.score for hit in result.hits] == pytest.approx([hit.score for hit in expected.hits], rel=1e-3)
    for actual, wanted in zip(result.hits, expected.hits, strict=True):
        assert (actual.match, actual.confidence) == (wanted.match, pytest.approx(wanted.confidence, abs=1e-3))
        assert [one.line for one in actual.evidence] == [one.line for one in wanted.evidence]
    assert (result.query, result.mode, result.clips) == (QUERY, mode, expected.clips)
    assert (result.matched, result.matches, result.notes) == (expected.matched, expected.matches, expected.notes)
    sure = client.search(QUERY, mode, limit=5, library=LIBRARY, min_confidence=0.9)
    assert [hit.clip for hit in sure.hits] == [hit.clip for hit in result.hits if hit.confidence >= 0.9]
    assert {hit.library for hit in result.hits} == {LIBRARY}


def test_filters(client):
    def paths(limit: int = 100, **filters) -> set[str]:
        result = client.search(QUERY, "dense", limit, Filters(**filters), library=LIBRARY)
        return {str(hit.path) for hit in result.hits}

    assert {*HOSTILE, "bell.mkv", "trip/sea.mkv"} < paths()
    assert paths(path="TRIP/*") == {"trip/sea.mkv", "trip/silent.mkv"}
    assert paths(has_sound=False) == {"trip/silent.mkv"}
    assert paths(has_speech=True, has_sound=True, min_seconds=3.5) == {"bell.mkv"}
    assert paths(path=".wav", max_seconds=3.5) == {"beep.wav"}
    assert len(paths(limit=1)) == 1
    assert paths(after="2020", from_seconds=4) == {"trip/sea.mkv"} and paths(before="2020") == set()
    with pytest.raises(HearsightError, match="cannot read the date 'May'"):
        paths(after="May")


def test_all_moments_and_precise_questions(client):
    options = {"mode": "dense", "filters": Filters(path="bell"), "library": LIBRARY}
    assert len(client.search(QUERY, **options).hits) == 1
    assert len(client.search(QUERY, **options, all_moments=True).hits) == 2
    assert client.export(QUERY, "csv", **options, all_moments=True, min_confidence=0).count(b"bell.mkv") >= 4
    assert [hit.start for hit in client.search('a film "yellow bicycle"', library=LIBRARY).hits] == [2.0]
    assert client.search("docctor", library=LIBRARY).suggestions == ["doctor"]
    with pytest.raises(HearsightError, match="only says what to leave out"):
        client.search("-doctor")


def test_the_methods_of_a_clip(client, holiday, tmp_path):
    [hit] = client.search(QUERY, "speech", library=LIBRARY).hits
    clip = client.clip(hit)
    assert clip == client.clip(hit.clip, library=LIBRARY)
    assert (clip.path, clip.video) == (Path("bell.mkv"), holiday / "bell.mkv")
    assert (clip.start, clip.end, clip.has_picture, clip.media_type) == (0.0, 2.0, True, "video/webm")
    transcript = client.transcript(hit, QUERY)
    assert (transcript.source, transcript.lines[0].text) == (clip.transcript_source, QUERY)
    assert transcript.lines[0].spans == [(4, 10), (11, 15)]
    assert client.transcript(hit).lines[0].spans == []
    moments = client.moments(hit, QUERY)
    assert [moment.start for moment in moments] == [0.0, 2.0] and moments[0].rank == 1
    similar = client.similar(hit, limit=1, filters=Filters(has_sound=False))
    assert (similar.query, [str(hit.path) for hit in similar.hits]) == ("", ["trip/silent.mkv"])
    heard = client.similar(hit, limit=1, by="heard")
    assert heard.senses == ["seen", "heard", "said"] and heard.hits[0].evidence[0].sense == "heard"
    assert client.thumbnail(hit).startswith(b"\xff\xd8")
    copied = client.download(hit, tmp_path / "copy.mkv")
    assert copied.read_bytes() == clip.video.read_bytes()
    assert list(tmp_path.iterdir()) == [copied]
    assert client.search_by_example(copied, filters=Filters(path="bell"), library=LIBRARY).hits[0].path == clip.path
    assert client.search_by_example(copied, by="seen").hits[0].evidence[0].sense == "seen"


def test_a_server_with_one_library_needs_no_name(client, token_server):
    with pytest.raises(HearsightError, match="has several libraries; name one of them: holiday, copies"):
        client.info()
    with Client(token_server.url, TOKEN) as single:
        assert single.info() == client.info(LIBRARY)


def test_exports(client):
    assert json.loads(client.export(QUERY, "json", limit=1))["hits"][0]["library"] in (LIBRARY, "copies")
    assert client.export(QUERY, "csv", limit=1).count(b"\r\n") == 2
    weak = next(hit for hit in client.search(QUERY, limit=100).hits if hit.match == "weak")
    options = {"filters": Filters(path=str(weak.path)), "library": weak.library}
    assert client.export(QUERY, "csv", **options).count(b"\r\n") == 1
    assert client.export(QUERY, "csv", **options, min_confidence=0).count(b"\r\n") == 2
    assert client.export(QUERY, "edl", "speech").startswith(b"TITLE: the doctor lost")
    assert b"<fcpxml" in client.export(QUERY, "fcpxml", filters=Filters(path="trip/*"))


def test_updates(client):
    assert client.start_update(LIBRARY).state == "running"
    with pytest.raises(HearsightError, match="is being updated already; wait for it, or stop it"):
        client.update(LIBRARY)
    assert client.stop_update(LIBRARY).state == "stopping"
    assert [state.state for state in client.follow_update(LIBRARY)][-1] == "stopped"
    report = client.update(LIBRARY)
    assert report.unchanged == client.info(LIBRARY).videos and report.added == 0
    [done] = client.follow_update(LIBRARY)
    assert done.is_over and done.state == "done" and done.report["unchanged"] == report.unchanged
    assert client.libraries()[0].update == done


def test_refusals_have_the_message_of_the_server(client, tmp_path):
    names = f"it has {LIBRARY}, copies"
    for ask, message in [
        (lambda: client.info("elsewhere"), f"no library 'elsewhere' on this server; {names}"),
        (lambda: client.search(QUERY, library="a/../b"), f"no library 'a/../b' on this server; {names}"),
        (
            lambda: client.clip("sea", LIBRARY),
            "no clip 'sea' in the library; it may have been removed since, search again",
        ),
        (lambda: client.search(QUERY, limit=101), "limit: Input should be less than or equal to 100"),
        (
            lambda: client.similar("sea", limit=0, library=LIBRARY),
            "cannot return 0 results; give a limit that is a whole number from 1 on",
        ),
        (
            lambda: client.export(QUERY, "csv", min_confidence=float("nan")),
            "no result has a confidence of nan; give a number from 0 to 1",
        ),
    ]:
        with pytest.raises(HearsightError) as refused:
            ask()
        assert str(refused.value) == message
    [sound] = client.search(QUERY, filters=Filters(path="beep.wav")).hits
    assert not client.clip(sound).has_picture
    with pytest.raises(HearsightError):
        client.thumbnail(sound)
    with pytest.raises(HearsightError, match="no clip"):
        client.download("0123456789abcdef-000000000", tmp_path / "no.mkv", LIBRARY)
    assert not list(tmp_path.iterdir())


def test_examples_that_cannot_be_used(client, tmp_path):
    with pytest.raises(HearsightError, match=r"cannot read .*nothing\.png: No such file or directory; give a file"):
        client.search_by_example(tmp_path / "nothing.png")
    letter = tmp_path / "letter.txt"
    letter.write_text("dear all")
    with pytest.raises(HearsightError, match="cannot read the example"):
        client.search_by_example(letter)
    with letter.open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(HearsightError, match="the example is larger than 64 MB; send a part of it"):
        client.search_by_example(letter)


def test_the_token_is_sent(token_server):
    with Client(token_server.url, TOKEN) as client:
        assert client.status().libraries == [LIBRARY]
    for wrong in (None, "", "wrong", "würde"):
        with (
            Client(token_server.url, wrong) as client,
            pytest.raises(HearsightError, match="token is missing or wrong"),
        ):
            client.status()


def test_names_are_escaped(stub):
    address, requests = stub(fine([]))
    Client(address).failures("Holiday & 50%25 sun/ü?")
    assert requests == [("GET", "/api/v1/libraries/Holiday%20%26%2050%2525%20sun%2F%C3%BC%3F/failures")]


def test_a_busy_server_is_asked_again(stub, tmp_path):
    address, requests = stub(busy("0"), busy("0.01"), busy("at noon"), fine(STATUS))
    assert Client(address).status().version == "9.0"
    assert requests == [("GET", "/api/v1/status")] * 4


def test_requests_to_a_busy_server_end(stub, tmp_path):
    address, requests = stub(busy("0"))
    example = tmp_path / "example.png"
    example.write_bytes(b"picture")
    with pytest.raises(HearsightError, match=r"^too many searches at once; try again in a moment$"):
        Client(address).search_by_example(example, limit=3)
    assert requests == [("POST", "/api/v1/search/example?limit=3")] * 4


def test_an_example_is_sent_from_its_beginning_again(stub, tmp_path):
    address, requests = stub(busy("0"), fine({"query": "", "mode": "dense", "hits": [], "clips": 0, "videos": 0}))
    example = tmp_path / "example.png"
    example.write_bytes(bytes(1000))
    with pytest.raises(HearsightError, match="total_clips: Field required"):
        Client(address).search_by_example(example)
    assert len(requests) == 2


def test_unknown_fields_are_ignored(stub):
    address, _ = stub(fine({**STATUS, "mood": "good"}))
    assert vars(Client(f"{address}/").status()) == STATUS


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((404, {}, b"<h1>Nothing here</h1>"), "answers 404 Not Found; check that it is `hearsight serve`"),
        ((502, {}, b'["bad gateway"]'), "answers 502 Bad Gateway"),
        ((301, {"location": "/elsewhere"}, b""), "answers 301 Moved Permanently"),
        (fine({**STATUS, "libraries": "holiday"}), r"\(libraries: .*`hearsight serve` of the same version"),
        ((200, {}, b"<h1>Welcome</h1>"), r"\(the whole answer: Invalid JSON"),
        ((200, {"content-length": "1000"}, b"{}"), "the connection to http://127.0.0.1:"),
    ],
)
def test_answers_of_other_servers_are_errors(stub, answer, message):
    address, _ = stub(answer)
    with pytest.raises(HearsightError, match=message):
        Client(address).status()


def test_an_incomplete_download_is_not_kept(stub, tmp_path):
    address, _ = stub((200, {"content-length": "100000"}, bytes(50_000)))
    film = tmp_path / "film.mp4"
    film.write_text("what was there before")
    with pytest.raises(HearsightError, match=f"the connection to {address} failed"):
        Client(address).download("clip", film, "holiday")
    assert film.read_text() == "what was there before" and list(tmp_path.iterdir()) == [film]
    with pytest.raises(
        HearsightError, match=r"cannot write .*; free disk space, check the permissions, or choose another path"
    ):
        Client(address).download("clip", tmp_path / "nowhere" / "film.mp4", "holiday")


def test_a_server_that_ends_during_an_update_is_an_error(stub):
    state = json.dumps({"state": "running", "done": 1})
    address, _ = stub((200, {"content-length": "1000"}, f": hello\r\n\r\ndata: {state}\n\n".encode()))
    followed = Client(address).follow_update("holiday")
    assert next(followed).done == 1
    with pytest.raises(HearsightError, match="check that `hearsight serve` still runs there"):
        next(followed)


def test_addresses_without_a_server():
    with pytest.raises(HearsightError, match=r"no server answers at http://127.0.0.1:9 .*check that"):
        Client("http://127.0.0.1:9").search(QUERY)
    with pytest.raises(
        HearsightError, match=r"'127\.0\.0\.1:8765' is not the address of a server; give one such as http://"
    ):
        Client("127.0.0.1:8765")
    with pytest.raises(
        HearsightError, match=r"'http://localhost:port' is not the address of a server: .*; give one such as http://"
    ):
        Client("http://localhost:port")
