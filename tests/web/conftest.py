"""Servers that run: `hearsight serve` as it is typed, and others in a thread, over folders of tiny films.

Names and words of the films are what a stranger may have thought of.
"""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock
from urllib.parse import urlsplit

import httpx2
import pytest

import hearsight
from hearsight.library import Collection, Library
from hearsight.models.base import VideoTextModel
from hearsight.web import server as web_server
from hearsight.web.state import IndexedFolder, ServerState
from tests.builders import tiny_model
from tests.library.conftest import film, say
from tests.media_files import beep, make_media

MARKUP = "<img src=x onerror=alert(1)>.mkv"
SCRIPT = "\"><img src=x onerror=alert('parrot') //"
HOSTILE = (
    MARKUP,
    'it\'s "quoted" at 100%2e%2e.mkv',
    "new\r\nSet-Cookie: evil=1\r\n\r\nline.mkv",
    "🎬 film; filename=evil.html.mkv",
    "\u202egnp.txt.mkv",
    "=HYPERLINK(1).mkv",
)
TOKEN = "a+token/of-many=letters"
CUT = ("--seconds", "2", "--recogniser", "none")


@dataclass(frozen=True)
class Running:
    """A server. url: ends with a slash. library: the name of the one whose videos lie in `folder`."""

    url: str
    folder: Path
    library: str = "holiday"
    temporary: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))

    @property
    def examples(self) -> int:
        """The number of examples that it keeps in files just now."""
        return len([*self.temporary.glob("hearsight-example-*")])

    @property
    def api(self) -> str:
        return f"{self.url}api/v1/"

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", urlsplit(self.url).port

    def client(self, **options) -> httpx2.Client:
        return httpx2.Client(base_url=self.api, trust_env=False, verify=False, timeout=60, **options)

    def connect(self, said: bytes = b"", seconds: float = 20) -> socket.socket:
        """A connection on which this has been said already."""
        connection = socket.create_connection(self.address, timeout=seconds)
        connection.sendall(said)
        return connection

    def say(self, said: bytes, seconds: float = 20) -> bytes:
        """What the server answers to these bytes, until it closes the connection."""
        with self.connect(said, seconds) as connection:
            return until_closed(connection)


def until_closed(connection: socket.socket) -> bytes:
    message = b""
    with suppress(ConnectionResetError, BrokenPipeError):
        while part := connection.recv(1 << 20):
            message += part
    return message


T = TypeVar("T")


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether something comes true soon."""
    end = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.05)
    return bool(held)


def run(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: where Playwright has run, the thread of the tests has a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(work, 600)).result()


@pytest.fixture(scope="session")
def web_model(tmp_path_factory) -> Path:
    """The folder of a model that hears and reads; of random weights."""
    folder = tmp_path_factory.mktemp("model")
    tiny_model(folder)
    return folder


@pytest.fixture(scope="session")
def loaded(web_model) -> VideoTextModel:
    return hearsight.load(str(web_model))


@pytest.fixture(scope="session")
def holiday(tmp_path_factory, loaded, web_model) -> Path:
    """An indexed folder: films with and without sound and words, a sound, names of the worst kind, and no film."""
    folder = tmp_path_factory.mktemp("web") / "holiday"
    film(folder / "bell.mkv", 4, seed=1)
    say(folder / "bell.srt", "the doctor lost", "a yellow bicycle")
    film(folder / "trip" / "sea.mkv", 6, seed=2)
    film(folder / "trip" / "silent.mkv", 3, seed=3, sound=False)
    make_media(folder / "beep.wav", sounds=[beep(3)])
    for seed, name in enumerate(HOSTILE):
        film(folder / name, 2, seed=10 + seed)
    say((folder / MARKUP).with_suffix(".srt"), SCRIPT)
    (folder / "broken <b>.mp4").write_text("this is no film")
    Library.create(folder, loaded, seconds=2, name=str(web_model)).update(recogniser="none")
    return folder


@pytest.fixture(scope="session")
def copies(tmp_path_factory, holiday, loaded, web_model) -> Path:
    """Another indexed folder, in which one film is the same."""
    folder = tmp_path_factory.mktemp("web") / "copies"
    folder.mkdir()
    for name in ("bell.mkv", "bell.srt"):
        (folder / name).write_bytes((holiday / name).read_bytes())
    Library.create(folder, loaded, seconds=2, name=str(web_model)).update(recogniser="none")
    return folder


@pytest.fixture(scope="session")
def server(holiday, copies, tmp_path_factory) -> Iterator[Running]:
    """`hearsight serve holiday copies`, a process of its own. At its end it has nothing to tell of all that was done
    to it."""
    log = tmp_path_factory.mktemp("log") / "stderr.txt"
    with serve(log, holiday, copies, "--port", 0) as process:
        server = Running(address(log, process), holiday, temporary=log.parent)
        with server.client() as client:
            assert eventually(lambda: client.get("status").json()["ready"], 300)
        yield server
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert len(log.read_text().splitlines()) == 2 and log.read_text().endswith("\nstopped\n"), log.read_text()


@contextmanager
def serve(log: Path, *words) -> Iterator[subprocess.Popen]:
    """`hearsight serve` with these words, whose stderr is kept in a file, beside its temporary files.

    Killed at the end, if it still runs.
    """
    source = Path(hearsight.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1", "TMPDIR": str(log.parent)}
    command = [sys.executable, "-m", "hearsight", "serve", *map(str, words)]
    with log.open("w") as stderr, subprocess.Popen(command, stderr=stderr, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def address(log: Path, process: subprocess.Popen) -> str:
    """Where a server that was just started is."""
    message = re.compile(r"at (http://\S+/)")
    assert eventually(lambda: message.search(log.read_text()) or process.poll() is not None, 300), "it does not begin"
    assert process.poll() is None, log.read_text()
    return message.search(log.read_text())[1]


@pytest.fixture(scope="session")
def open_server(loaded) -> Callable[..., AbstractContextManager[Running]]:
    """Runs a server in a thread: with open_server(folder, token=None) as server. Constants can be patched before."""

    @contextmanager
    def opened(folder: Path, token: str | None = None) -> Iterator[Running]:
        folders = {folder.name: IndexedFolder(folder, folder / ".hearsight")}
        state = ServerState(
            folders, "tiny", lambda: Collection({folder.name: Library.open(folder, in_memory=True)}, loaded), token
        )
        servers, urls = [], []

        class RecordedServer(web_server.Server):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                servers.append(self)

        with mock.patch.object(web_server, "Server", RecordedServer):
            listener = socket.create_server(("127.0.0.1", 0), backlog=512)
            thread = threading.Thread(target=web_server.run, args=(state, listener, urls.append))
            thread.start()
            assert eventually(lambda: urls and state.ready, 30), "it does not begin"
        try:
            yield Running(urls[0], folder, folder.name)
        finally:
            servers[0].should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "it does not end"

    return opened


@pytest.fixture(scope="session")
def token_server(open_server, holiday) -> Iterator[Running]:
    """A server that wants TOKEN."""
    with open_server(holiday, TOKEN) as server:
        yield server


@pytest.fixture(scope="session")
def api(server) -> Iterator[httpx2.Client]:
    """A client of the API: api.get("status")."""
    with server.client() as client:
        yield client


@pytest.fixture(scope="session")
def clips(api) -> dict[str, str]:
    """The first clip of each video of the library "holiday", by path."""
    hits = api.get("search", params={"q": "a bell", "mode": "dense", "limit": 100, "library": "holiday"}).json()["hits"]
    return {hit["path"]: f"{hit['clip'][:16]}-000000000" for hit in hits}
