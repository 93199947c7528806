"""Errors in plugins: the message names the plugin's file and line, and does not call them a fault of Hearsight."""

import json
import logging
import sys
from pathlib import Path

import pytest

import hearsight
from hearsight.util import plugins
from tests.builders import tiny_model
from tests.library.conftest import film, speaking_film
from tests.research.training.feature_data import made_up_recipe
from tests.research.training.test_trainer import as_file

pytestmark = pytest.mark.usefixtures("no_plugins")

METHOD = """
import hearsight
from hearsight.models.methods.save import SAVE

@hearsight.register("mine")
class Mine(SAVE):
    def {name}(self, *args, **kwargs):
        raise RuntimeError("no luck")
"""
RECOGNISER = """
import hearsight

@hearsight.register_recogniser("mine")
class Mine:
    name = "mine"
    def __init__(self, detail): pass
    def transcribe(self, samples):
        raise {error}
"""
READER = """
import hearsight
from helper import first

@hearsight.register_reader("mine")
def read(root):
    yield first([])
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "my_plugin.py"


@pytest.fixture
def model(tmp_path) -> Path:
    """A model whose method is the plugin's."""
    folder = tmp_path / "model"
    folder.mkdir()
    tiny_model(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "method": "mine"}))
    return folder


def message(line: int, name: str) -> str:
    return (
        f"error: in my_plugin.py, line {line} ({name}): RuntimeError: no luck; correct the plugin, or add --debug for "
        "the whole traceback"
    )


@pytest.mark.parametrize("name", ["__init__", "fuse"])
def test_a_method_that_fails_while_it_encodes(run, plugin, model, tmp_path, name):
    film(tmp_path / "films" / "bell.mkv", 1)
    plugin.write_text(METHOD.format(name=name))
    ran = run("--plugin", plugin, "index", tmp_path / "films", "--model", model, "--recogniser", "none", "-q")
    assert (ran.code, ran.err.strip()) == (1, message(8, name))


def test_a_method_that_fails_while_it_compares(run, plugin, model, tmp_path):
    film(tmp_path / "films" / "bell.mkv", 1)
    plugin.write_text(METHOD.format(name="similarity"))
    words = ["--plugin", plugin, "index", tmp_path / "films", "--model", model, "--recogniser", "none", "-q"]
    for ran in (run(*words), run("--plugin", plugin, "search", "a bell", "--in", tmp_path / "films")):
        assert (ran.code, ran.err.strip()) == (1, message(8, "similarity"))


def test_a_method_that_fails_while_it_learns(run, plugin, tmp_path):
    plugin.write_text(METHOD.format(name="losses"))
    as_file(made_up_recipe(tmp_path), tmp_path / "recipe.yaml")
    ran = run("--plugin", plugin, "train", tmp_path / "recipe.yaml", "--set", "method=mine", "--out", tmp_path / "run")
    assert ran.code == 1
    assert ran.err.strip().endswith(message(8, "losses"))


@pytest.mark.parametrize("error", ["RuntimeError('no luck')", "OSError(5, 'no luck')"])
def test_a_recogniser_that_fails_is_a_reason_to_try_the_file_again(run, plugin, tmp_path, error):
    speaking_film(tmp_path / "films" / "bell.mkv")
    index = ["index", tmp_path / "films", "--model", "demo", "--recogniser", "mine", "-q"]
    plugin.write_text(RECOGNISER.format(error=error))
    assert run("--plugin", plugin, *index).code == 1
    failures = run("info", tmp_path / "films", "--failures").out
    assert "my_plugin.py, line 9 (transcribe): " in failures and "correct the plugin" in failures
    plugin.write_text(RECOGNISER.replace("raise {error}", "return hearsight.speech.RecognisedSpeech((), 'en')"))
    assert run("--plugin", plugin, *index).code == 0


def test_a_reader_that_fails_in_a_file_next_to_it(run, plugin, tmp_path):
    plugin.write_text(READER)
    (tmp_path / "helper.py").write_text("def first(entries):\n    return entries[0]\n")
    (tmp_path / "data").mkdir()
    ran = run("--plugin", plugin, "data", "check", "mine", tmp_path / "data")
    sys.modules.pop("helper")
    assert ran.code == 1
    assert ran.err.startswith("error: in helper.py, line 2 (first): IndexError: list index out of range; correct the")


def test_a_program_that_registers_a_reader_and_runs_a_command(run, tmp_path):
    @hearsight.register_reader("mine")
    def read(root):
        yield 1 / 0

    ran = run("data", "check", "mine", tmp_path)
    line = read.__code__.co_firstlineno + 2
    assert ran.code == 1
    assert f"{Path(__file__).name}, line {line} (read): ZeroDivisionError: division by zero; correct the" in ran.err


def test_an_error_in_another_process_is_found_in_its_traceback(plugin):
    plugin.write_text("def fail():\n    raise ValueError('no luck')\n")
    plugins.run_file(plugin)
    text = f'Traceback:\n  File "{plugin}", line 2, in fail\n  File "torch.py", line 9, in add\nValueError: no luck'
    assert plugins.describe_error(RuntimeError(text)) == "in my_plugin.py, line 2 (fail): ValueError: no luck"
    assert plugins.plugin_of(RuntimeError("no luck")) is None


def install(folder: Path, name: str, code: str, entry: str) -> None:
    """Write a package as pip leaves it."""
    (folder / f"{name}.py").write_text(code)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[hearsight.plugins]\n{name} = {entry}\n")


def test_an_installed_plugin_that_cannot_be_imported_stops_only_who_needs_it(run, tmp_path, monkeypatch, caplog):
    install(tmp_path, "hearsight_broken", "import json\nimport nowhere_to_be_found\n", "hearsight_broken")
    install(tmp_path, "hearsight_good", "def setup(): import hearsight\n", "hearsight_good:setup")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "data").mkdir()
    with caplog.at_level(logging.WARNING):
        assert run("models").code == 0
        assert not caplog.messages
        ran = run("data", "check", "missing", tmp_path / "data")
    assert ran.code == 1
    assert "unknown data set 'missing'" in ran.err and "could not be loaded: hearsight_broken" in ran.err
    [warning] = caplog.messages
    file = tmp_path / "hearsight_broken.py"
    assert f"in {file}, line 2: ModuleNotFoundError: No module named 'nowhere_to_be_found'; update the" in warning
    assert "hearsight_good" in sys.modules
    for name in ("hearsight_broken", "hearsight_good"):
        sys.modules.pop(name, None)
