"""Progress is computed from the reports of an update."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from hearsight.library.indexing import progress
from hearsight.library.indexing.progress import UpdateProgress

FILM, SHORT = Path("film.mkv"), Path("trip/short.mkv")


@pytest.fixture
def clock(monkeypatch):
    """Replace the clock by one that a test sets, in seconds."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def begun(clock) -> UpdateProgress:
    """Return the progress of an update at the first of two files, of 900 and 100 bytes."""
    begun = UpdateProgress()
    begun.files(2, 1000)
    begun.file(FILM, 900)
    return begun


def test_work_is_counted_in_bytes(begun):
    begun.clips(1, 3)
    assert (begun.files_done, begun.path, begun.share) == (0, FILM, pytest.approx(0.3))
    begun.clips(2, 3)
    begun.done(FILM)
    assert (begun.files_done, begun.path, begun.share) == (1, None, 0.9)
    begun.file(SHORT, 100)
    begun.clips(1, 2)
    assert (begun.path, begun.share) == (SHORT, pytest.approx(0.95))
    assert (begun.encoded, begun.encoded_here) == (4, 1)


def test_transcription_is_most_of_the_work_and_progress_never_goes_back(begun):
    begun.transcribed(0.5)
    assert begun.share == pytest.approx(0.9 * 0.4)
    begun.transcribed(0.3)
    assert begun.share == pytest.approx(0.9 * 0.4)
    begun.clips(1, 2)
    assert begun.share == pytest.approx(0.9 * 0.9)


def test_a_failed_file_is_done_and_listed(begun):
    begun.transcribed(0.5)
    begun.failed(FILM, "damaged")
    begun.file(SHORT, 100)
    begun.failed(SHORT, "too")
    assert begun.failures == [(FILM, "damaged"), (SHORT, "too")]
    assert (begun.files_done, begun.share, begun.path) == (2, 1.0, None)


def test_files_that_are_read_at_once_count_in_part(begun):
    begun.clips(1, 3)
    begun.file(SHORT, 100)
    begun.clips(1, 2)
    assert begun.share == pytest.approx(0.35)
    begun.file(FILM, 900)
    begun.clips(1, 3)
    assert (begun.path, begun.share, begun.encoded_here) == (FILM, pytest.approx(0.65), 2)
    begun.done(FILM)
    assert (begun.path, begun.share, begun.encoded_here) == (SHORT, pytest.approx(0.95), 2)
    begun.done(SHORT)
    assert (begun.path, begun.share, begun.encoded) == (None, 1.0, 3)


def test_time_left_is_estimated_from_the_work_done(begun, clock):
    assert begun.seconds_left is None
    clock.now += 60
    assert begun.seconds_left is None
    begun.clips(1, 3)
    assert begun.seconds_left == pytest.approx(140)
    clock.now -= 58
    assert begun.seconds_left is None


def test_files_without_bytes_count_as_files():
    progress = UpdateProgress()
    assert progress.share == 0.0
    progress.files(4, 0)
    progress.failed(FILM, "not a regular file")
    assert (progress.share, progress.seconds_left) == (0.25, None)
