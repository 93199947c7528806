"""A prefetched iterator runs ahead of its reader."""

import threading
from contextlib import closing

import pytest

from hearsight.library.indexing.prefetch import prefetch


def test_items_stay_in_order():
    assert list(prefetch(iter(range(100)), depth=3, timeout=60)) == list(range(100))


def test_an_error_is_raised_after_the_items_before_it():
    def items():
        yield 1
        raise KeyError("gone")

    running = prefetch(items(), depth=3, timeout=60)
    assert next(running) == 1
    with pytest.raises(KeyError):
        next(running)


def test_it_runs_ahead_up_to_its_depth():
    produced, full = [], threading.Event()

    def items():
        for number in range(100):
            produced.append(number)
            if number == 4:
                full.set()
            yield number

    with closing(prefetch(items(), depth=3, timeout=60)) as running:
        next(running)
        assert full.wait(60)  # one read, three waiting, one in hand
        assert len(produced) == 5


def test_none_is_yielded_while_no_item_arrives():
    go_on = threading.Event()

    def items():
        go_on.wait(60)
        yield 1

    with closing(prefetch(items(), depth=3, timeout=0.001)) as running:
        assert next(running) is None
        go_on.set()
        assert next(item for item in running if item is not None) == 1
