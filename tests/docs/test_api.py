"""docs/api.md, typed as it stands there: its curl commands and its Python, against a server of bundled clips."""

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

import hearsight
from hearsight.cli.demo import CLIPS
from hearsight.cli.main import main
from tests.web.conftest import TOKEN, address, serve

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
PORT = "http://127.0.0.1:8765"
INDEXED = ("demo-00020.mp4", "demo-00022.mp4", "demo-00023.mp4")  # the last is the page's clip
# As the page's commands, but silent, and the status is told, too.
CURL = 'curl() { command curl -q -sS --max-time 300 -w "%{stderr}%{http_code}" "$@"; }'
KEYS = r'"(\w+)": ?'

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


class Step(NamedTuple):
    """A command of the page and what it prints there. section: its heading."""

    section: str
    command: str
    shown: str

    @property
    def status(self) -> str:
        message = re.search(r"  # (\d+)$", self.command)
        return message[1] if message else "200"


def steps() -> list[Step]:
    results = []
    for section in PAGE.split("\n## "):
        heading, _, text = section.partition("\n")
        blocks = re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)
        for block in blocks:
            starts = [match.start() for match in re.finditer(r"^    \$ ", block, re.MULTILINE)]
            for start, end in pairwise([*starts, len(block)]):
                command, _, shown = block[start + 6 : end].partition("\n")
                results.append(Step(heading, command, shown))
    return results


STEPS = steps()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The folder in which the page is followed."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "hearsight-demo").mkdir()
    for name in INDEXED:
        shutil.copy(CLIPS / name, folder / "hearsight-demo")
    assert main(["index", str(folder / "hearsight-demo"), "--model", "demo", "--recogniser", "moonshine", "-q"]) == 0
    return folder


@pytest.fixture(scope="module")
def url(folder):
    with serve(folder / "log", folder / "hearsight-demo", "--port", 0) as process:
        yield address(folder / "log", process).rstrip("/")


def test_the_commands_do_what_the_page_says(folder, url):
    assert len(STEPS) == 34
    follow([step for step in STEPS if step.section != "With a token"], folder, url)
    assert (folder / "picture.jpg").read_bytes().startswith(b"\xff\xd8")
    assert (folder / "film.mp4").read_bytes() == (CLIPS / "demo-00023.mp4").read_bytes()


def test_a_token_does_what_the_page_says(folder):
    with serve(folder / "token-log", folder / "hearsight-demo", "--port", 0, "--token", TOKEN) as process:
        wanted = [step for step in STEPS if re.match(r"\w+=", step.command) or step.section == "With a token"]
        follow(wanted, folder, address(folder / "token-log", process).rstrip("/"))


def follow(steps: list[Step], folder: Path, url: str) -> None:
    expected = ""
    for step in steps:
        if re.match(r"\w+=", step.command):
            expected += f"{step.command}\n"
            continue
        program = f"{CURL}\n{expected}{step.command}".replace(PORT, url)
        environment = {**os.environ, "HEARSIGHT_TOKEN": TOKEN}
        done = subprocess.run(["bash", "-c", program], cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{step.command}\n{done.stderr}"
        if step.command.startswith("curl"):
            assert done.stderr == step.status, f"{step.command}\n{done.stdout}"
        check(step, done.stdout)


def check(step: Step, printed: str) -> None:
    """Every field that the page shows is in the answer, and every other line."""
    keys = set(re.findall(KEYS, printed))
    for line in step.shown.splitlines():
        shown = re.findall(KEYS, line)
        assert set(shown) <= keys, f"{step.command}: {set(shown) - keys}"
        if not shown:
            missing = [part for part in line.split("...") if part.strip() not in printed]
            assert not missing, f"{step.command}: {missing}\n{printed}"


def test_every_route_is_on_the_page():
    from hearsight.web.app import create_app
    from hearsight.web.state import ServerState

    def nothing():
        raise AssertionError("nothing is loaded to describe the API")

    typed = {(method(step.command), route) for step in STEPS for route in routes(step.command)}
    described = create_app(ServerState({}, "demo", nothing)).openapi()["paths"]
    defined = {(name.upper(), path.removeprefix("/api/v1")) for path, methods in described.items() for name in methods}
    assert typed - defined == {("GET", "/openapi.json")}
    assert not defined - typed


def method(command: str) -> str:
    chosen = re.search(r"-X (\w+)", command)
    if chosen:
        return chosen[1]
    return "POST" if re.search(r"--data-binary|-d \"", command) else "GET"


def routes(command: str) -> list[str]:
    """What a command asks for, as the API's description names it."""
    parameters = re.findall(r"\$(api|clip)(/[\w./-]*)?(?=[\s\"?]|$)", command) if command.startswith("curl") else []
    clip = "/libraries/{library}/clips/{clip}"
    paths = [(clip if name == "clip" else "") + path for name, path in parameters]
    return [re.sub(r"^/libraries/[a-z-]+", "/libraries/{library}", path) for path in paths]


def test_the_python_runs(folder, url):
    [program] = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    environment = {**os.environ, "PYTHONPATH": str(Path(hearsight.__file__).parents[1])}
    command = [sys.executable, "-c", program.replace(PORT, url)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first == "demo-00023.mp4 1.9 The mother is carrying the large window."
    assert last.startswith("done ")
