"""README.md: its Python programs run as they stand, in a home folder with indexed videos."""

import re
import shutil
from pathlib import Path

import pytest

from hearsight.cli.demo import CLIPS
from hearsight.cli.main import main

PAGE = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
VIDEOS = ("demo-00020.mp4", "demo-00023.mp4")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "Videos").mkdir()
    for name, short_name in zip(VIDEOS, ("a.mp4", "b.mp4"), strict=True):
        shutil.copy(CLIPS / name, home / "Videos" / name)
        shutil.copy(CLIPS / name, home / short_name)
    assert main(["index", str(home / "Videos"), "--model", "demo", "--recogniser", "none", "-q"]) == 0
    return home


@pytest.mark.parametrize("program", PROGRAMS, ids=["search", "encode"])
def test_programs_run(program, home, monkeypatch, capsys):
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    names: dict = {}
    exec(program, names)
    output = capsys.readouterr().out
    if "search" in program:
        assert all(name in output for name in VIDEOS)
    else:
        assert names["logits"].shape == (2, 2)
