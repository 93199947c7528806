"""What the process that commits does with what comes from workers in any order, or twice."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.library.indexing.diff import Pending
from hearsight.library.indexing.read import Failed, Finished, Started
from hearsight.library.indexing.scan import MediaEntry
from hearsight.library.tables.schema import Video

pytest.importorskip("ray", reason="Ray is not installed (hearsight[ray])")

from hearsight.scale.attempts import MOST, Attempts
from hearsight.scale.engine import MOST_BYTES, MOST_FILES, InOrder, handfuls
from hearsight.scale.stages import Source, Written


def pending(path: str, size: int = 1) -> Pending:
    return Pending(MediaEntry(path, Path(path), size, "", ()))


def written(path: str, number: int, video: str = "x") -> Written:
    return Written(Source(path, video), number, [Started(pending(path))], [f"{path} {video} {number}"])


@given(st.data(), st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_each_batch_comes_once_and_in_order_of_its_file(data, lengths):
    every = [written(str(file), number) for file, length in enumerate(lengths) for number in range(length)]
    again = data.draw(st.lists(st.sampled_from(every), max_size=4))
    order = InOrder()
    out = [one for batch in data.draw(st.permutations(every + again)) for one in order.put(batch)]
    assert len(out) == len(every)
    for file, length in enumerate(lengths):
        assert [one.number for one in out if one.source.path == str(file)] == list(range(length))


def test_a_file_that_failed_is_over_at_once():
    order = InOrder()
    failed = Written(Source("a", ""), 0, [Failed(pending("a"), "damaged", "")], [])
    assert [one.number for batch in (written("a", 0), written("a", 2)) for one in order.put(batch)] == [0]
    assert list(order.put(failed)) == [failed]
    assert [one for batch in (written("a", 1), failed) for one in order.put(batch)] == []
    assert len(list(order.put(written("b", 0)))) == 1


def test_a_file_that_is_finished_cannot_fail_any_more():
    order = InOrder()
    video = Video("x", "a", 1, "", "", 1.0)
    finished = Written(Source("a", "x"), 0, [Started(pending("a")), Finished(pending("a"), video)], ["a x 0"])
    failed = Written(Source("a", ""), 0, [Failed(pending("a"), "damaged", "")], [])
    assert [one for batch in (finished, failed) for one in order.put(batch)] == [finished]


def test_a_file_that_has_changed_when_it_is_read_again_is_whole():
    order = InOrder()
    batches = [written("a", 0, "before"), written("a", 0, "after"), written("a", 1, "after")]
    assert [one for batch in batches for one in order.put(batch)] == batches


@given(st.lists(st.integers(0, 3 * MOST_BYTES), max_size=40), st.integers(1, 20))
def test_every_file_is_in_one_handful_and_the_largest_come_first(sizes, workers):
    files = [pending(str(number), size) for number, size in enumerate(sizes)]
    cut = handfuls(files, workers)
    assert sorted(one.path for handful in cut for one in handful.files) == sorted(one.path for one in files)
    sums = [sum(one.entry.size for one in handful.files) for handful in cut]
    assert sums == sorted(sums, reverse=True)
    for handful, size in zip(cut, sums, strict=True):
        assert len(handful.files) <= max(1, min(MOST_FILES, len(files) // workers)) and (
            size <= MOST_BYTES or len(handful.files) == 1
        )


def test_attempts_are_counted_by_all_that_see_the_folder(tmp_path):
    for _ in range(MOST):
        assert Attempts(tmp_path).begin("trip/sea.mkv")
    assert not Attempts(tmp_path).begin("trip/sea.mkv") and Attempts(tmp_path).begin("bell.mkv")
    Attempts(tmp_path).end("trip/sea.mkv")
    assert Attempts(tmp_path).begin("trip/sea.mkv")
    Attempts(tmp_path).forget()
    assert list(tmp_path.iterdir()) == []
