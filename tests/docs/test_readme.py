"""README.md: its Python programs run as they stand, in a home folder with indexed videos."""

import os
import re
import shutil
import subprocess
import sys
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
def test_programs_run(program, home):
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    process = subprocess.run([sys.executable, "-c", program], cwd=home, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    if "search" in program:
        assert all(name in process.stdout for name in VIDEOS)
