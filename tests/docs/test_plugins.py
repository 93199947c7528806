"""The plugin of docs/plugins.md, installed as a package and used from the command line."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from hearsight.cli.main import main
from hearsight.util import plugins
from tests.builders import tiny_model
from tests.library.conftest import film, speaking_film

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "plugins.md").read_text()
[MODULE] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
[PYPROJECT] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [shlex.split(command)[1:] for command in re.findall(r"^    \$ (hearsight .*)", PAGE, re.MULTILINE)]


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory) -> Path:
    """A folder with the plugin's package, as pip installs it."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site-packages")
    (source / "hearsight_example.py").write_text(MODULE)
    (source / "pyproject.toml").write_text(PYPROJECT)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", target, source]
    subprocess.run(command, check=True)
    return target


@pytest.fixture
def here(tmp_path, monkeypatch, no_plugins) -> Path:
    """The current folder: a folder of films, and a data set."""
    monkeypatch.chdir(tmp_path)
    speaking_film(tmp_path / "films" / "beach.mkv")
    film(tmp_path / "my-data" / "videos" / "beach.mkv", 2, seed=1)
    (tmp_path / "my-data" / "holidays.json").write_text(json.dumps({"beach": "waves on a beach"}))
    yield tmp_path
    for name in ("hearsight_example", "plugin_hearsight_example"):
        sys.modules.pop(name, None)


def run(command: list[str]) -> None:
    model = ["--model", "demo", "--rebuild"] if "index" in command else []
    assert main([*command, *model]) == 0, command


def test_the_page_can_be_followed(here, site_packages, monkeypatch, capsys):
    before, after = COMMANDS[:3], COMMANDS[3:]
    assert (len(before), len(after)) == (3, 4)
    (here / "hearsight_example.py").write_text(MODULE)
    for command in before:
        run(command)
    assert plugins.state.files

    (here / "hearsight_example.py").unlink()
    monkeypatch.setattr(plugins, "state", plugins.State())
    registries = "models.registry.METHODS", "speech.load.RECOGNISERS", "research.datasets.readers.READERS"
    for registry in (*registries, "experts.registry.EXPERTS", "experts.sound_registry.SOUND_EXPERTS"):
        monkeypatch.setattr(f"hearsight.{registry}.registered", {})
    monkeypatch.setattr("hearsight.research.training.teacher_models.TEACHERS.registered", {})
    assert main(before[0][2:]) == 1
    assert "unknown recogniser 'label'" in capsys.readouterr().err

    monkeypatch.setattr(plugins, "state", plugins.State())
    monkeypatch.syspath_prepend(site_packages)
    for command in after:
        run(command)
    assert not plugins.state.files and plugins.state.is_loaded
    capsys.readouterr()
    assert main(["info", "films", "--json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert (info["recogniser"], info["meaning"], info["sound"]) == ("label:hello", "letters", "loudness")
    assert main(["search", "hello", "--in", "films", "--mode", "speech", "--json"]) == 0
    assert "hello" in capsys.readouterr().out
    vector = torch.load(here / "teacher" / "VideoFeature" / "beach.pt", weights_only=True)
    assert vector.shape == (2,) and 0 < vector[0] < 1


def test_a_model_of_an_installed_method_is_loaded_and_searched(here, site_packages, monkeypatch, capsys):
    monkeypatch.syspath_prepend(site_packages)
    (here / "model").mkdir()
    assert type(tiny_model(here / "model", "sharper")).__module__ == "hearsight_example"
    run(["index", "films", "--model", "model", "--recogniser", "none"])
    assert main(["search", "waves", "--in", "films", "--json", "--min-confidence", "0"]) == 0  # a random model
    assert "beach.mkv" in capsys.readouterr().out


def test_another_process_finds_the_installed_plugin(here, site_packages):
    paths = [str(site_packages), *sys.path]
    command = [sys.executable, "-m", "hearsight", "data", "check", "holidays", "my-data", "--json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["splits"]["test"]["good"] == 1
