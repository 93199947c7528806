"""A person's own file, run before a command."""

import pytest

from hearsight.errors import HearsightError

FILE = """
import hearsight
from hearsight.models.clip4clip import CLIP4Clip
from beside import NAME

hearsight.register(NAME)(type("Mine", (CLIP4Clip,), {}))
"""
TAKEN = """
import hearsight
from hearsight.models.clip4clip import CLIP4Clip

hearsight.register("save")(CLIP4Clip)
"""


@pytest.mark.usefixtures("house_methods")
def test_what_it_registers_is_known(tmp_path, run):
    from hearsight.models.registry import METHODS, class_of

    (tmp_path / "save.py").write_text(FILE)  # named like a module of the house
    (tmp_path / "beside.py").write_text("NAME = 'mine'\n")
    assert "mine" not in METHODS
    assert run("--plugin", tmp_path / "save.py", "models").code == 0
    assert class_of("mine").__name__ == "Mine"


@pytest.mark.parametrize(
    ("name", "text", "code", "says"),
    [
        ("no.txt", "", 1, "is not a Python file"),
        ("wrong.py", "1 / 0", 1, "failed: in {file}, line 1: ZeroDivisionError: division by zero;"),
        ("ends.py", "import sys\nsys.exit()", 1, "ends.py ends the program (sys.exit)"),
        ("odd.py", "def", 1, "failed: in {file}, line 1: SyntaxError: invalid syntax"),
        ("own.py", TAKEN, 1, "Hearsight has one of that name; choose another name"),
        ("absent.py", None, 2, "does not exist"),
    ],
)
def test_what_is_wrong_with_it_is_said(tmp_path, run, name, text, code, says):
    if text is not None:
        (tmp_path / name).write_text(text)
    ran = run("--plugin", tmp_path / name, "models")
    assert ran.code == code
    assert says.format(file=tmp_path / name) in ran.err


def test_a_process_runs_it_once_where_that_is_asked(tmp_path):
    from hearsight.util.plugins import run_files_once

    (tmp_path / "counted.py").write_text(f"with open({str(tmp_path / 'runs')!r}, 'a') as file: file.write('x')")
    for _ in range(2):
        run_files_once([tmp_path / "counted.py"])
    assert (tmp_path / "runs").read_text() == "x"
    (tmp_path / "failing.py").write_text("1 / 0")
    for _ in range(2):
        with pytest.raises(HearsightError, match="division by zero"):
            run_files_once([tmp_path / "failing.py"])
