"""Files that end the process that decodes them, in an update as a person runs it."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.indexing import read as reading
from hearsight.library.indexing import second_pass
from hearsight.media import decode_clips
from hearsight.types import Clip
from hearsight.util import child_process
from hearsight.util.child_process import ChildProcess
from tests.library.conftest import film, rows, speaking_film
from tests.library.indexing.fatal_recogniser import Fatal


@pytest.fixture
def script(tmp_path):
    """What the recogniser does with one stretch of speech after the other; it hears when there is nothing left."""
    return tmp_path / "script.txt"


@pytest.fixture
def speaking(tmp_path, model, no_plugins):
    """A library with one file in which someone speaks, between two films in which nobody does."""
    hearsight.register_recogniser("fatal")(Fatal)
    folder = tmp_path / "films"
    film(folder / "a.mkv", 2, seed=1)
    speaking_film(folder / "b.mkv")
    film(folder / "c.mkv", 2, seed=2)
    return Library.create(folder, model, seconds=2)


def update(library, script, *steps, retry=False):
    script.write_text("\n".join(steps))
    return library.update(recogniser=f"fatal:{script}", retry=retry)


def test_a_file_that_ends_its_process_once_is_indexed(speaking, script):
    report = update(speaking, script, "SIGSEGV")
    assert (report.added, report.clips, report.failed) == (3, 4, [])


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("SIGKILL", "was killed, as systems do when memory is short"),
        ("SIGSEGV", "reading it crashed (SIGSEGV)"),
        pytest.param("swell", "GB of memory", marks=pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")),
    ],
)
def test_a_file_that_ends_its_process_twice_fails_alone(speaking, script, step, reason):
    report = update(speaking, script, step, step)
    assert (report.added, report.clips) == (2, 2)
    [failure] = report.failed
    assert failure.path == "b.mkv" and reason in failure.reason and failure.reason.endswith("replace it or remove it")
    assert [failure.path for failure in speaking.failures()] == ["b.mkv"]
    assert update(speaking, script).added == 0  # not before it changes, or is asked for
    assert update(speaking, script, retry=True).added == 1
    assert speaking.failures() == []


def test_a_file_that_takes_too_long_fails_at_once(speaking, script, monkeypatch):
    monkeypatch.setattr(decode_clips, "SECONDS", 1.0)
    monkeypatch.setattr(decode_clips, "SECONDS_PER_SECOND", 0.0)
    monkeypatch.setattr(reading, "RECOGNITION_SECONDS", 0.0)
    report = update(speaking, script, "compute")
    assert report.added == 2 and "s of processor time" in report.failed[0].reason


def test_a_recogniser_that_cannot_be_loaded_ends_the_update(speaking, script):
    with pytest.raises(HearsightError, match="its file is damaged"):
        update(speaking, script, "unusable")
    assert speaking.failures() == []
    update(speaking, script)
    assert len(rows(speaking)[0]) == 3


def test_an_update_that_cannot_start_a_process_blames_no_file(speaking, script, monkeypatch):
    child_process.close_idle()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(HearsightError, match="cannot start /nowhere/python"):
            update(speaking, script)
    assert speaking.failures() == []
    assert update(speaking, script).added == 3


def test_clips_before_the_end_are_not_read_twice(speaking, script, monkeypatch):
    """The process ends within a film, after its second clip: another one goes on with what is missing."""
    real, ends, starts = ChildProcess.call, [], []

    def call(child, function, *arguments, limits):
        for number, item in enumerate(real(child, function, *arguments, limits=limits)):
            yield item
            if function is decode_clips.decode_clips and arguments[0].path.name == "long.mkv":
                starts.append(arguments[1][number].start)
                if number == 1 and not ends:
                    ends.append(child._process.kill())

    film(speaking.folder / "long.mkv", 12, seed=3)
    monkeypatch.setattr(ChildProcess, "call", call)
    report = update(speaking, script)
    assert ends and (report.added, report.failed) == (4, [])
    assert starts == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]


def test_a_second_pass_goes_on_where_its_process_ended(tmp_path):
    """A film is heard once more for another expert, and nothing of it is decoded twice."""
    child, kills = ChildProcess(), []
    video, file = SimpleNamespace(path="long.mkv", duration=6.0), film(tmp_path / "long.mkv", 6)
    parts = [Clip(file, start, start + 2) for start in (0.0, 2.0, 4.0)]

    def call(function, *arguments, limits):
        for item in child.call(function, *arguments, limits=limits):
            yield item
            if kills:
                kills.pop()
                child._process.kill()

    def sounds():
        return list(second_pass.decode_items(call, decode_clips.cut_audio, video, file, parts, 16_000))

    expected = sounds()
    kills.append("after the first item")
    np.testing.assert_array_equal(sounds(), expected)
    kills += ["after the first item", "after the second item"]
    with pytest.raises(second_pass.UnreadableError, match="was killed"):
        sounds()
    child.close()
