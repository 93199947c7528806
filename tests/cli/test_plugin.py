"""`hearsight --plugin FILE`: a Python file that runs before a command."""

import pytest

from hearsight.errors import HearsightError

FILE = """
import hearsight
from hearsight.models.methods.clip4clip import CLIP4Clip
from neighbour import NAME

hearsight.register(NAME)(type("Mine", (CLIP4Clip,), {}))
"""
BUILTIN_NAME = """
import hearsight
from hearsight.models.methods.clip4clip import CLIP4Clip

hearsight.register("save")(CLIP4Clip)
"""


@pytest.mark.usefixtures("house_methods")
def test_a_method_of_the_file_is_registered(tmp_path, run):
    from hearsight.models.registry import METHODS, class_of

    (tmp_path / "save.py").write_text(FILE)  # the name of a module of Hearsight
    (tmp_path / "neighbour.py").write_text("NAME = 'mine'\n")
    assert "mine" not in METHODS
    assert run("--plugin", tmp_path / "save.py", "models").code == 0
    assert class_of("mine").__name__ == "Mine"


@pytest.mark.parametrize(
    ("name", "text", "code", "message"),
    [
        ("no.txt", "", 1, "is not a Python file"),
        ("wrong.py", "1 / 0", 1, "failed: in {file}, line 1: ZeroDivisionError: division by zero;"),
        ("ends.py", "import sys\nsys.exit()", 1, "ends.py ends the program (sys.exit)"),
        ("odd.py", "def", 1, "failed: in {file}, line 1: SyntaxError: invalid syntax"),
        ("own.py", BUILTIN_NAME, 1, "Hearsight has one of that name; choose another name"),
        ("absent.py", None, 2, "does not exist"),
    ],
)
def test_a_file_that_fails_is_reported(tmp_path, run, name, text, code, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    ran = run("--plugin", tmp_path / name, "models")
    assert ran.code == code
    assert message.format(file=tmp_path / name) in ran.err


def test_run_files_once_runs_each_file_once_in_a_process(tmp_path):
    from hearsight.util.plugins import run_files_once

    (tmp_path / "counted.py").write_text(f"with open({str(tmp_path / 'runs')!r}, 'a') as file: file.write('x')")
    for _ in range(2):
        run_files_once([tmp_path / "counted.py"])
    assert (tmp_path / "runs").read_text() == "x"
    (tmp_path / "failing.py").write_text("1 / 0")
    for _ in range(2):
        with pytest.raises(HearsightError, match="division by zero"):
            run_files_once([tmp_path / "failing.py"])
