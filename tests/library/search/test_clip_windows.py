"""The windows of clips: the best of each clip, and when it starts."""

import numpy as np
import pyarrow as pa
import pytest

from hearsight.library.search.clip_windows import ClipWindows

QUERY = np.array([1, 0], np.float32)


@pytest.fixture
def windows():
    """Two windows of clip "b", the first of them the better, three of "a", the last the best, and one of another."""
    vectors = [[0.8, 0.6], [0.6, 0.8], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]
    columns = {
        "id": ["b", "b", "a", "a", "a", "elsewhere"],
        "start": [10.0, 12.0, 3.0, 4.0, 5.0, 0.0],
        "end": [12.0, 14.0, 4.0, 5.0, 6.0, 1.0],
        "vector": pa.array(vectors, pa.list_(pa.float16(), 2)),
    }
    return ClipWindows.read(pa.table(columns), {"a": 0, "silent": 1, "b": 2})


def test_the_best_window_of_each_clip(windows):
    np.testing.assert_allclose(windows.best(QUERY[None], 3), [[1.0, np.nan, 0.8]], atol=1e-3)
    np.testing.assert_array_equal(windows.best_starts(QUERY, 3), [5.0, np.nan, 10.0])


def test_clips_are_taken_in_any_order(windows):
    taken = windows.take([2, 1, 0])
    np.testing.assert_array_equal(taken.best_starts(QUERY, 3), [10.0, np.nan, 5.0])
    np.testing.assert_array_equal(windows.take([]).best_starts(QUERY, 2), [np.nan, np.nan])


def test_the_best_pair_of_windows_of_two_clips(windows):
    both = np.stack([QUERY, np.array([0.6, 0.8], np.float32)])
    scores, starts = windows.best_pairs(both, 3)
    np.testing.assert_allclose(scores, [1.0, np.nan, 1.0], atol=1e-3)
    np.testing.assert_array_equal(starts, [5.0, np.nan, 12.0])
    np.testing.assert_array_equal(windows.take([]).best_pairs(both, 1), [[np.nan], [np.nan]])
