"""Fixtures that run command lines on a folder of small films, indexed with a tiny model."""

from pathlib import Path
from typing import NamedTuple

import pytest

from hearsight.cli.main import main
from tests.builders import tiny_model
from tests.library.conftest import film, say

CUT = ("--seconds", "2", "--recogniser", "none")
ODD_NAME = "odd\n[bold]name\x1b[31m.mkv"


class CommandResult(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys):
    """Return a function that runs a command line in this process."""

    def run(*words) -> CommandResult:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return CommandResult(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    folder.mkdir()
    tiny_model(folder)
    return folder


@pytest.fixture
def films(tmp_path) -> Path:
    return make_films(tmp_path / "films")


@pytest.fixture(scope="session")
def indexed(tmp_path_factory, model_folder) -> Path:
    """Index the films in clips of 2 s. The folder is shared, so tests must not change it."""
    folder = make_films(tmp_path_factory.mktemp("indexed") / "films")
    assert main(["index", str(folder), "--model", str(model_folder), *CUT, "-q"]) == 0
    return folder


def make_films(folder: Path) -> Path:
    """Write two films, one with subtitles and one with an odd name, and a file that is not a film."""
    film(folder / "trip" / "bell.mkv", 4, seed=1)
    say(folder / "trip" / "bell.srt", "the doctor lost", "a [red]yellow[/red] bicycle")
    film(folder / ODD_NAME, 3, seed=2, sound=False)
    (folder / "broken.mp4").write_text("this is not a film")
    return folder
