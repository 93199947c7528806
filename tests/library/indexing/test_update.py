"""Keeping a library up to date with its folder."""

import errno
import json
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.indexing import engine
from hearsight.library.indexing import read as reading
from hearsight.library.results import NullListener
from hearsight.library.tables.lock import updating
from hearsight.media import SAMPLE_RATE
from hearsight.speech.recogniser import RecognisedSpeech
from hearsight.speech.transcript import Transcript
from tests.builders import tiny_model
from tests.library.conftest import assert_same, break_off, film, rows, say


def paths(library):
    return [video["path"] for video in rows(library)[0]]


def test_first_update_indexes_everything(library, model):
    report = library.update(recogniser="none")
    assert (report.added, report.clips, report.failed) == (3, 7, [])
    assert paths(library) == ["bell.mkv", "trip/sea.mkv", "trip/silent.mkv"]
    info = library.info()
    assert (info.videos, info.clips, info.with_speech, info.with_sound) == (3, 7, 2, 5)
    assert info.hours == pytest.approx(13 / 3600, rel=0.05)
    assert (info.method, info.fingerprint, info.seconds) == ("save", model.fingerprint, 2)
    json.dumps(report.to_dict())
    json.dumps(info.to_dict())


def test_nothing_is_opened_when_nothing_changed(library, model, monkeypatch):
    library.update(recogniser="none")
    monkeypatch.setattr(reading, "probe", pytest.fail)
    monkeypatch.setattr("hearsight.library.indexing.diff.content", pytest.fail)
    report = library.update(recogniser="none")
    assert (report.unchanged, report.added, report.changed, report.clips) == (3, 0, 0, 0)


def test_changed_file_is_replaced(library, model):
    library.update(recogniser="none")
    before = {clip["id"] for clip in rows(library)[1]}
    film(library.folder / "bell.mkv", 2, seed=9)
    report = library.update(recogniser="none")
    assert (report.changed, report.unchanged, report.clips) == (1, 2, 1)
    clips = {clip["id"] for clip in rows(library)[1]}
    assert len(clips) == 6 and len(clips & before) == 5


def test_touched_file_is_not_indexed_again(library, model):
    library.update(recogniser="none")
    os.utime(library.folder / "bell.mkv", (1, 1))
    report = library.update(recogniser="none")
    assert (report.unchanged, report.changed, report.moved, report.clips) == (3, 0, 0, 0)
    assert library.update(recogniser="none").unchanged == 3


def test_new_subtitles_are_a_change(library, model):
    library.update(recogniser="none")
    say(library.folder / "trip" / "sea.srt", "welcome aboard")
    assert library.update(recogniser="none").changed == 1
    assert library.search("welcome", mode="speech").hits[0].path.name == "sea.mkv"
    (library.folder / "trip" / "sea.srt").unlink()
    assert library.update(recogniser="none").changed == 1
    assert not library.search("welcome", mode="speech").hits


@pytest.mark.parametrize("read", ["open", "read_bytes"])
def test_subtitles_that_cannot_be_read_once_are_not_done_without(library, model, monkeypatch, read):
    real = getattr(Path, read)

    def refuse(path, *asked, **named):
        if path.suffix == ".srt":
            raise OSError(errno.EIO, "Input/output error")
        return real(path, *asked, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Path, read, refuse)
        (failure,) = library.update(recogniser="none").failed
    assert failure.path == "bell.mkv" and "Input/output error" in failure.reason
    assert library.update(recogniser="none").added == 1
    assert library.search("doctor", mode="speech").hits[0].path.name == "bell.mkv"


def test_moved_file_keeps_its_clips(library, model):
    library.update(recogniser="none")
    before = rows(library)[1]
    (library.folder / "old").mkdir()
    (library.folder / "trip" / "sea.mkv").rename(library.folder / "old" / "ocean.mkv")
    report = library.update(recogniser="none")
    assert (report.moved, report.added, report.deleted, report.clips) == (1, 0, 0, 0)
    assert paths(library) == ["bell.mkv", "old/ocean.mkv", "trip/silent.mkv"]
    assert rows(library)[1] == before


def test_files_that_change_places_are_moved(library, model):
    library.update(recogniser="none")
    before = {video["path"]: video["id"] for video in rows(library)[0]}
    a, b = library.folder / "trip" / "sea.mkv", library.folder / "trip" / "silent.mkv"
    a.rename(library.folder / "between")
    b.rename(a)
    (library.folder / "between").rename(b)
    report = library.update(recogniser="none")
    assert (report.moved, report.clips) == (2, 0)
    after = {video["path"]: video["id"] for video in rows(library)[0]}
    assert after["trip/sea.mkv"] == before["trip/silent.mkv"]
    assert after["trip/silent.mkv"] == before["trip/sea.mkv"]


def test_a_copy_where_a_moved_file_was_is_a_video_of_its_own(library, model):
    library.update(recogniser="none")
    sea, ocean = library.folder / "trip" / "sea.mkv", library.folder / "ocean.mkv"
    sea.rename(ocean)
    library.update(recogniser="none")
    shutil.copy(ocean, sea)
    report = library.update(recogniser="none")
    assert (report.added, report.unchanged) == (1, 3)
    videos, clips = rows(library)
    assert len({video["id"] for video in videos}) == 4
    assert len({clip["id"] for clip in clips}) == len(clips) == 10


def test_deleted_file_is_forgotten(library, model):
    library.update(recogniser="none")
    (library.folder / "trip" / "sea.mkv").unlink()
    report = library.update(recogniser="none")
    assert (report.deleted, report.unchanged) == (1, 2)
    assert paths(library) == ["bell.mkv", "trip/silent.mkv"]
    assert len(rows(library)[1]) == 4


def test_a_folder_whose_disk_is_not_mounted_is_not_forgotten(library, model):
    library.update(recogniser="none")
    library.folder.rename(library.folder.with_name("disk"))
    library.folder.mkdir()
    at = library.folder.with_name("disk") / ".hearsight"
    at.rename(library.location)
    (library.folder / "disk.mp4").symlink_to("/nowhere")
    with pytest.raises(HearsightError, match=r"nothing is left in .*mount its disk.*delete .*\.hearsight"):
        library.update(recogniser="none")
    assert len(paths(library)) == 3


@pytest.mark.parametrize("away", [None, "trip"], ids=["empty", "with an empty folder"])
@pytest.mark.parametrize("videos", [1, 3])
def test_an_empty_folder_is_refused_however_many_videos_it_had(tmp_path, model, videos, away):
    for number in range(videos):
        film(tmp_path / "films" / "trip" / f"{number}.mkv", 2, seed=number)
    library = Library.create(tmp_path / "films", model, tmp_path / "index")
    library.update(recogniser="none")
    shutil.rmtree(tmp_path / "films")
    (tmp_path / "films" / (away or "")).mkdir(parents=True)
    with pytest.raises(HearsightError, match=r"nothing is left in .*mount its disk"):
        library.update(recogniser="none")
    assert len(paths(library)) == videos


def test_a_folder_within_whose_disk_is_not_mounted_is_not_forgotten(library, model):
    library.update(recogniser="none")
    trip, elsewhere = library.folder / "trip", library.folder.with_name("disk")
    trip.rename(elsewhere)
    trip.mkdir()
    report = library.update(recogniser="none")
    assert (report.deleted, report.unchanged, [failure.path for failure in report.failed]) == (0, 3, ["trip"])
    assert "mount its disk" in report.failed[0].reason
    trip.rmdir()
    trip.symlink_to(elsewhere)
    report = library.update(recogniser="none")
    assert (report.unchanged, report.failed) == (3, [])
    elsewhere.rename(elsewhere.with_name("off"))
    assert library.update(recogniser="none").failed[0].path == "trip"
    trip.unlink()
    assert library.update(recogniser="none").deleted == 2


def test_a_folder_that_has_none_of_the_videos_is_not_the_library_s(folder, model, tmp_path):
    library = Library.create(folder, model, tmp_path / "index", seconds=2)
    library.update(recogniser="none")
    folder.rename(tmp_path / "away")
    film(tmp_path / "others" / "other.mkv", 2)
    with pytest.raises(HearsightError, match=r"none of the 3 videos .* is in .*others; name the folder they are in"):
        Library.create(tmp_path / "others", model, tmp_path / "index")
    assert Library.create(tmp_path / "away", model, tmp_path / "index").update(recogniser="none").unchanged == 3


def test_failures_are_recorded_and_tried_again_when_the_file_changes(library, model, monkeypatch):
    bad = library.folder / "bad.mp4"
    bad.write_text("this is no video")
    (library.folder / "empty.mkv").touch()
    report = library.update(recogniser="none")
    assert report.added == 3
    assert [failure.path for failure in report.failed] == ["bad.mp4", "empty.mkv"]
    assert "0 bytes" in library.failures()[1].reason
    assert "bad.mp4" not in library.failures()[0].reason  # the path stands beside it

    with monkeypatch.context() as patch:
        patch.setattr(reading, "probe", pytest.fail)
        assert library.update(recogniser="none").failed == []
    assert len(library.failures()) == 2
    assert len(library.update(retry=True, recogniser="none").failed) == 2

    bad.unlink()
    film(bad, 2)
    assert library.update(recogniser="none").added == 1
    assert [failure.path for failure in library.failures()] == ["empty.mkv"]


def test_a_copy_that_takes_the_name_of_a_failed_file_has_not_failed(library, model):
    broken = library.folder / "broken.mkv"
    broken.write_text("this is no film")
    assert [failure.path for failure in library.update(recogniser="none").failed] == ["broken.mkv"]
    (library.folder / "trip" / "sea.mkv").rename(broken)
    report = library.update(recogniser="none")
    assert (report.moved, report.clips, library.failures()) == (1, 0, [])


def test_what_is_deleted_goes_though_another_file_cannot_be_opened(library, model, monkeypatch):
    library.update(recogniser="none")
    film(library.folder / "shut.mkv", 2, seed=8)
    (library.folder / "trip" / "sea.mkv").unlink()

    def refuse(path):
        if path.name == "shut.mkv":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    real = reading.probe
    monkeypatch.setattr(reading, "probe", refuse)
    monkeypatch.setattr(reading.os, "access", lambda path, mode: Path(path).name != "shut.mkv")
    report = library.update(recogniser="none")
    assert ([failure.path for failure in report.failed], report.deleted) == (["shut.mkv"], 1)
    videos, clips = rows(library)
    assert len(videos) == 2 and {clip["video"] for clip in clips} == {video["id"] for video in videos}


def test_file_that_could_not_be_opened_is_tried_again(library, model, monkeypatch):
    def refuse(found):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "content", refuse)
        patch.setattr(reading.os, "access", lambda path, mode: False)
        report = library.update(recogniser="none")
    assert len(report.failed) == 3 and "Permission denied" in report.failed[0].reason
    assert library.update(recogniser="none").added == 3
    assert library.failures() == []


def test_a_disk_that_fails_for_a_while_costs_nothing(library, model, monkeypatch):
    library.update(recogniser="none")
    film(library.folder / "bell.mkv", 4, seed=9)
    film(library.folder / "new.mkv", 2, seed=8)

    def fail(path):
        raise HearsightError(f"cannot read {path}: Input/output error") from OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "probe", fail)
        assert len(library.update(recogniser="none").failed) == 2
    assert paths(library) == ["bell.mkv", "trip/sea.mkv", "trip/silent.mkv"]
    report = library.update(recogniser="none")
    assert (report.changed, report.added, library.failures()) == (1, 1, [])


def test_a_touched_film_that_is_refused_once_is_indexed_anew_and_once(library, model, monkeypatch):
    library.update(recogniser="none")
    os.utime(library.folder / "bell.mkv", (1, 1))

    def refuse(found):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("hearsight.library.indexing.diff.content", refuse)
        assert library.update(recogniser="none").changed == 1
    ids = [clip["id"] for clip in rows(library)[1]]
    assert len(ids) == len(set(ids)) == 7
    assert library.update(recogniser="none").unchanged == 3


def test_file_that_vanishes_before_its_turn_costs_only_itself(library, model, monkeypatch):
    real = reading.probe

    def vanish(path):
        (library.folder / "trip" / "sea.mkv").unlink(missing_ok=True)
        return real(path)

    monkeypatch.setattr(reading, "probe", vanish)
    report = library.update(recogniser="none")
    assert (report.added, [failure.path for failure in report.failed]) == (2, ["trip/sea.mkv"])
    assert library.update(recogniser="none").failed == []
    assert library.failures() == []


def test_file_that_changes_while_it_is_read_is_read_again(library, model, monkeypatch):
    real = reading.read_clips

    def write(info, *asked):
        if info.path.name == "bell.mkv":
            film(info.path, 2, seed=9)
        return real(info, *asked)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_clips", write)
        library.update(recogniser="none")
    library.update(recogniser="none")
    fresh = Library.create(library.folder, model, library.location.parent.parent / "fresh", seconds=2)
    fresh.update(recogniser="none")
    assert_same(library, fresh)
    assert library.update(recogniser="none").unchanged == 3


def test_error_midway_leaves_nothing_of_the_file(library, model, monkeypatch):
    with monkeypatch.context() as patch:
        break_off(patch, after=1)
        report = library.update(recogniser="none")
    assert (report.added, report.failed[0].path) == (2, "trip/sea.mkv")
    assert {hit.path.name for hit in library.search("a bell").hits} == {"bell.mkv", "silent.mkv"}
    report = library.update(recogniser="none")  # takes up what was done
    assert (report.added, report.clips) == (1, 2)


def test_changed_file_that_fails_is_no_longer_found(library, model):
    library.update(recogniser="none")
    (library.folder / "bell.mkv").write_text("now it is damaged")
    report = library.update(recogniser="none")
    assert [failure.path for failure in report.failed] == ["bell.mkv"]
    assert paths(library) == ["trip/sea.mkv", "trip/silent.mkv"]
    assert len(rows(library)[1]) == 5


def test_another_model_is_refused_unless_the_library_is_made_anew(library, model, tmp_path):
    library.update(recogniser="none")
    other = tiny_model(tmp_path / "other", "avigate", seed=1)
    for attempt in (
        lambda: Library.create(library.folder, other),
        lambda: Library.open(library.folder, model=other),
        lambda: library.use(other),
    ):
        with pytest.raises(HearsightError, match=r"made with the model .*save.*not with .*avigate.*--rebuild"):
            attempt()
    anew = Library.create(library.folder, other, rebuild=True)
    assert anew.info().clips == 0
    assert anew.update(recogniser="none").added == 3
    assert anew.search("a bell").hits


def test_another_way_of_cutting_is_refused(library, model):
    assert Library.create(library.folder, model).info().seconds == 2
    with pytest.raises(HearsightError, match="cut in windows of 2 s, not in whole files"):
        Library.create(library.folder, model, cut="file")


def test_a_rebuilt_library_is_cut_as_before_unless_told_otherwise(folder, model):
    Library.create(folder, model, cut="file", seconds=2)
    anew = Library.create(folder, model, rebuild=True).identity
    assert (anew.by, anew.seconds) == ("file", 2)
    anew = Library.create(folder, model, cut="window", rebuild=True).identity
    assert (anew.by, anew.seconds) == ("window", 2)
    anew = Library.create(folder, model, seconds=5, rebuild=True).identity
    assert (anew.by, anew.seconds) == ("window", 5)
    (folder / ".hearsight" / "library.json").write_text("{")
    anew = Library.create(folder, model, rebuild=True).identity
    assert (anew.by, anew.seconds) == ("window", 15)


@pytest.mark.parametrize("seconds", [0, -1, 0.0001, float("inf"), float("nan")])
def test_a_length_that_no_clip_has_is_refused(folder, model, seconds):
    with pytest.raises(HearsightError, match=r"a length of 0\.5 or more"):
        Library.create(folder, model, seconds=seconds)
    assert not (folder / ".hearsight").exists()


def test_second_process_is_told(library, model):
    with (
        updating(library.location),
        pytest.raises(HearsightError, match=rf"updated by another process \(process {os.getpid()}, since"),
    ):
        library.update(recogniser="none")
    assert library.update(recogniser="none").added == 3


def test_search_goes_on_while_the_library_is_updated(library, model):
    library.update(recogniser="none")
    found = []

    class Listener(NullListener):
        def clips(self, number, of):
            found.append(len(Library.open(library.folder).search("a bell").hits))

    film(library.folder / "new.mkv", 4, seed=7)
    library.update(Listener(), recogniser="none")
    assert found == [3, 3]
    assert len(library.search("a bell").hits) == 4


def test_progress_tells_of_every_file(library, model):
    told = []

    class Listener(NullListener):
        def files(self, total, size):
            told.append((total, size))

        def file(self, path, size):
            told.append((str(path), size))

        def clips(self, number, of):
            told.append(f"clip of {of}")

        def done(self, path):
            told.append(f"{path} done")

        def failed(self, path, reason):
            told.append(f"{path} failed")

    (library.folder / "bad.mp4").write_text("this is no video")
    library.update(Listener(), recogniser="none")
    sizes = {name: (library.folder / name).stat().st_size for name in ("bad.mp4", "bell.mkv")}
    assert told[0] == (4, sum(file.stat().st_size for file in library.folder.rglob("*.m??")))
    assert told[1:3] == [("bad.mp4", sizes["bad.mp4"]), "bad.mp4 failed"]
    assert told[3:7] == [("bell.mkv", sizes["bell.mkv"]), "clip of 2", "clip of 2", "bell.mkv done"]
    assert told[-1] == "trip/silent.mkv done" and told.count("clip of 3") == 3


def test_progress_tells_how_much_of_a_long_file_is_transcribed(library, model, monkeypatch):
    """The recogniser waits in the middle of the file until the listener was told: what it has heard by then counts."""
    told, listened = [], threading.Event()

    class Listener(NullListener):
        def transcribed(self, share):
            told.append(share)
            listened.set()

    class Slow:
        name = "slow"

        def transcribe(self, samples):
            return RecognisedSpeech((), None)

    def halves(info, recogniser, beside):
        if info.path.name == "sea.mkv":
            recogniser.transcribe(np.zeros(3 * SAMPLE_RATE, np.float32))
            assert listened.wait(30)
        return Transcript()

    monkeypatch.setattr(engine, "PATIENCE", 0.01)
    monkeypatch.setattr(reading, "transcribe", halves)
    library.update(Listener(), recogniser=Slow())
    assert told[0] == pytest.approx(0.5, abs=0.02)


def test_folder_without_videos_or_without_library(tmp_path, model):
    (tmp_path / "notes.txt").write_text("nothing to see")
    with pytest.raises(HearsightError, match="is not indexed"):
        Library.open(tmp_path)
    with pytest.raises(HearsightError, match="no video or sound file"):
        Library.create(tmp_path, model).update(recogniser="none")
    with pytest.raises(HearsightError, match="no folder"):
        Library.create(tmp_path / "nowhere", model)


def test_damaged_library_is_told(library, model):
    (library.location / "library.json").write_text("{")
    with pytest.raises(HearsightError, match=r"damaged.*--rebuild"):
        Library.open(library.folder)
    assert Library.create(library.folder, model, rebuild=True).update(recogniser="none").added == 3


@pytest.mark.parametrize("table", ["videos", "clips", "failures"])
def test_damaged_tables_are_told(library, model, table):
    library.update(recogniser="none")
    (library.folder / "bad.mp4").write_text("this is no video")
    library.update(recogniser="none")
    for file in (library.location / f"{table}.lance" / "data").iterdir():
        file.write_bytes(b"")
    again = Library.open(library.folder)
    attempts = [again.info, lambda: again.update(recogniser="none")]
    if table != "failures":
        attempts.append(lambda: again.search("a bell"))
    for attempt in attempts:
        with pytest.raises(HearsightError, match=r"damaged.*--rebuild"):
            attempt()
    assert Library.create(library.folder, model, rebuild=True).update(recogniser="none").added == 3


def test_library_that_is_deleted_while_it_is_open_is_told(library, model):
    library.update(recogniser="none")
    library.search("a bell")
    shutil.rmtree(library.location)
    for attempt in (library.info, library.failures, lambda: library.search("a bell")):
        with pytest.raises(HearsightError, match=r"damaged, or being rebuilt"):
            attempt()


def test_a_file_where_the_library_would_be_is_told(folder, model):
    (folder / ".hearsight").write_text("mine")
    for rebuild in (False, True):
        with pytest.raises(HearsightError, match=r"a file stands where .*hearsight should be.*--library"):
            Library.create(folder, model, rebuild=rebuild)
    assert (folder / ".hearsight").read_text() == "mine"


LANCE = "hearsight.library.tables.store.lancedb.table.LanceTable.add"
FULL = RuntimeError("lance error: LanceError(IO): No space left on device (os error 28), /index.rs:1")


@pytest.mark.parametrize(
    ("place", "error", "told"),
    [
        (
            "hearsight.library.tables.lock.FileLock",
            OSError(errno.EROFS, "Read-only file system"),
            "Read-only file system",
        ),
        (LANCE, OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (LANCE, FULL, "No space left on device"),
    ],
)
def test_disk_that_cannot_be_written_is_told(library, model, monkeypatch, place, error, told):
    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr(place, refuse)
    with pytest.raises(HearsightError, match=rf"cannot write the library at .*: {told}; make room.*--library"):
        library.update(recogniser="none")


SHUT = RuntimeError(
    "lance error: LanceError(IO): Generic LocalFileSystem error: Unable to open file /films/.hearsight/clips.lance/"
    "data/01.lance: Permission denied (os error 13), /result.rs:1"
)


@pytest.mark.parametrize("error", [SHUT, PermissionError(errno.EACCES, "Permission denied")])
def test_tables_that_may_not_be_read_are_not_damaged(library, model, monkeypatch, error):
    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr("hearsight.library.tables.store.lancedb.table.LanceTable.to_arrow", refuse)
    with pytest.raises(HearsightError, match=r"cannot read the library at .*: Permission denied; get permission there"):
        library.search("a bell")


def test_place_that_cannot_be_made_is_told(folder, model):
    with pytest.raises(HearsightError, match=r"cannot write the library at /proc/nowhere/index: .*--library"):
        Library.create(folder, model, Path("/proc/nowhere/index"))


def test_full_disk_is_no_fault_of_the_film_that_is_transcribed(library, model, monkeypatch):
    (library.location / "transcripts").mkdir()
    for name in ("bell", "sea", "silent"):
        say(next(library.folder.rglob(f"{name}.mkv")).with_suffix(".srt"), "hello")

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reading, "write_atomic", full)
    assert library.update(recogniser="none").failed == []


def test_library_that_another_process_makes_meanwhile_is_kept(folder, model, monkeypatch):
    @contextmanager
    def late(at):
        monkeypatch.undo()
        Library.create(folder, model).update(recogniser="none")
        with updating(at):
            yield

    monkeypatch.setattr("hearsight.library.indexing.create.updating", late)
    assert Library.create(folder, model).info().videos == 3


def test_library_is_loaded_by_the_name_that_was_given_last(library, model):
    assert Library.create(library.folder, model, name="/new/place").identity.model == "/new/place"
    Library.create(library.folder, model)
    assert Library.open(library.folder).identity.model == "/new/place"


def test_nothing_of_anybody_else_is_taken_away(folder, model, tmp_path):
    mine = tmp_path / "mine"
    for name in ("transcripts/2024/interview.txt", "notes.txt"):
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_text("mine")
        for rebuild in (False, True):
            with pytest.raises(HearsightError, match=r"mine contains other files .*folder of its own"):
                Library.create(folder, model, mine, rebuild=rebuild)
        assert (mine / name).read_text() == "mine"
        shutil.rmtree(mine)
    Library.create(folder, model, mine).update(recogniser="none")
    (mine / "transcripts" / "interview.txt").write_text("mine")
    assert Library.create(folder, model, mine, rebuild=True).update(recogniser="none").added == 3
    assert (mine / "transcripts" / "interview.txt").read_text() == "mine"


def test_nothing_is_left_where_no_library_may_be(folder, model, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mother.txt").write_text("dear")
    with pytest.raises(HearsightError, match=r"contains other files \(mother.txt\)"):
        Library.create(folder, model, tmp_path / "letters")
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["mother.txt"]


def test_clips_whose_library_json_is_gone_are_kept(library, model):
    library.update(recogniser="none")
    before = rows(library)
    told = (library.location / "library.json").read_text()
    (library.location / "library.json").unlink()
    with pytest.raises(HearsightError, match=r"library\.json is gone; put that back.*--rebuild"):
        Library.create(library.folder, model)
    (library.location / "library.json").write_text(told)
    assert rows(library) == before


def test_library_elsewhere(folder, model, tmp_path):
    library = Library.create(folder, model, library=tmp_path / "index")
    library.update(recogniser="none")
    assert not (folder / ".hearsight").exists()
    assert Library.open(folder, tmp_path / "index").info().videos == 3


def test_library_inside_its_folder_moves_with_it(library, model, tmp_path):
    library.update(recogniser="none")
    moved = library.folder.rename(tmp_path / "moved")
    again = Library.open(library=moved / ".hearsight")
    assert again.folder == moved
    assert again.search("a bell").hits[0].video.is_file()
    assert Library.create(moved, model).update(recogniser="none").unchanged == 3


def test_library_elsewhere_follows_a_folder_that_was_moved(folder, model, tmp_path):
    at = tmp_path / "index"
    Library.create(folder, model, at, seconds=2).update(recogniser="none")
    assert Library.open(library=at).folder == folder
    moved = folder.rename(tmp_path / "moved")
    assert Library.create(moved, model, at).update(recogniser="none").unchanged == 3
    assert Library.open(library=at).folder == moved


def test_library_of_another_folder_is_not_overwritten(library, model, tmp_path):
    library.update(recogniser="none")
    film(tmp_path / "other" / "new.mkv", 2)
    with pytest.raises(HearsightError, match=r"is that of .*films, not of .*other.*--rebuild"):
        Library.create(tmp_path / "other", model, library.location)
    with pytest.raises(HearsightError, match=r"is that of .*films, not of .*other"):
        Library.open(tmp_path / "other", library.location)
    assert len(paths(library)) == 3
    (tmp_path / "link").symlink_to(library.folder)
    assert Library.create(tmp_path / "link", model, library.location).update(recogniser="none").unchanged == 3
    anew = Library.create(tmp_path / "other", model, library.location, rebuild=True)
    assert anew.update(recogniser="none").added == 1


def test_library_of_another_version_is_told(library, model):
    record = library.location / "library.json"
    told = json.loads(record.read_text())
    del told["folder"]
    record.write_text(json.dumps({**told, "format": 1}))
    with pytest.raises(HearsightError, match=r"made by an old Hearsight.*--rebuild"):
        Library.open(library.folder)


def test_library_of_the_format_before_is_read(library, model):
    library.update(recogniser="none")
    record = library.location / "library.json"
    told = json.loads(record.read_text())
    for name in ("towers", "clips", "former", "recogniser"):
        del told[name]
    record.write_text(json.dumps({**told, "format": 2}))
    again = Library.open(library.folder)
    assert again.update(recogniser="none").unchanged == 3 and again.search("a bell").hits


def test_library_of_a_newer_format_is_left_alone(library, model):
    library.update(recogniser="none")
    record = library.location / "library.json"
    told = {**json.loads(record.read_text()), "format": 99, "spirit": "new"}
    record.write_text(json.dumps(told))
    for attempt in (
        lambda: Library.open(library.folder),
        lambda: Library.create(library.folder, model),
        lambda: Library.create(library.folder, model, rebuild=True),
    ):
        with pytest.raises(HearsightError, match=r"newer Hearsight \(format 99; this one reads up to 4\)"):
            attempt()
    assert json.loads(record.read_text()) == told
