"""Chromium, and two servers of demo clips for it to visit: films that it can play, of which the model knows what is
seen in them."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import hearsight
from hearsight.library import Library
from tests.media_files import beep, grey, make_media
from tests.picture_files import plain, write_picture
from tests.web.conftest import TOKEN, Running, address, eventually, serve

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")  # the first takes half the time
DEMO = Path(hearsight.__file__).parent / "demo" / "clips"
# A name that would be markup, and that turns the text after it around.
STRANGE = "<img src=x onerror=alert(1)>\u202egpj.mp4"
SECONDS = 3.0  # of a clip: every demo clip is two or three moments
PATIENCE = 15_000  # milliseconds: a machine with other work may be slow
LOADING = 180  # seconds, for the same reason
UPDATING = 300_000  # milliseconds: an update has a low priority, and waits for whatever else the machine does

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Debian's chromium-headless-shell is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Page]]:
    """Opens a page for a visitor of their own. No script of it may fail, and nothing may pop up."""
    contexts, wrong = [], []

    def visit(url: str, width: int = 1440, height: int = 900, **options) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture
def page(visit, site) -> Page:
    """The first screen."""
    return visit(site.url)


@pytest.fixture(scope="session")
def films(tmp_path_factory) -> Path:
    """Demo clips with subtitles, one with a strange name; a sound; what no browser plays; what is no film."""
    folder = tmp_path_factory.mktemp("page") / "films"
    for number, name in {0: "trip/lion.mp4", 1: "trip/balloon.mp4", 2: "sea/cactus.mp4", 4: "sea/pizza.mp4"}.items():
        put_clip(number, folder / name)
    put_clip(6, folder / STRANGE)
    put_clip(7, folder / "odd.mp4", "<script>alert(1)</script> & that is <b>all</b>")
    make_media(folder / "tone.wav", sounds=[beep(3.0)])
    make_media(folder / "tape.avi", [grey(level) for level in range(0, 200, 10)], sounds=[np.zeros(32_000, np.float32)])
    return indexed(folder)


@pytest.fixture(scope="session")
def photos(tmp_path_factory) -> Path:
    """A library of two pictures, of which browsers show one."""
    folder = tmp_path_factory.mktemp("page") / "photos"
    write_picture(folder / "beach.png", plain((200, 30, 30), (320, 200)))
    write_picture(folder / "scan.tif", plain((30, 200, 30), (320, 200)))
    return indexed(folder)


@pytest.fixture(scope="session")
def others(tmp_path_factory) -> Path:
    """Another library, of one film and a file that is none."""
    folder = tmp_path_factory.mktemp("page") / "others"
    put_clip(8, folder / "other.mp4")
    (folder / "broken.mp4").write_text("this is no film")
    return indexed(folder)


def put_clip(number: int, path: Path, words: str | None = None) -> None:
    """A clip of the demo, with what is said in it as subtitles, between bicycles: spans count code points."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(DEMO / f"demo-{number:05}.mp4", path)
    spoken = json.loads((DEMO / "manifest.jsonl").read_text().splitlines()[number])["spoken"]
    said = words or (f"\N{BICYCLE} {spoken} \N{BICYCLE}" if spoken else None)
    if said:
        path.with_suffix(".vtt").write_text(f"WEBVTT\n\n00:01.000 --> 00:02.500\n{said}\n", encoding="utf-8")


def indexed(folder: Path) -> Path:
    model = hearsight.load("demo")
    Library.create(folder, model, seconds=SECONDS).update(recogniser="none")
    return folder


@pytest.fixture(scope="session")
def site(films, tmp_path_factory) -> Iterator[Running]:
    """A server of the films."""
    with ready(tmp_path_factory.mktemp("log") / "site.txt", films) as running:
        yield running


@pytest.fixture(scope="session")
def guarded(films, others, tmp_path_factory) -> Iterator[Running]:
    """A server of both libraries that wants TOKEN."""
    log = tmp_path_factory.mktemp("log") / "guarded.txt"
    with ready(log, films, others, "--token", TOKEN) as running:
        yield running


@contextmanager
def ready(log: Path, folder: Path, *words: object) -> Iterator[Running]:
    """A server whose model is loaded."""
    with serve(log, folder, *words, "--port", 0) as process:
        running = Running(address(log, process), folder, folder.name)
        assert eventually(lambda: loaded(running), LOADING), "the model is not loaded"
        yield running


def loaded(running: Running) -> bool:
    """Whether a server's model is loaded. Meanwhile it may keep a connection too long without an answer."""
    with suppress(httpx2.TransportError), running.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        return client.get("status").json()["ready"]
    return False
