"""Every `hearsight` command in README.md and docs is one that exists, with options that it has."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from hearsight.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
LINE = re.compile(r"^    (?:\w*\$ )?(?:\.venv/bin/)?hearsight ((?:.*\\\n)*.*)", re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """Return the page and the words of each command that is shown in a block of its own."""
    return [(page.name, text) for page in PAGES for text in LINE.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "text"), commands(), ids=lambda value: str(value)[:60])
def test_commands_and_options_exist(page, text):
    words = shlex.split(text.replace("\\\n", " "), comments=True)
    command = get_command(app)
    options = names_of_options(command)
    while words:
        word = words.pop(0)
        if word.startswith("-") and len(word) > 1:
            assert word.split("=")[0] in options, f"{page}: {command.name} has no option {word}"
        elif word in getattr(command, "commands", {}):
            command = command.commands[word]
            options |= names_of_options(command)
        elif hasattr(command, "commands"):
            previous = text.split(word)[0].split()
            assert previous and previous[-1] in ("--plugin", "--method"), (
                f"{page}: {command.name} has no command {word}"
            )


def names_of_options(command) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_extras_are_installed_by_one_command(page):
    installs = re.findall(r"pip install .*\[.*", page.read_text(encoding="utf-8"))
    assert all("pip install --constraint constraints.txt --editable '.[" in command for command in installs)


def test_pages_show_commands():
    assert len(commands()) > 60
