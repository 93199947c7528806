"""One picture of each clip is read, and none twice."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hearsight.library.indexing.pictures_to_read import MIN_DISTANCE, STRETCH, times_to_read
from hearsight.types import Clip


def clips(*edges: float) -> list[Clip]:
    return [Clip(Path(), *pair) for pair in pairwise(edges)]


@pytest.mark.parametrize("duration", [1.0, 2.0, 5.064, 10.0, 13.5, 15.0, 19.9])
def test_it_is_the_picture_that_results_show(duration):
    [[second]] = times_to_read(clips(30.0, 30.0 + duration))
    times = Clip(Path(), 30.0, 30.0 + duration).frame_times(12)
    assert second == times[len(times) // 2]


def test_a_long_clip_has_more_of_them_and_quick_shots_have_fewer():
    [times] = times_to_read(clips(0, 7200))
    assert len(times) == 7200 / STRETCH and times == sorted(times) and times[-1] < 7200
    shots = times_to_read(clips(*np.arange(0, 30, 0.5)))
    seconds = [second for own in shots for second in own]
    assert len(shots) == 59 and all(b - a >= MIN_DISTANCE for a, b in pairwise(seconds)) and len(seconds) == 15


@pytest.mark.parametrize("duration", [0.001, 0.3, 1.0])
def test_the_shortest_clip_has_one(duration):
    assert times_to_read(clips(5, 5 + duration)) == [[5]]


def test_there_are_none_without_clips():
    assert times_to_read([]) == []
