"""docs/scale.md: Ray and Hearsight understand each of its commands. What a cluster does is in tests/scale."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from hearsight.cli.main import app

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text()
COMMANDS = re.findall(r"^    \w*\$ \.venv/bin/(\w+) (.*)", PAGE, re.MULTILINE)


def typed(program: str) -> list[list[str]]:
    return [shlex.split(words) for name, words in COMMANDS if name == program]


@pytest.mark.parametrize("words", typed("hearsight"), ids=" ".join)
def test_hearsight_understands_its_commands(words, monkeypatch, tmp_path):
    name, *arguments = [word.replace("/mnt", str(tmp_path)) for word in words]
    (tmp_path / "films").mkdir()
    get_command(app).commands[name].make_context(name, arguments)


@pytest.mark.parametrize("words", typed("ray"), ids=" ".join)
def test_ray_understands_its_commands(words):
    ray = pytest.importorskip("ray.scripts.scripts", reason="Ray is not installed (hearsight[ray])")
    name, *arguments = words
    ray.cli.commands[name].make_context(name, arguments)


def test_there_are_commands():
    assert len(typed("hearsight")) >= 3 and len(typed("ray")) >= 3
