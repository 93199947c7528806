"""How an update looks to a person who watches it."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.cells import cell_len
from rich.console import Console

from hearsight.cli import progress
from hearsight.cli.progress import ShownProgress
from hearsight.library.indexing import progress as arithmetic

FILM = Path("a film of two hours.mkv")


@pytest.fixture
def clock(monkeypatch):
    """The time in seconds, for a test to set."""
    clock = SimpleNamespace(now=1000.0)
    for module in (progress, arithmetic):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_a_long_film_tells_now_and_then_how_far_it_is(clock):
    screen = Console(file=io.StringIO(), width=80)
    with ShownProgress(screen) as shown:
        shown.files(2, 100)
        shown.file(FILM, 90)
        for seconds, share in ((20, 0.2), (36, 0.5), (50, 0.7)):
            clock.now = 1000 + seconds
            shown.listened(share)
        clock.now += 100
        for _ in range(480):
            shown.clips(1, 480)
        shown.done(FILM)
        shown.file(Path("short.mkv"), 10)
        shown.failed(Path("short.mkv"), "damaged")
    assert screen.file.getvalue().splitlines() == [
        f"[1/2] {FILM}  40% done, 1 min 4 s left in all",
        f"[1/2] {FILM}  80% done, 58 s left in all",
        f"[1/2] {FILM}  480 clips",
        "[2/2] short.mkv  failed: damaged",
    ]


def test_the_bar_moves_within_a_file_and_never_back(clock):
    shown = ShownProgress(Console(file=io.StringIO(), force_terminal=True))
    shown.files(2, 1000)
    shown.file(FILM, 900)
    steps = []
    for step in (lambda: shown.listened(0.3), lambda: shown.clips(1, 3), lambda: shown.listened(0.3)):
        step()
        steps.append(shown.bars.tasks[0].completed)
    shown.clips(2, 3)
    shown.done(FILM)
    steps.append(shown.bars.tasks[0].completed)
    assert 0 < steps[0] < steps[1] == steps[2] < steps[3] == 900


def test_time_left_is_not_guessed_from_nothing(clock):
    shown = ShownProgress(Console(file=io.StringIO()))
    shown.files(1, 1000)
    shown.file(FILM, 1000)
    assert shown.left() == ""
    shown.clips(1, 10)
    assert shown.left() == ""
    clock.now += 60
    assert shown.left() == "9 min 0 s left"


@pytest.mark.parametrize("width", [40, 80])
def test_the_bar_fits_the_terminal(clock, width):
    screen = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    shown = ShownProgress(screen)
    shown.files(12000, 1000)
    shown.file(FILM, 900)
    clock.now += 7500
    shown.clips(1, 3)
    screen.print(shown.bars.get_renderable())
    lines = screen.file.getvalue().splitlines()
    assert len(lines) == 1 and cell_len(lines[0]) <= width
    assert "1/12000" in lines[0] and "left" in lines[0]
