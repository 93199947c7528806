"""A folder in an object store is scanned, read and updated, and its errors are explained."""

from pathlib import Path

import pytest
from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.indexing import engine
from hearsight.media.frames import read_frames
from hearsight.media.probe import probe
from hearsight.util import object_store
from hearsight.util.object_store import ObjectPath, as_path
from tests.library.conftest import film, rows, say

FOLDER = "s3://films/holiday"


def test_addresses_and_paths_are_distinguished():
    assert isinstance(as_path("s3://films/a"), ObjectPath) and isinstance(as_path("gs://films/a"), ObjectPath)
    assert not isinstance(as_path("s3:/films/a"), ObjectPath) and not isinstance(as_path("films"), ObjectPath)


def test_a_path_keeps_its_address():
    path = as_path(FOLDER) / "trip" / "sea.mkv"
    assert str(path) == "s3://films/holiday/trip/sea.mkv" and path.name == "sea.mkv"
    assert path.relative_to(as_path(FOLDER)).as_posix() == "trip/sea.mkv"
    assert (as_path(FOLDER) / "a:" / "b.mkv").relative_to(as_path(FOLDER)).as_posix() == "a:/b.mkv"
    assert path.parent.absolute() == path.parent.resolve() == as_path(f"{FOLDER}/trip")
    assert not path.samefile(path.parent) and path.samefile(as_path(str(path)))


@pytest.fixture
def uploaded(folder, bucket):
    bucket.upload(folder, "holiday/")
    bucket.put("holiday/.hidden/no.mkv", b"hidden")
    bucket.put("elsewhere/no.mkv", b"outside")
    return bucket


def test_rows_equal_those_of_the_same_files_on_a_disk(folder, uploaded, model, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "batch_size", lambda device, threads: 1)  # batches of another size round otherwise
    on_disk = Library.create(folder, model, library=tmp_path / "disk", seconds=2)
    on_disk.update(recogniser="none")
    library = Library.create(as_path(FOLDER), model, library=tmp_path / "store", seconds=2)
    assert library.update(recogniser="none").added == 3
    (videos, clips), (disk_videos, disk_clips) = rows(library), rows(on_disk)
    assert clips == disk_clips
    assert [{**video, "stat": ""} for video in videos] == [{**video, "stat": ""} for video in disk_videos]
    [hit] = library.search("the doctor lost", mode="speech").hits
    assert str(hit.video) == f"{FOLDER}/bell.mkv"
    assert str(Library.open(library=library.location).folder) == FOLDER


def test_an_update_follows_what_changes(folder, uploaded, model, tmp_path):
    library = Library.create(as_path(FOLDER), model, library=tmp_path / "library", seconds=2)
    library.update(recogniser="none")
    assert library.update(recogniser="none").unchanged == 3
    uploaded.put("holiday/sea2.mkv", (folder / "trip" / "sea.mkv").read_bytes())
    uploaded.delete("holiday/trip/sea.mkv")
    uploaded.delete("holiday/trip/silent.mkv")
    say(tmp_path / "new.srt", "welcome aboard")
    uploaded.put("holiday/sea2.de.srt", (tmp_path / "new.srt").read_bytes())
    uploaded.put("holiday/bell.mkv", film(tmp_path / "other.mkv", 2, seed=9).read_bytes())
    uploaded.put("holiday/bad.mp4", b"this is no film")
    report = library.update(recogniser="none")
    assert (report.changed, report.deleted, [failure.path for failure in report.failed]) == (1, 2, ["bad.mp4"])
    assert library.search("welcome", mode="speech").hits[0].path.name == "sea2.mkv"


def test_files_are_tried_again_after_the_store_was_unreachable(uploaded, model, tmp_path, monkeypatch):
    library = Library.create(as_path(FOLDER), model, library=tmp_path / "library", seconds=2)
    real = ObjectPath.open

    def lost(path, mode, buffering=0):
        raise ConnectionError(5, "NETWORK_CONNECTION", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(ObjectPath, "open", lost)
        report = library.update(recogniser="none")
    assert len(report.failed) == 3 and "NETWORK_CONNECTION" in report.failed[0].reason
    assert ObjectPath.open is real and library.update(recogniser="none").added == 3


def test_losing_the_store_while_a_file_is_read_is_an_error(bucket, tmp_path, monkeypatch):
    bucket.put("long.mkv", film(tmp_path / "long.mkv", 200).read_bytes())
    monkeypatch.setattr(object_store, "BLOCK", 1 << 14)
    once = AwsStandardS3RetryStrategy(max_attempts=1)
    impatient = S3FileSystem(endpoint_override=bucket.client.meta.endpoint_url, retry_strategy=once)
    monkeypatch.setattr(object_store, "_connected", lambda bucket: impatient)
    frames = read_frames(as_path("s3://films/long.mkv"), [0.0, 99.0, 199.0])
    next(frames)
    bucket.stop()
    for attempt in (lambda: next(frames), lambda: probe(as_path("s3://films/long.mkv"))):
        with pytest.raises(HearsightError, match=r"cannot read .*long.mkv: .*NETWORK_CONNECTION.* run this again"):
            attempt()


def test_a_truncated_or_missing_file_is_an_error(uploaded):
    with pytest.raises(HearsightError, match=r"cannot read s3://films/holiday/none.mkv: no such file"):
        probe(as_path(f"{FOLDER}/none.mkv"))
    with pytest.raises(HearsightError, match=r"cannot read s3://films/holiday/bell.srt: damaged"):
        probe(as_path(f"{FOLDER}/bell.srt"))


@pytest.mark.parametrize("location", [Path("s3://films/index"), as_path("gs://films/index")])
def test_a_library_cannot_be_in_a_store(folder, model, location):
    for attempt in (lambda: Library.create(folder, model, location), lambda: Library.open(library=location)):
        with pytest.raises(HearsightError, match=r"no index can be kept in an object store \(..://films/index\)"):
            attempt()
