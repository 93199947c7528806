"""The progress of an update on a terminal and elsewhere."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.cells import cell_len
from rich.console import Console

from hearsight.cli import update_progress
from hearsight.cli.update_progress import ProgressBar
from hearsight.library.indexing import progress as arithmetic

FILM = Path("a film of two hours.mkv")


@pytest.fixture
def clock(monkeypatch):
    """Replace the clock by one that a test sets, in seconds."""
    clock = SimpleNamespace(now=1000.0)
    for module in (update_progress, arithmetic):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_a_long_film_prints_a_line_of_progress_at_most_every_30_seconds(clock):
    console = Console(file=io.StringIO(), width=80)
    with ProgressBar(console) as bar:
        bar.files(2, 100)
        bar.file(FILM, 90)
        for seconds, share in ((20, 0.2), (36, 0.5), (50, 0.7)):
            clock.now = 1000 + seconds
            bar.transcribed(share)
        clock.now += 100
        for _ in range(480):
            bar.clips(1, 480)
        bar.done(FILM)
        bar.file(Path("short.mkv"), 10)
        bar.failed(Path("short.mkv"), "damaged")
    assert console.file.getvalue().splitlines() == [
        f"[1/2] {FILM}  40% done, 1 min 4 s left in all",
        f"[1/2] {FILM}  80% done, 58 s left in all",
        f"[1/2] {FILM}  480 clips",
        "[2/2] short.mkv  failed: damaged",
    ]


def test_the_bar_moves_within_a_file_and_never_back(clock):
    bar = ProgressBar(Console(file=io.StringIO(), force_terminal=True))
    bar.files(2, 1000)
    bar.file(FILM, 900)
    steps = []
    for step in (lambda: bar.transcribed(0.3), lambda: bar.clips(1, 3), lambda: bar.transcribed(0.3)):
        step()
        steps.append(bar.bars.tasks[0].completed)
    bar.clips(2, 3)
    bar.done(FILM)
    steps.append(bar.bars.tasks[0].completed)
    assert 0 < steps[0] < steps[1] == steps[2] < steps[3] == 900


def test_time_left_is_empty_until_it_can_be_estimated(clock):
    bar = ProgressBar(Console(file=io.StringIO()))
    bar.files(1, 1000)
    bar.file(FILM, 1000)
    assert bar.time_left() == ""
    bar.clips(1, 10)
    assert bar.time_left() == ""
    clock.now += 60
    assert bar.time_left() == "9 min 0 s left"


@pytest.mark.parametrize("width", [40, 80])
def test_the_bar_fits_the_terminal(clock, width):
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    bar = ProgressBar(console)
    bar.files(12000, 1000)
    bar.file(FILM, 900)
    clock.now += 7500
    bar.clips(1, 3)
    console.print(bar.bars.get_renderable())
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 1 and cell_len(lines[0]) <= width
    assert "1/12000" in lines[0] and "left" in lines[0]
