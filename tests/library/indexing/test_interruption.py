"""A library survives being interrupted anywhere: what is written is kept, and the next update finishes the rest."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hearsight
from hearsight.library import Library
from hearsight.library.indexing import engine
from hearsight.library.indexing import read as reading
from hearsight.library.indexing import update as index
from hearsight.library.tables.store import Store
from tests.library.conftest import assert_same, break_off, film, rows, say

WRITES = ["add_clips", "put_videos", "move_videos", "drop_videos", "put_failures", "maintain"]


class Stop(BaseException):
    """An exception that no code catches: it ends an update like a power cut."""


@pytest.fixture
def hasty(monkeypatch):
    """Write after every batch of two clips, so that there are many points to be interrupted at."""
    monkeypatch.setattr(index, "COMMIT_SECONDS", 0.0)
    monkeypatch.setattr(engine, "batch_size", lambda device, threads: 2)


def begin(folder: Path, model, location: Path) -> Library:
    return Library.create(folder, model, library=location, seconds=1)


def change(folder: Path) -> None:
    """Give an update all of its kinds of work."""
    film(folder / "bell.mkv", 3, seed=8)
    film(folder / "new.mkv", 3, seed=9)
    (folder / "trip" / "sea.mkv").rename(folder / "ocean.mkv")
    (folder / "trip" / "silent.mkv").unlink()
    (folder / "bad.mp4").write_text("this is no video")


def watch(monkeypatch, begins=lambda name: None, ends=lambda name: None) -> None:
    """Call a function before each write of an update, and another after it."""

    def watched(name, write):
        def watched_write(*arguments):
            begins(name)
            write(*arguments)
            ends(name)

        return watched_write

    for name in WRITES:
        monkeypatch.setattr(Store, name, watched(name, getattr(Store, name)))


def stop_at(number: int) -> Callable[[str], None]:
    """Return a function that stops the update when it is called for a write of this number, counted from 0."""
    countdown = iter(range(number, -1, -1))

    def stop(name):
        if next(countdown) == 0:
            raise Stop

    return stop


def test_stopped_at_every_write(folder, model, tmp_path, hasty, monkeypatch):
    library = begin(folder, model, tmp_path / "library")
    library.update(recogniser="none")
    shutil.copytree(library.location, tmp_path / "uninterrupted")
    shutil.copytree(library.location, tmp_path / "backup")
    change(folder)
    uninterrupted = Library.open(folder, tmp_path / "uninterrupted", model=model)
    writes = []
    with monkeypatch.context() as patch:
        watch(patch, writes.append)
        uninterrupted.update(recogniser="none")
    assert set(writes) == set(WRITES)
    expected = [hit.clip for hit in uninterrupted.search("a bell", mode="dense").hits]

    # Before each write, and after the first of each kind.
    points = [("begins", number) for number in range(len(writes))]
    points += [("ends", writes.index(name)) for name in WRITES]
    for when, number in points:
        shutil.rmtree(library.location)
        shutil.copytree(tmp_path / "backup", library.location)
        with monkeypatch.context() as patch, pytest.raises(Stop):
            watch(patch, **{when: stop_at(number)})
            Library.open(folder, library.location, model=model).update(recogniser="none")
        again = Library.open(folder, library.location, model=model)
        report = again.update(recogniser="none")
        assert_same(again, uninterrupted)
        assert [hit.clip for hit in again.search("a bell", mode="dense").hits] == expected
        assert [failure.path for failure in again.failures()] == ["bad.mp4"]
        assert report.clips <= 6


def test_a_long_file_is_continued_after_an_interruption(tmp_path, model, hasty, monkeypatch):
    film(tmp_path / "films" / "long.mkv", 12, seed=4)
    library = begin(tmp_path / "films", model, tmp_path / "library")
    encoded = []
    real = engine.encode

    def stop_at_third(model, reads, keep_features):
        if len(encoded) == 3:
            raise Stop
        encoded.append(len(reads))
        return real(model, reads, keep_features)

    with monkeypatch.context() as patch:
        patch.setattr(engine, "encode", stop_at_third)
        with pytest.raises(Stop):
            library.update(recogniser="none")
    written = len(rows(library)[1])
    assert written == sum(encoded) > 0
    assert library.info().clips == 0 and not library.search("a bell").hits
    report = library.update(recogniser="none")
    assert (report.added, report.clips) == (1, 12 - written)
    uninterrupted = begin(tmp_path / "films", model, tmp_path / "uninterrupted")
    uninterrupted.update(recogniser="none")
    assert_same(library, uninterrupted)


@pytest.fixture
def half_done(folder, model, tmp_path, hasty, monkeypatch) -> Library:
    """A library of the folder that was stopped when it had clips and the transcript of the first film, bell.mkv."""
    library = begin(folder, model, tmp_path / "library")

    def stop(store, videos):
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put_videos", stop)
        with pytest.raises(Stop):
            library.update(recogniser="none")
    assert {clip["video"] for clip in rows(library)[1]} and list((library.location / "transcripts").iterdir())
    return library


def refusing(monkeypatch, name: str, error: OSError, access: bool = True) -> None:
    """Let files of a name not be opened any more."""
    real = reading.probe

    def probe(path, *rest):
        if path.name == name:
            raise error
        return real(path, *rest)

    monkeypatch.setattr(reading, "probe", probe)
    monkeypatch.setattr(reading.os, "access", lambda path, mode: access or Path(path).name != name)


def remains(library: Library) -> tuple[set[str], list[Path]]:
    """Return the videos that have clips but no row, and the stored transcripts."""
    videos, clips = rows(library)
    hidden = {clip["video"] for clip in clips} - {video["id"] for video in videos}
    return hidden, list((library.location / "transcripts").iterdir())


def test_remains_of_a_deleted_film_are_removed_though_another_film_cannot_be_read(
    half_done, folder, model, monkeypatch, decode_here
):
    film(folder / "shut.mkv", 2, seed=8)
    (folder / "bell.mkv").unlink()
    refusing(monkeypatch, "shut.mkv", PermissionError(13, "Permission denied"), access=False)
    assert len(half_done.update(recogniser="none").failed) == 1
    assert remains(half_done) == (set(), [])


def test_a_film_that_breaks_off_each_time_keeps_what_is_its_own(half_done, folder, model, monkeypatch):
    (folder / "bell.mkv").unlink()
    break_off(monkeypatch, after=3)
    say(folder / "trip" / "sea.srt", "welcome aboard")
    assert len(half_done.update(recogniser="none").failed) == 1
    [hidden], [transcript] = remains(half_done)
    assert transcript.stem == hidden
    monkeypatch.undo()
    assert half_done.update(recogniser="none").clips == 3
    assert remains(half_done) == (set(), [])


def test_remains_are_kept_while_the_disk_does_not_open_a_film(half_done, model, monkeypatch, decode_here):
    before = remains(half_done)
    with monkeypatch.context() as patch:
        refusing(patch, "bell.mkv", OSError(5, "Input/output error"))
        assert len(half_done.update(recogniser="none").failed) == 1
    assert remains(half_done) == before
    assert half_done.update(recogniser="none").added == 1


# Updates a library for each line it reads, in a fork that is killed after some seconds, and prints the exit code, and
# the seconds if it was not killed. lancedb is imported in the fork: it starts a thread, which a fork does not copy.
# What lancedb imports itself is imported before.
UPDATES = """
import json, os, signal, sys, threading, time, traceback
from pathlib import Path
import av, pandas, pyarrow.dataset, torch
import hearsight

torch.set_num_threads(1)
folder, model = Path(sys.argv[1]), hearsight.load(sys.argv[2])


def update_library(location, delay):
    from hearsight.library import Library
    from hearsight.library.indexing import engine, update
    from hearsight.library.listeners import NullListener

    update.COMMIT_SECONDS, engine.batch_size = 0.0, lambda device, threads: 2

    class Killed(NullListener):
        def files(self, total, size):
            if delay:
                threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()

    begun = time.monotonic()
    Library.create(folder, model, library=Path(location), seconds=1).update(Killed(), recogniser="none")
    return time.monotonic() - begun


assert not {"lancedb", "lance"} & sys.modules.keys()
for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            print(update_library(*json.loads(line)), end=" ", flush=True)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def update_and_kill(folder, model, tmp_path) -> Iterator[Callable[[str, float], tuple[int, float]]]:
    """Return a function that updates a library of the folder and returns the exit code and the seconds it took."""
    model.save_pretrained(tmp_path / "model")
    source = Path(hearsight.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(source), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", UPDATES, str(folder), str(tmp_path / "model")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:

        def update(location: str, delay: float) -> tuple[int, float]:
            process.stdin.write(json.dumps([str(tmp_path / location), delay]) + "\n")
            process.stdin.flush()
            *seconds, code = process.stdout.readline().split()
            return int(code), float(seconds[0]) if seconds else 0.0

        yield update
        process.stdin.close()
        assert process.wait(60) == 0


def test_killed_at_random_points(folder, tmp_path, update_and_kill):
    for number in range(4):
        film(folder / f"{number}.mkv", 4, seed=number)
    code, seconds = update_and_kill("uninterrupted", 0)
    assert code == 0
    chance = random.Random(0)
    killed = 0
    for _ in range(20):
        # What is left to do gets less from run to run, and so do the delays.
        code, duration = update_and_kill("library", chance.uniform(0.001, seconds / (killed + 1)))
        if code == 0:
            seconds = min(seconds, duration)  # the first one may have met a busier machine
            shutil.rmtree(tmp_path / "library")
            continue
        assert code == -signal.SIGKILL
        library = Library.open(folder, tmp_path / "library")
        ids = [clip["id"] for clip in rows(library)[1]]
        assert len(ids) == len(set(ids))
        library.search("a bell")
        killed += 1
        if killed == 3:
            break
    assert killed == 3
    Library.open(folder, tmp_path / "library").update(recogniser="none")
    assert_same(Library.open(folder, tmp_path / "library"), Library.open(folder, tmp_path / "uninterrupted"))
