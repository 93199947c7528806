"""hearsight serve, as a person types it."""

import json
import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx2
import pytest

from hearsight.cli.main import main
from hearsight.library import Library
from hearsight.web import server
from hearsight.web.state import IndexedFolder
from tests.builders import tiny_model
from tests.web.conftest import Running, address, eventually, serve


@pytest.fixture
def refused(capsys):
    """What is told of a command line that serves nothing: one line."""

    def refused(*words) -> str:
        capsys.readouterr()
        assert main(["serve", *map(str, words)]) == 1
        message = capsys.readouterr().err
        assert message.startswith("error: ") and message.count("\n") == 1
        return message

    return refused


def test_a_folder_that_is_not_indexed(refused, tmp_path, monkeypatch):
    assert f"{tmp_path} is not indexed (nothing at {tmp_path}/.hearsight); run: hearsight index" in refused(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert "is not indexed, and no folder above it is" in refused()


def test_libraries_of_different_models(refused, holiday, tmp_path):
    model = tiny_model(tmp_path / "model", method="clip4clip", seed=1)
    (tmp_path / "films").mkdir()
    Library.create(tmp_path / "films", model, name=str(tmp_path / "model"))
    assert "indexed with different models" in refused(holiday, tmp_path / "films")


def test_a_port_that_is_taken(refused, holiday):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused(holiday, "--port", port)
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use; give another --port" in message
    assert "cannot listen on 203.0.113.9" in refused(holiday, "--host", "203.0.113.9", "--token", "0123456789abcdef")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org"])
def test_other_addresses_require_a_token(refused, holiday, host):
    assert "set a token" in refused(holiday, "--host", host)


@pytest.mark.parametrize("token", ["", "short", "0123456789abcde", "with spaces in it", "ünïcödé-is-no-tökên"])
def test_a_token_that_is_too_easy(refused, holiday, token):
    assert "the token is too easy" in refused(holiday, "--host", "0.0.0.0", "--token", token)


def test_an_index_and_folders_together(refused, holiday):
    assert "leave the folders out" in refused(holiday, "--library", holiday / ".hearsight")


@pytest.fixture
def shelves(monkeypatch):
    """What would be served, by name, for a command line."""

    def shelves(*words) -> dict[str, IndexedFolder]:
        served = []
        monkeypatch.setattr(server, "run", lambda state, *_: served.append(state.folders))
        assert main(["serve", *map(str, words), "--port", "0"]) == 0
        return served[0]

    return shelves


def test_a_library_has_the_name_of_its_folder_however_it_is_given(shelves, holiday, monkeypatch):
    """A library that is called `..` has no address: whoever asks for /libraries/.. asks for /."""
    defined = {"holiday": IndexedFolder(holiday, holiday / ".hearsight")}
    monkeypatch.chdir(holiday / "trip")
    assert shelves() == shelves("..") == shelves("../../holiday/") == defined
    assert shelves("--library", "../.hearsight") == defined


def test_a_folder_that_is_given_twice_is_served_once(shelves, holiday, copies, tmp_path):
    (tmp_path / "link").symlink_to(holiday)
    assert list(shelves(holiday, copies, f"{holiday}/trip/..")) == ["holiday", "copies"]
    assert list(shelves(holiday, tmp_path / "link")) == ["link"]


def test_an_index_in_the_home_folder(shelves, holiday, monkeypatch):
    """As in --library=~/index, where a shell leaves the ~ as it is."""
    monkeypatch.setenv("HOME", str(holiday.parent))
    assert list(shelves("--library=~/holiday/.hearsight").values()) == [IndexedFolder(holiday, holiday / ".hearsight")]


def test_a_missing_model(refused, holiday, tmp_path):
    folder = served_elsewhere(holiday, tmp_path, model=str(tmp_path / "gone"))
    assert "which is gone; put it back" in refused(folder)


def test_a_model_that_cannot_be_loaded_ends_the_server(holiday, tmp_path, capsys):
    (tmp_path / "model").mkdir()
    folder = served_elsewhere(holiday, tmp_path, model=str(tmp_path / "model"))
    with ThreadPoolExecutor(1) as thread:  # that of the tests has a loop already where Playwright has run
        assert thread.submit(main, ["serve", str(folder), "--port", "0"]).result() == 1
    begun, message = capsys.readouterr().err.splitlines()
    assert begun.startswith("searching holiday at http://127.0.0.1:")
    assert message.startswith("error: ") and str(tmp_path / "model") in message and "fault of Hearsight" not in message


def test_ctrl_c_ends_the_server_despite_open_streams(holiday, tmp_path):
    """While a film is streamed to someone who takes none of it, and an update is followed."""
    folder, log = tmp_path / "holiday", tmp_path / "log"
    shutil.copytree(holiday, folder)
    with serve(log, folder, "--port", 0) as process:
        server = Running(address(log, process), folder)
        with server.client() as api:
            assert eventually(lambda: api.get("status").json()["ready"], 60)
            hits = api.get("search", params={"q": "a", "path": "trip/sea.mkv"}).json()["hits"]
            assert api.post("libraries/holiday/update").status_code == 202
            media = f"GET /api/v1/libraries/holiday/clips/{hits[0]['clip']}/media HTTP/1.1\r\nHost: localhost\r\n\r\n"
            with server.connect(media.encode() * 16), server.connect(b"GET / HTTP/1.1\r\n"):
                with api.stream("GET", "libraries/holiday/update/events") as events:
                    lines = events.iter_lines()
                    assert "running" in next(lines)
                    begun = time.monotonic()
                    process.send_signal(signal.SIGINT)
                    message = []
                    with suppress(httpx2.HTTPError):  # cut off, at the latest when the server ends
                        for line in filter(None, lines):
                            message.append(line)
                assert process.wait(60) == 130
                assert time.monotonic() - begun < 30
        assert message and json.loads(message[0][6:])["state"] == "stopping"
    assert log.read_text().splitlines()[1:] == ["stopped"]


def served_elsewhere(holiday, tmp_path, **identity):
    """A copy of the folder whose library says something else of itself."""
    folder = tmp_path / "holiday"
    shutil.copytree(holiday, folder)
    message = folder / ".hearsight" / "library.json"
    message.write_text(json.dumps({**json.loads(message.read_text()), **identity}))
    return folder


def test_connections_send_without_delay():
    with server.listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        taken, _ = listener.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
