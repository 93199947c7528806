"""The Python examples of docs/python.md run as they stand, and print what is shown below them."""

import contextlib
import io
import re
import shutil
from inspect import signature
from pathlib import Path
from typing import NamedTuple

import pytest

import hearsight
from hearsight.cli.demo import CLIPS
from tests.web.conftest import address, serve

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8765"  # of the server in the examples

pytestmark = pytest.mark.recogniser


class Example(NamedTuple):
    """A block of code, and the lines of the indented block below it."""

    code: str
    output: list[str]


def examples(page: str) -> list[Example]:
    blocks = re.findall(r"^```python\n(.*?)^```\n(?:\n((?:    [^\n]*\n)+))?", page, re.MULTILINE | re.DOTALL)
    return [Example(code, [line[4:] for line in output.splitlines()]) for code, output in blocks]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The folder in which the examples run, with two folders of clips."""
    folder = tmp_path_factory.mktemp("python")
    for name, clips in (("hearsight-demo", ("00020", "00022", "00023")), ("more-clips", ("00000",))):
        (folder / name).mkdir()
        for clip in clips:
            shutil.copy(CLIPS / f"demo-{clip}.mp4", folder / name)
    return folder


def run(code: str, names: dict) -> list[str]:
    """Run a block with the names of the blocks before it, and return the lines that it prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(code, names)
    return output.getvalue().splitlines()


def matches(line: str, shown: str) -> bool:
    """Return whether a printed line is the one that is shown, where ... stands for any text."""
    return re.fullmatch(".*".join(map(re.escape, shown.split("..."))), line) is not None


def check(examples: list[Example], names: dict) -> None:
    """Run examples and compare what they print with what is shown, if something is."""
    for example in examples:
        lines = run(example.code, names)
        if not example.output:
            continue
        assert len(lines) == len(example.output), f"{example.code}\n{lines}"
        for line, shown in zip(lines, example.output, strict=True):
            assert matches(line, shown), f"{example.code}\nprinted {line!r}, not {shown!r}"


def test_the_examples_of_the_python_page_print_what_they_show(folder, monkeypatch):
    monkeypatch.chdir(folder)
    page = examples((ROOT / "docs" / "python.md").read_text())
    client = next(index for index, example in enumerate(page) if ADDRESS in example.code)
    names: dict = {}
    check(page[:client], names)
    with serve(folder / "log", "hearsight-demo", "--port", 0) as process:
        url = address(folder / "log", process).rstrip("/")
        check([page[client]._replace(code=page[client].code.replace(ADDRESS, url))], names)
    check(page[client + 1 :], names)


def test_the_client_has_the_methods_of_a_collection():
    for name in ("search", "similar", "moments", "clip", "thumbnail"):
        parameters = [
            list(signature(getattr(kind, name)).parameters) for kind in (hearsight.Collection, hearsight.Client)
        ]
        assert parameters[0] == parameters[1], name
    assert all(hasattr(hearsight.Client, name) for name in ("transcript", "info", "failures", "update"))
