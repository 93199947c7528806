"""The Python client, against a real server, and against ones that are busy, strange or broken."""

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
    """A server that gives these answers, the last one for ever. Its requests: [(method, path)]."""
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


def test_it_is_light_to_import():
    code = f"import sys, hearsight.client; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_server_and_its_libraries(client, holiday, web_model):
    status = client.status()
    assert (status.version, status.model) == (hearsight.__version__, str(web_model))
    assert status.libraries == [LIBRARY, "copies"]
    assert "demo" in [model.name for model in client.models() if model.here]
    library = client.library(LIBRARY)
    assert client.libraries()[0].info == library.info == Library.open(holiday).info()
    assert (library.folders, library.info.folder) == (["trip"], holiday)
    [failure] = client.failures(LIBRARY)
    assert failure.path == "broken <b>.mp4" and failure.reason.startswith("damaged")
    examples = client.examples()
    assert examples and all(isinstance(example, Suggestion) for example in examples)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "speech"])
def test_a_search_is_that_of_the_library(client, holiday, web_model, mode):
    found = client.search(QUERY, mode, limit=5, library=LIBRARY)
    expected = Library.open(holiday).search(QUERY, mode, 5)
    assert [(hit.clip, hit.path, hit.video, hit.moment, hit.line, hit.spans) for hit in found.hits] == [
        (hit.clip, hit.path, hit.video, hit.moment, hit.line, hit.spans) for hit in expected.hits
    ]
    assert [hit.score for hit in found.hits] == pytest.approx([hit.score for hit in expected.hits], rel=1e-3)
    assert (found.query, found.mode, found.clips) == (QUERY, mode, expected.clips)
    assert {hit.library for hit in found.hits} == {LIBRARY}


def test_what_may_be_found_is_chosen(client):
    def paths(limit: int = 100, **filters) -> set[str]:
        found = client.search(QUERY, "dense", limit, Filters(**filters), LIBRARY)
        return {str(hit.path) for hit in found.hits}

    assert {*HOSTILE, "bell.mkv", "trip/sea.mkv"} < paths()
    assert paths(path="TRIP/*") == {"trip/sea.mkv", "trip/silent.mkv"}
    assert paths(has_sound=False) == {"trip/silent.mkv"}
    assert paths(has_speech=True, has_sound=True, min_seconds=3.5) == {"bell.mkv"}
    assert paths(path=".wav", max_seconds=3.5) == {"beep.wav"}
    assert len(paths(limit=1)) == 1


def test_a_clip_and_what_is_beside_it(client, holiday, tmp_path):
    [hit] = client.search(QUERY, "speech", library=LIBRARY).hits
    place = (hit.library, hit.clip)
    clip = client.clip(*place)
    assert (clip.path, clip.video) == (Path("bell.mkv"), holiday / "bell.mkv")
    assert (clip.start, clip.end, clip.has_picture, clip.media_type) == (0.0, 2.0, True, "video/webm")
    transcript = client.transcript(*place, QUERY)
    assert (transcript.source, transcript.lines[0].text) == (clip.transcript_source, QUERY)
    assert transcript.lines[0].spans == [(4, 10), (11, 15)]
    assert client.transcript(*place).lines[0].spans == []
    moments = client.moments(*place, QUERY)
    assert [moment.start for moment in moments] == [0.0, 2.0] and moments[0].rank == 1
    similar = client.similar(*place, limit=1, filters=Filters(has_sound=False))
    assert (similar.query, [str(hit.path) for hit in similar.hits]) == ("", ["trip/silent.mkv"])
    assert client.thumbnail(*place).startswith(b"\xff\xd8")
    copied = client.download(*place, tmp_path / "copy.mkv")
    assert copied.read_bytes() == clip.video.read_bytes()
    assert list(tmp_path.iterdir()) == [copied]
    assert client.search_by_example(copied, filters=Filters(path="bell"), library=LIBRARY).hits[0].path == clip.path


def test_what_is_found_as_files(client):
    assert json.loads(client.export(QUERY, "json", limit=1))["hits"][0]["library"] in (LIBRARY, "copies")
    assert client.export(QUERY, "csv", limit=1).count(b"\r\n") == 2
    assert client.export(QUERY, "edl", "speech").startswith(b"TITLE: the doctor lost")
    assert b"<fcpxml" in client.export(QUERY, "fcpxml", filters=Filters(path="trip/*"))


def test_an_update_is_started_stopped_and_followed(client):
    assert client.update(LIBRARY).state == "running"
    with pytest.raises(HearsightError, match="is being updated already; wait for it, or stop it"):
        client.update(LIBRARY)
    assert client.stop_update(LIBRARY).state == "stopping"
    assert [state.state for state in client.follow_update(LIBRARY)][-1] == "stopped"
    client.update(LIBRARY)
    *running, done = client.follow_update(LIBRARY)
    assert {state.state for state in running} == {"running"} and not any(state.is_over for state in running)
    assert done.is_over and done.state == "done" and done.report["unchanged"] == client.library(LIBRARY).info.videos
    assert client.library(LIBRARY).update == done
    assert list(client.follow_update(LIBRARY)) == [done]


def test_refusals_are_told_in_the_words_of_the_server(client, tmp_path):
    there = f"it has {LIBRARY}, copies"
    for ask, told in [
        (lambda: client.library("elsewhere"), f"no library 'elsewhere' on this server; {there}"),
        (lambda: client.search(QUERY, library="a/../b"), f"no library 'a/../b' on this server; {there}"),
        (lambda: client.clip(LIBRARY, "sea"), "no clip 'sea'; it may have been removed from the library, search again"),
        (lambda: client.search(QUERY, limit=101), "limit: Input should be less than or equal to 100"),
    ]:
        with pytest.raises(HearsightError) as refused:
            ask()
        assert str(refused.value) == told
    [sound] = client.search(QUERY, filters=Filters(path="beep.wav")).hits
    assert not client.clip(LIBRARY, sound.clip).has_picture
    with pytest.raises(HearsightError):
        client.thumbnail(LIBRARY, sound.clip)
    with pytest.raises(HearsightError, match="no clip"):
        client.download(LIBRARY, "0123456789abcdef-000000000", tmp_path / "no.mkv")
    assert not list(tmp_path.iterdir())


def test_an_example_that_is_none(client, tmp_path):
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


def test_a_token_is_given(token_server):
    with Client(token_server.url, TOKEN) as client:
        assert client.status().libraries == [LIBRARY]
    for wrong in (None, "", "wrong", "würde"):
        with (
            Client(token_server.url, wrong) as client,
            pytest.raises(HearsightError, match="token is missing or wrong"),
        ):
            client.status()


def test_names_are_only_names(stub):
    address, requests = stub(fine([]))
    Client(address).failures("Holiday & 50%25 sun/ü?")
    assert requests == [("GET", "/api/v1/libraries/Holiday%20%26%2050%2525%20sun%2F%C3%BC%3F/failures")]


def test_who_is_busy_is_asked_again(stub, tmp_path):
    address, requests = stub(busy("0"), busy("0.01"), busy("at noon"), fine(STATUS))
    assert Client(address).status().version == "9.0"
    assert requests == [("GET", "/api/v1/status")] * 4


def test_who_stays_busy_is_left_alone(stub, tmp_path):
    address, requests = stub(busy("0"))
    example = tmp_path / "example.png"
    example.write_bytes(b"picture")
    with pytest.raises(HearsightError, match=r"^too many searches at once; try again in a moment$"):
        Client(address).search_by_example(example, limit=3)
    assert requests == [("POST", "/api/v1/search/example?limit=3")] * 4


def test_an_example_is_sent_whole_again(stub, tmp_path):
    address, requests = stub(busy("0"), fine({"query": "", "mode": "dense", "hits": [], "clips": 0, "videos": 0}))
    example = tmp_path / "example.png"
    example.write_bytes(bytes(1000))
    with pytest.raises(HearsightError, match="total_clips: Field required"):
        Client(address).search_by_example(example)
    assert len(requests) == 2


def test_what_a_later_server_adds_is_passed_over(stub):
    address, _ = stub(fine({**STATUS, "mood": "good"}))
    assert vars(Client(f"{address}/").status()) == STATUS


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((404, {}, b"<h1>Nothing here</h1>"), "it answers 404 Not Found; see whether that is `hearsight serve`"),
        ((502, {}, b'["bad gateway"]'), "it answers 502 Bad Gateway"),
        ((301, {"location": "/elsewhere"}, b""), "it answers 301 Moved Permanently"),
        (fine({**STATUS, "libraries": "holiday"}), r"\(libraries: .*`hearsight serve`, of no other version"),
        ((200, {}, b"<h1>Welcome</h1>"), r"\(all of it: Invalid JSON"),
        ((200, {"content-length": "1000"}, b"{}"), "the connection to http://127.0.0.1:"),
    ],
)
def test_strange_answers_are_told(stub, answer, told):
    address, _ = stub(answer)
    with pytest.raises(HearsightError, match=told):
        Client(address).status()


def test_half_a_film_is_no_film(stub, tmp_path):
    address, _ = stub((200, {"content-length": "100000"}, bytes(50_000)))
    film = tmp_path / "film.mp4"
    film.write_text("what was there before")
    with pytest.raises(HearsightError, match=f"the connection to {address} failed"):
        Client(address).download("holiday", "clip", film)
    assert film.read_text() == "what was there before" and list(tmp_path.iterdir()) == [film]
    with pytest.raises(HearsightError, match=r"cannot write .*; make room or get permission, or write elsewhere"):
        Client(address).download("holiday", "clip", tmp_path / "nowhere" / "film.mp4")


def test_a_server_that_ends_while_it_is_followed_is_told(stub):
    state = json.dumps({"state": "running", "done": 1})
    address, _ = stub((200, {"content-length": "1000"}, f": hello\r\n\r\ndata: {state}\n\n".encode()))
    followed = Client(address).follow_update("holiday")
    assert next(followed).done == 1
    with pytest.raises(HearsightError, match="see whether `hearsight serve` still runs there"):
        next(followed)


def test_nobody_there_is_told():
    with pytest.raises(HearsightError, match=r"no server answers at http://127.0.0.1:9 .*see whether"):
        Client("http://127.0.0.1:9").search(QUERY)
    with pytest.raises(HearsightError, match=r"'127\.0\.0\.1:8765': it is no address; give one such as http://"):
        Client("127.0.0.1:8765")
    with pytest.raises(HearsightError, match=r"cannot ask 'http://localhost:port': .*; give one such as http://"):
        Client("http://localhost:port")
