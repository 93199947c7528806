"""An update as a program follows it, line by line."""

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
# An update that has nothing to tell for long.
SILENT = """
import sys, time
from hearsight.cli.main import main
from hearsight.library import Library
Library.update = lambda *given: time.sleep(120)
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(events, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_clips_are_told_four_times_a_second(clock, capsys):
    told = Events()
    told.files(1, 1000)
    told.file(FILM, 1000)
    capsys.readouterr()
    for _ in range(400):
        clock.now += 0.01
        told.clips(1, 400)
    told.done(FILM)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert 14 <= len(lines) <= 17
    assert [(line["clips"], line["path"]) for line in lines[-2:]] == [
        (pytest.approx(390, abs=10), "film.mkv"),
        (400, None),
    ]


def test_each_failure_is_told_once(clock, capsys):
    told = Events()
    told.files(3, 0)
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        told.failed(Path(name), "damaged")
    told.report({})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [[failed["path"] for failed in line["failed"]] for line in lines] == [
        [],
        ["a.mp4"],
        ["b.mp4"],
        ["c.mp4"],
        [],
    ]


def test_when_its_reader_is_gone_a_silent_update_ends_too(films, model_folder):
    command = [sys.executable, "-c", SILENT, "index", str(films), "--model", str(model_folder), *CUT, "--events"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert json.loads(child.stdout.readline())["state"] == "running"
            child.stdout.close()
            assert child.wait(timeout=60) == 0
            assert "Traceback" not in child.stderr.read()
        finally:
            child.kill()
