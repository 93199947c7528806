"""The driver puts batches of workers in order, and drops repeated ones."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.library.indexing.diff import PendingFile
from hearsight.library.indexing.read import Failed, Finished, Started
from hearsight.library.indexing.scan import MediaEntry
from hearsight.library.tables.schema import Video

pytest.importorskip("ray", reason="Ray is not installed (hearsight[ray])")

from hearsight.scale.crash_counter import MAX_ATTEMPTS, CrashCounter
from hearsight.scale.engine import MAX_BYTES, MAX_FILES, ResultOrderer, group_files
from hearsight.scale.stages import FileVersion, WrittenBatch


def pending(path: str, size: int = 1) -> PendingFile:
    return PendingFile(MediaEntry(path, Path(path), size, "", ()))


def written(path: str, number: int, video: str = "x") -> WrittenBatch:
    return WrittenBatch(FileVersion(path, video), number, [Started(pending(path))], [f"{path} {video} {number}"])


@given(st.data(), st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_each_batch_is_returned_once_in_the_order_of_its_file(data, lengths):
    every = [written(str(file), number) for file, length in enumerate(lengths) for number in range(length)]
    again = data.draw(st.lists(st.sampled_from(every), max_size=4))
    order = ResultOrderer()
    out = [one for batch in data.draw(st.permutations(every + again)) for one in order.put(batch)]
    assert len(out) == len(every)
    for file, length in enumerate(lengths):
        assert [one.number for one in out if one.version.path == str(file)] == list(range(length))


def test_batches_after_a_failure_are_dropped():
    order = ResultOrderer()
    failed = WrittenBatch(FileVersion("a", ""), 0, [Failed(pending("a"), "damaged", "")], [])
    assert [one.number for batch in (written("a", 0), written("a", 2)) for one in order.put(batch)] == [0]
    assert list(order.put(failed)) == [failed]
    assert [one for batch in (written("a", 1), failed) for one in order.put(batch)] == []
    assert len(list(order.put(written("b", 0)))) == 1


def test_a_failure_after_the_end_of_a_file_is_dropped():
    order = ResultOrderer()
    video = Video("x", "a", 1, "", "", 1.0)
    finished = WrittenBatch(FileVersion("a", "x"), 0, [Started(pending("a")), Finished(pending("a"), video)], ["a x 0"])
    failed = WrittenBatch(FileVersion("a", ""), 0, [Failed(pending("a"), "damaged", "")], [])
    assert [one for batch in (finished, failed) for one in order.put(batch)] == [finished]


def test_a_file_that_changed_before_it_is_read_again_has_all_its_batches():
    order = ResultOrderer()
    batches = [written("a", 0, "before"), written("a", 0, "after"), written("a", 1, "after")]
    assert [one for batch in batches for one in order.put(batch)] == batches


@given(st.lists(st.integers(0, 3 * MAX_BYTES), max_size=40), st.integers(1, 20))
def test_every_file_is_in_one_group_and_the_largest_come_first(sizes, workers):
    files = [pending(str(number), size) for number, size in enumerate(sizes)]
    cut = group_files(files, workers)
    assert sorted(one.path for group in cut for one in group.files) == sorted(one.path for one in files)
    sums = [sum(one.entry.size for one in group.files) for group in cut]
    assert sums == sorted(sums, reverse=True)
    for group, size in zip(cut, sums, strict=True):
        assert len(group.files) <= max(1, min(MAX_FILES, len(files) // workers)) and (
            size <= MAX_BYTES or len(group.files) == 1
        )


def test_attempts_are_counted_across_all_workers_of_the_folder(tmp_path):
    for _ in range(MAX_ATTEMPTS):
        assert CrashCounter(tmp_path).begin("trip/sea.mkv")
    assert not CrashCounter(tmp_path).begin("trip/sea.mkv") and CrashCounter(tmp_path).begin("bell.mkv")
    CrashCounter(tmp_path).end("trip/sea.mkv")
    assert CrashCounter(tmp_path).begin("trip/sea.mkv")
    CrashCounter(tmp_path).reset()
    assert list(tmp_path.iterdir()) == []
