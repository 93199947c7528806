"""An update makes a library match its folder."""

import errno
import json
import os
import shutil
import threading
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.indexing import engine
from hearsight.library.indexing import read as reading
from hearsight.library.listeners import NullListener
from hearsight.library.tables.lock import updating
from hearsight.speech.recogniser import RecognisedSpeech
from hearsight.speech.transcript import Transcript
from hearsight.types import Line
from tests.builders import tiny_model
from tests.library.conftest import assert_same, break_off, film, make_films, rows, say, speaking_film


@pytest.fixture(scope="module")
def indexed_folder(tmp_path_factory, model) -> Path:
    """A folder of three films, with its library in clips of 2 s."""
    folder = make_films(tmp_path_factory.mktemp("indexed") / "films")
    Library.create(folder, model, seconds=2).update(recogniser="none")
    return folder


@pytest.fixture
def indexed(indexed_folder, model, tmp_path) -> Library:
    """A copy of that library, and of its films."""
    return Library.open(shutil.copytree(indexed_folder, tmp_path / "films"), model=model)


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


def test_nothing_is_opened_when_nothing_changed(indexed, model, monkeypatch):
    monkeypatch.setattr(reading, "probe", pytest.fail)
    monkeypatch.setattr("hearsight.library.indexing.diff.content_hash", pytest.fail)
    report = indexed.update(recogniser="none")
    assert (report.unchanged, report.added, report.changed, report.clips) == (3, 0, 0, 0)


def test_changed_file_is_replaced(indexed, model):
    before = {clip["id"] for clip in rows(indexed)[1]}
    film(indexed.folder / "bell.mkv", 2, seed=9)
    report = indexed.update(recogniser="none")
    assert (report.changed, report.unchanged, report.clips) == (1, 2, 1)
    clips = {clip["id"] for clip in rows(indexed)[1]}
    assert len(clips) == 6 and len(clips & before) == 5


def test_touched_file_is_not_indexed_again(indexed, model):
    os.utime(indexed.folder / "bell.mkv", (1, 1))
    report = indexed.update(recogniser="none")
    assert (report.unchanged, report.changed, report.moved, report.clips) == (3, 0, 0, 0)
    assert indexed.update(recogniser="none").unchanged == 3


def test_new_subtitles_are_a_change(indexed, model):
    say(indexed.folder / "trip" / "sea.srt", "welcome aboard")
    assert indexed.update(recogniser="none").changed == 1
    assert indexed.search("welcome", mode="speech").hits[0].path.name == "sea.mkv"
    (indexed.folder / "trip" / "sea.srt").unlink()
    assert indexed.update(recogniser="none").changed == 1
    assert not indexed.search("welcome", mode="speech").hits


@pytest.mark.parametrize("good", [0, 1])  # the file is opened to be compared, and to be read
def test_a_file_is_not_indexed_without_its_unreadable_subtitles(library, model, monkeypatch, good, decode_here):
    open_file, opened = Path.open, []

    def refuse(path, *args, **kwargs):
        if path.suffix == ".srt":
            opened.append(path)
            if len(opened) > good:
                raise OSError(errno.EIO, "Input/output error")
        return open_file(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        (failure,) = library.update(recogniser="none").failed
    assert failure.path == "bell.mkv" and "Input/output error" in failure.reason
    assert library.update(recogniser="none").added == 1
    assert library.search("doctor", mode="speech").hits[0].path.name == "bell.mkv"


def test_moved_file_keeps_its_clips(indexed, model):
    before = rows(indexed)[1]
    (indexed.folder / "old").mkdir()
    (indexed.folder / "trip" / "sea.mkv").rename(indexed.folder / "old" / "ocean.mkv")
    report = indexed.update(recogniser="none")
    assert (report.moved, report.added, report.deleted, report.clips) == (1, 0, 0, 0)
    assert paths(indexed) == ["bell.mkv", "old/ocean.mkv", "trip/silent.mkv"]
    assert rows(indexed)[1] == before


def test_files_that_change_places_are_moved(indexed, model):
    before = {video["path"]: video["id"] for video in rows(indexed)[0]}
    a, b = indexed.folder / "trip" / "sea.mkv", indexed.folder / "trip" / "silent.mkv"
    a.rename(indexed.folder / "between")
    b.rename(a)
    (indexed.folder / "between").rename(b)
    report = indexed.update(recogniser="none")
    assert (report.moved, report.clips) == (2, 0)
    after = {video["path"]: video["id"] for video in rows(indexed)[0]}
    assert after["trip/sea.mkv"] == before["trip/silent.mkv"]
    assert after["trip/silent.mkv"] == before["trip/sea.mkv"]


def test_a_copy_where_a_moved_file_was_is_a_video_of_its_own(indexed, model):
    sea, ocean = indexed.folder / "trip" / "sea.mkv", indexed.folder / "ocean.mkv"
    sea.rename(ocean)
    indexed.update(recogniser="none")
    shutil.copy(ocean, sea)
    report = indexed.update(recogniser="none")
    assert (report.added, report.unchanged) == (1, 3)
    videos, clips = rows(indexed)
    assert len({video["id"] for video in videos}) == 4
    assert len({clip["id"] for clip in clips}) == len(clips) == 10


def test_deleted_file_is_removed(indexed, model):
    (indexed.folder / "trip" / "sea.mkv").unlink()
    report = indexed.update(recogniser="none")
    assert (report.deleted, report.unchanged) == (1, 2)
    assert paths(indexed) == ["bell.mkv", "trip/silent.mkv"]
    assert len(rows(indexed)[1]) == 4


def test_videos_of_an_unmounted_disk_stay(indexed, model):
    indexed.folder.rename(indexed.folder.with_name("disk"))
    indexed.folder.mkdir()
    location = indexed.folder.with_name("disk") / ".hearsight"
    location.rename(indexed.location)
    (indexed.folder / "disk.mp4").symlink_to("/nowhere")
    with pytest.raises(HearsightError, match=r"none of the indexed videos is in .*mount its .*delete .*\.hearsight"):
        indexed.update(recogniser="none")
    assert len(paths(indexed)) == 3


@pytest.mark.parametrize("away", [None, "trip"], ids=["empty", "with an empty folder"])
@pytest.mark.parametrize("videos", [1, 3])
def test_an_empty_folder_is_refused_however_many_videos_it_had(tmp_path, model, videos, away):
    for number in range(videos):
        film(tmp_path / "films" / "trip" / f"{number}.mkv", 2, seed=number)
    library = Library.create(tmp_path / "films", model, tmp_path / "index")
    library.update(recogniser="none")
    shutil.rmtree(tmp_path / "films")
    (tmp_path / "films" / (away or "")).mkdir(parents=True)
    with pytest.raises(HearsightError, match=r"none of the indexed videos is in .*mount its disk"):
        library.update(recogniser="none")
    assert len(paths(library)) == videos


def test_videos_of_an_unmounted_disk_below_the_folder_stay(indexed, model):
    trip, elsewhere = indexed.folder / "trip", indexed.folder.with_name("disk")
    trip.rename(elsewhere)
    trip.mkdir()
    report = indexed.update(recogniser="none")
    assert (report.deleted, report.unchanged, [failure.path for failure in report.failed]) == (0, 3, ["trip"])
    assert "mount its disk" in report.failed[0].reason
    trip.rmdir()
    trip.symlink_to(elsewhere)
    report = indexed.update(recogniser="none")
    assert (report.unchanged, report.failed) == (3, [])
    elsewhere.rename(elsewhere.with_name("off"))
    assert indexed.update(recogniser="none").failed[0].path == "trip"
    trip.unlink()
    assert indexed.update(recogniser="none").deleted == 2


def test_a_folder_with_none_of_the_videos_is_refused(folder, model, tmp_path):
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


def test_deleted_videos_are_removed_though_another_file_cannot_be_opened(indexed, model, monkeypatch, decode_here):
    film(indexed.folder / "shut.mkv", 2, seed=8)
    (indexed.folder / "trip" / "sea.mkv").unlink()

    def refuse(path, *rest):
        if path.name == "shut.mkv":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *rest)

    real = reading.probe
    monkeypatch.setattr(reading, "probe", refuse)
    monkeypatch.setattr(reading.os, "access", lambda path, mode: Path(path).name != "shut.mkv")
    report = indexed.update(recogniser="none")
    assert ([failure.path for failure in report.failed], report.deleted) == (["shut.mkv"], 1)
    videos, clips = rows(indexed)
    assert len(videos) == 2 and {clip["video"] for clip in clips} == {video["id"] for video in videos}


def test_file_that_could_not_be_opened_is_tried_again(library, model, monkeypatch):
    def refuse(entry):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "content_hash", refuse)
        patch.setattr(reading.os, "access", lambda path, mode: False)
        report = library.update(recogniser="none")
    assert len(report.failed) == 3 and "Permission denied" in report.failed[0].reason
    assert library.update(recogniser="none").added == 3
    assert library.failures() == []


def test_a_temporary_disk_failure_loses_no_video(indexed, model, monkeypatch, decode_here):
    film(indexed.folder / "bell.mkv", 4, seed=9)
    film(indexed.folder / "new.mkv", 2, seed=8)

    def fail(path, *rest):
        raise HearsightError(f"cannot read {path}: Input/output error") from OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "probe", fail)
        assert len(indexed.update(recogniser="none").failed) == 2
    assert paths(indexed) == ["bell.mkv", "trip/sea.mkv", "trip/silent.mkv"]
    report = indexed.update(recogniser="none")
    assert (report.changed, report.added, indexed.failures()) == (1, 1, [])


def test_a_touched_film_that_cannot_be_opened_once_is_indexed_again_once(indexed, model, monkeypatch):
    os.utime(indexed.folder / "bell.mkv", (1, 1))

    def refuse(entry):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("hearsight.library.indexing.diff.content_hash", refuse)
        assert indexed.update(recogniser="none").changed == 1
    ids = [clip["id"] for clip in rows(indexed)[1]]
    assert len(ids) == len(set(ids)) == 7
    assert indexed.update(recogniser="none").unchanged == 3


def test_a_file_that_vanishes_before_it_is_read_fails_alone(library, model, monkeypatch, decode_here):
    real = reading.probe

    def vanish(path, *rest):
        (library.folder / "trip" / "sea.mkv").unlink(missing_ok=True)
        return real(path, *rest)

    monkeypatch.setattr(reading, "probe", vanish)
    report = library.update(recogniser="none")
    assert (report.added, [failure.path for failure in report.failed]) == (2, ["trip/sea.mkv"])
    assert library.update(recogniser="none").failed == []
    assert library.failures() == []


def test_file_that_changes_while_it_is_read_is_read_again(library, model, monkeypatch):
    real = reading.read_clips

    def write(info, *args):
        if info.path.name == "bell.mkv":
            film(info.path, 2, seed=9)
        return real(info, *args)

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


def test_changed_file_that_fails_is_no_longer_found(indexed, model):
    (indexed.folder / "bell.mkv").write_text("now it is damaged")
    report = indexed.update(recogniser="none")
    assert [failure.path for failure in report.failed] == ["bell.mkv"]
    assert paths(indexed) == ["trip/sea.mkv", "trip/silent.mkv"]
    assert len(rows(indexed)[1]) == 5


def test_another_model_is_refused_unless_it_is_asked_for(indexed, model, tmp_path):
    other = tiny_model(tmp_path / "other", "avigate", seed=1)
    for attempt in (
        lambda: Library.create(indexed.folder, other),
        lambda: Library.open(indexed.folder, model=other),
        lambda: indexed.use(other),
    ):
        with pytest.raises(HearsightError, match=r"made with the model .*save.*not with .*avigate.*--model NAME"):
            attempt()
    anew = Library.create(indexed.folder, other, rebuild=True)
    assert anew.info().clips == 0
    assert anew.update(recogniser="none").added == 3
    assert anew.search("a bell").hits


def test_another_way_of_cutting_is_refused(library, model):
    assert Library.create(library.folder, model).info().seconds == 2
    with pytest.raises(HearsightError, match="cut in windows of 2 s, not in whole files"):
        Library.create(library.folder, model, cut="file")


def test_a_rebuilt_library_keeps_its_cutting_by_default(folder, model):
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


def test_a_second_process_is_refused(library, model):
    with (
        updating(library.location),
        pytest.raises(HearsightError, match=rf"updated by another process \(process {os.getpid()}, since"),
    ):
        library.update(recogniser="none")
    assert library.update(recogniser="none").added == 3


def test_search_goes_on_while_the_library_is_updated(indexed, model):
    hits = []

    class Listener(NullListener):
        def clips(self, number, of):
            hits.append(len(Library.open(indexed.folder).search("a bell").hits))

    film(indexed.folder / "new.mkv", 4, seed=7)
    indexed.update(Listener(), recogniser="none")
    assert hits == [3, 3]
    assert len(indexed.search("a bell").hits) == 4


def test_progress_reports_every_file(library, model):
    events = []

    class Listener(NullListener):
        def files(self, total, size):
            events.append((total, size))

        def file(self, path, size):
            events.append((str(path), size))

        def clips(self, number, of):
            events.append(f"clip of {of}")

        def done(self, path):
            events.append(f"{path} done")

        def failed(self, path, reason):
            events.append(f"{path} failed")

    (library.folder / "bad.mp4").write_text("this is no video")
    library.update(Listener(), recogniser="none")
    sizes = {name: (library.folder / name).stat().st_size for name in ("bad.mp4", "bell.mkv")}
    assert events[0] == (4, sum(file.stat().st_size for file in library.folder.rglob("*.m??")))
    assert events[1:3] == [("bad.mp4", sizes["bad.mp4"]), "bad.mp4 failed"]
    assert events[3:7] == [("bell.mkv", sizes["bell.mkv"]), "clip of 2", "clip of 2", "bell.mkv done"]
    assert events[-1] == "trip/silent.mkv done" and events.count("clip of 3") == 3


def test_progress_reports_the_transcribed_share_of_a_long_file(library, model, monkeypatch, decode_here):
    """Progress counts the transcribed half of a file: the recogniser waits there until the callback is called."""
    shares, listened = [], threading.Event()

    class Listener(NullListener):
        def transcribed(self, share):
            shares.append(share)
            listened.set()

    class Slow:
        name = "slow"

        def transcribe(self, samples):
            return RecognisedSpeech((), None)

    def halves(info, recogniser, sidecars):
        if info.path.name == "sea.mkv":
            yield 3.0
            assert listened.wait(30)
        yield Transcript()

    monkeypatch.setattr(engine, "BATCH_TIMEOUT", 0.01)
    monkeypatch.setattr(reading, "transcription", halves)
    library.update(Listener(), recogniser=Slow())
    assert shares[0] == pytest.approx(0.5, abs=0.02)


class Scribe:
    """A recogniser that hears lines without times of words; the second crosses the border of a clip of 2 s."""

    name = "scribe"

    def transcribe(self, samples):
        lines = (
            Line(0.0, 0.8, "Before it."),
            Line(0.9, 2.1, "Across, most of it before."),
            Line(2.3, 3.2, "After it."),
        )
        return RecognisedSpeech((), "en", lines)


def test_lines_without_times_of_words_are_shared_among_clips_by_where_most_of_them_is(tmp_path, model):
    speaking_film(tmp_path / "speaking.mkv")
    library = Library.create(tmp_path, model, seconds=2)
    library.update(recogniser=Scribe())
    clips = rows(library)[1]
    assert [clip["transcript"] for clip in clips] == ["Before it. Across, most of it before.", "After it."]
    assert [[line["text"] for line in clip["lines"]] for clip in clips] == [
        ["Before it.", "Across, most of it before."], ["After it."],
    ]  # fmt: skip
    assert library.info().transcripts == {"scribe": 1}
    assert library.search("across", mode="speech").hits[0].line == "Across, most of it before."


def test_speech_in_another_language_is_counted_and_has_no_words(tmp_path, model):
    class Lost:
        name = "lost"

        def transcribe(self, samples):
            return RecognisedSpeech((), "und")

    speaking_film(tmp_path / "speaking.mkv")
    library = Library.create(tmp_path, model, seconds=2)
    assert library.update(recogniser=Lost()).not_understood == 1
    assert library.info().not_understood == 1
    assert {clip["transcript"] for clip in rows(library)[1]} == {""}
    assert library.update(recogniser=Lost()).not_understood == 0  # nothing is new


def test_a_library_that_records_pocketsphinx_is_updated_without_it(library, model, monkeypatch):
    """It was in the base install of version 0.1."""
    from hearsight.speech import load

    library.identity = replace(library.identity, recogniser="pocketsphinx")
    library.identity.write(library.location)
    monkeypatch.setattr(load, "find_spec", lambda name: None if name == "pocketsphinx" else find_spec(name))
    assert Library.open(library.folder).update().added == 3


def test_folder_without_videos_or_without_library(tmp_path, model):
    (tmp_path / "notes.txt").write_text("nothing to see")
    with pytest.raises(HearsightError, match="is not indexed"):
        Library.open(tmp_path)
    with pytest.raises(HearsightError, match="no video, sound or picture"):
        Library.create(tmp_path, model).update(recogniser="none")
    with pytest.raises(HearsightError, match="no folder"):
        Library.create(tmp_path / "nowhere", model)


def test_a_damaged_library_is_an_error(library, model):
    (library.location / "library.json").write_text("{")
    with pytest.raises(HearsightError, match=r"damaged.*--rebuild"):
        Library.open(library.folder)
    assert Library.create(library.folder, model, rebuild=True).update(recogniser="none").added == 3


@pytest.mark.parametrize("table", ["videos", "clips", "failures"])
def test_damaged_tables_are_an_error(indexed, model, table):
    (indexed.folder / "bad.mp4").write_text("this is no video")
    indexed.update(recogniser="none")
    for file in (indexed.location / f"{table}.lance" / "data").iterdir():
        file.write_bytes(b"")
    again = Library.open(indexed.folder)
    attempts = [again.info, lambda: again.update(recogniser="none")]
    if table != "failures":
        attempts.append(lambda: again.search("a bell"))
    for attempt in attempts:
        with pytest.raises(HearsightError, match=r"damaged.*--rebuild"):
            attempt()
    assert Library.create(indexed.folder, model, rebuild=True).update(recogniser="none").added == 3


def test_a_library_that_is_deleted_while_open_is_an_error(indexed, model):
    indexed.search("a bell")
    shutil.rmtree(indexed.location)
    for attempt in (indexed.info, indexed.failures, lambda: indexed.search("a bell")):
        with pytest.raises(HearsightError, match=r"damaged, or being rebuilt"):
            attempt()


def test_a_file_at_the_path_of_the_library_is_an_error(folder, model):
    (folder / ".hearsight").write_text("mine")
    for rebuild in (False, True):
        with pytest.raises(HearsightError, match=r"a file stands where .*hearsight should be.*--library"):
            Library.create(folder, model, rebuild=rebuild)
    assert (folder / ".hearsight").read_text() == "mine"


LANCE = "hearsight.library.tables.store.lancedb.table.LanceTable.add"
FULL = RuntimeError("lance error: LanceError(IO): No space left on device (os error 28), /index.rs:1")


@pytest.mark.parametrize(
    ("target", "error", "reason"),
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
def test_a_disk_that_cannot_be_written_is_an_error(library, model, monkeypatch, target, error, reason):
    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr(target, refuse)
    with pytest.raises(HearsightError, match=rf"cannot write the library at .*: {reason}; make room.*--library"):
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


def test_a_location_that_cannot_be_created_is_an_error(folder, model):
    with pytest.raises(HearsightError, match=r"cannot write the library at /proc/nowhere/index: .*--library"):
        Library.create(folder, model, Path("/proc/nowhere/index"))


def test_a_full_disk_does_not_fail_the_transcribed_film(library, model, monkeypatch):
    (library.location / "transcripts").mkdir()
    for name in ("bell", "sea", "silent"):
        say(next(library.folder.rglob(f"{name}.mkv")).with_suffix(".srt"), "hello")

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reading, "write_atomic", full)
    assert library.update(recogniser="none").failed == []


def test_a_library_that_another_process_creates_meanwhile_stays(folder, model, monkeypatch):
    @contextmanager
    def late(location):
        monkeypatch.undo()
        Library.create(folder, model).update(recogniser="none")
        with updating(location):
            yield

    monkeypatch.setattr("hearsight.library.indexing.create.updating", late)
    assert Library.create(folder, model).info().videos == 3


def test_library_is_loaded_by_the_name_that_was_given_last(library, model):
    assert Library.create(library.folder, model, name="/new/place").identity.model == "/new/place"
    Library.create(library.folder, model)
    assert Library.open(library.folder).identity.model == "/new/place"


def test_files_of_others_are_never_removed(folder, model, tmp_path):
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


def test_a_refused_location_stays_unchanged(folder, model, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mother.txt").write_text("dear")
    with pytest.raises(HearsightError, match=r"contains other files \(mother.txt\)"):
        Library.create(folder, model, tmp_path / "letters")
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["mother.txt"]


def test_clips_stay_when_library_json_is_missing(indexed, model):
    before = rows(indexed)
    text = (indexed.location / "library.json").read_text()
    (indexed.location / "library.json").unlink()
    with pytest.raises(HearsightError, match=r"library\.json is gone; put that back.*--rebuild"):
        Library.create(indexed.folder, model)
    (indexed.location / "library.json").write_text(text)
    assert rows(indexed) == before


def test_a_library_in_another_folder(folder, model, tmp_path):
    library = Library.create(folder, model, library=tmp_path / "index")
    library.update(recogniser="none")
    assert not (folder / ".hearsight").exists()
    assert Library.open(folder, tmp_path / "index").info().videos == 3


def test_library_inside_its_folder_moves_with_it(indexed, model, tmp_path):
    moved = indexed.folder.rename(tmp_path / "moved")
    again = Library.open(library=moved / ".hearsight")
    assert again.folder == moved
    assert again.search("a bell").hits[0].video.is_file()
    assert Library.create(moved, model).update(recogniser="none").unchanged == 3


def test_a_library_in_another_folder_follows_a_moved_folder(folder, model, tmp_path):
    location = tmp_path / "index"
    Library.create(folder, model, location, seconds=2).update(recogniser="none")
    assert Library.open(library=location).folder == folder
    moved = folder.rename(tmp_path / "moved")
    assert Library.create(moved, model, location).update(recogniser="none").unchanged == 3
    assert Library.open(library=location).folder == moved


def test_library_of_another_folder_is_not_overwritten(indexed, model, tmp_path):
    film(tmp_path / "other" / "new.mkv", 2)
    with pytest.raises(HearsightError, match=r"is that of .*films, not of .*other.*--rebuild"):
        Library.create(tmp_path / "other", model, indexed.location)
    with pytest.raises(HearsightError, match=r"is that of .*films, not of .*other"):
        Library.open(tmp_path / "other", indexed.location)
    assert len(paths(indexed)) == 3
    (tmp_path / "link").symlink_to(indexed.folder)
    assert Library.create(tmp_path / "link", model, indexed.location).update(recogniser="none").unchanged == 3
    anew = Library.create(tmp_path / "other", model, indexed.location, rebuild=True)
    assert anew.update(recogniser="none").added == 1


def test_a_library_of_an_old_format_is_an_error(library, model):
    record = library.location / "library.json"
    values = json.loads(record.read_text())
    del values["folder"]
    record.write_text(json.dumps({**values, "format": 1}))
    with pytest.raises(HearsightError, match=r"made by an old Hearsight.*--rebuild"):
        Library.open(library.folder)


def test_a_library_of_an_earlier_format_is_read(indexed, model):
    record = indexed.location / "library.json"
    values = json.loads(record.read_text())
    for name in ("towers", "clips", "former", "recogniser"):
        values.pop(name, None)
    record.write_text(json.dumps({**values, "format": 2}))
    again = Library.open(indexed.folder)
    assert again.update(recogniser="none").unchanged == 3 and again.search("a bell").hits


def test_a_library_of_a_newer_format_stays_unchanged(indexed, model):
    record = indexed.location / "library.json"
    values = {**json.loads(record.read_text()), "format": 99, "spirit": "new"}
    record.write_text(json.dumps(values))
    for attempt in (
        lambda: Library.open(indexed.folder),
        lambda: Library.create(indexed.folder, model),
        lambda: Library.create(indexed.folder, model, rebuild=True),
    ):
        with pytest.raises(HearsightError, match=r"newer Hearsight \(format 99; this one reads up to 5\)"):
            attempt()
    assert json.loads(record.read_text()) == values
