"""The progress of an update as JSON lines."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hearsight.cli import events
from hearsight.cli.events import Events
from tests.cli.conftest import CUT

FILM = Path("film.mkv")
# An update that reports nothing for a long time.
SILENT = """
import sys, time
from hearsight.cli.main import main
from hearsight.library import Library
Library.update = lambda *args, **choices: time.sleep(120)
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(events, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_clips_are_printed_at_most_four_times_a_second(clock, capsys):
    printer = Events()
    printer.files(1, 1000)
    printer.file(FILM, 1000)
    capsys.readouterr()
    for _ in range(400):
        clock.now += 0.01
        printer.clips(1, 400)
    printer.done(FILM)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert 14 <= len(lines) <= 17
    assert [(line["clips"], line["path"]) for line in lines[-2:]] == [
        (pytest.approx(390, abs=10), "film.mkv"),
        (400, None),
    ]


def test_each_failure_is_printed_once(clock, capsys):
    printer = Events()
    printer.files(3, 0)
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        printer.failed(Path(name), "damaged")
    printer.report({})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [[failed["path"] for failed in line["failed"]] for line in lines] == [
        [],
        ["a.mp4"],
        ["b.mp4"],
        ["c.mp4"],
        [],
    ]


def test_a_silent_update_ends_when_the_reader_of_stdout_is_gone(films, model_folder):
    command = [sys.executable, "-c", SILENT, "index", str(films), "--model", str(model_folder), *CUT, "--events"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert json.loads(child.stdout.readline())["state"] == "running"
            child.stdout.close()
            assert child.wait(timeout=60) == 0
            assert "Traceback" not in child.stderr.read()
        finally:
            child.kill()
