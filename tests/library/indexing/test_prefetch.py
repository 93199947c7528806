"""An iterator that runs ahead of its reader."""

import threading
from contextlib import closing

import pytest

from hearsight.library.indexing.prefetch import prefetch


def test_everything_comes_in_order():
    assert list(prefetch(iter(range(100)), depth=3, patience=60)) == list(range(100))


def test_errors_come_through_after_what_was_before_them():
    def items():
        yield 1
        raise KeyError("gone")

    running = prefetch(items(), depth=3, patience=60)
    assert next(running) == 1
    with pytest.raises(KeyError):
        next(running)


def test_runs_ahead_but_not_further_than_told():
    made, full = [], threading.Event()

    def items():
        for number in range(100):
            made.append(number)
            if number == 4:
                full.set()
            yield number

    with closing(prefetch(items(), depth=3, patience=60)) as running:
        next(running)
        assert full.wait(60)  # one read, three waiting, one in hand
        assert len(made) == 5


def test_says_when_nothing_comes():
    go_on = threading.Event()

    def items():
        go_on.wait(60)
        yield 1

    with closing(prefetch(items(), depth=3, patience=0.001)) as running:
        assert next(running) is None
        go_on.set()
        assert next(item for item in running if item is not None) == 1
