"""Results come in order, from other processes only if several have something to do."""

import os

import pytest

from hearsight.util.parallel import parallel_map


def process_of(number: int) -> tuple[int, int]:
    return number, os.getpid()


@pytest.mark.parametrize(("items", "workers"), [(3, 1), (3, 0), (2, 8), (0, 2)])
def test_what_one_process_would_compute_is_computed_in_this_one(items, workers):
    results = list(parallel_map(process_of, range(items), workers, chunk=2))
    assert results == [(number, os.getpid()) for number in range(items)]


def test_several_processes_compute_in_order():
    results = list(parallel_map(process_of, range(3), 2, chunk=2))
    assert [number for number, _ in results] == [0, 1, 2]
    assert os.getpid() not in {process for _, process in results}
