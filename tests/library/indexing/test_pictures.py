"""Pictures in a folder are clips of one frame, without a time."""

import pytest

from hearsight.errors import HearsightError
from hearsight.library import Filters, Library
from hearsight.library.tables.library_json import Identity
from tests.library.conftest import film, say
from tests.picture_files import exif, plain, write_animation, write_picture


@pytest.fixture
def folder(tmp_path):
    """A film with subtitles, a photo of the same name, two more, and a cover."""
    folder = tmp_path / "holiday"
    film(folder / "sea.mkv", 4, seed=1)
    say(folder / "sea.srt", "the doctor lost", "a yellow bicycle")
    taken = exif(DateTimeOriginal="2019:05:17 10:20:30", OffsetTimeOriginal="+02:00")
    write_picture(folder / "sea.jpg", exif=taken)
    write_picture(folder / "scans" / "old.PNG", plain((20, 200, 20)))
    write_animation(folder / "cat.gif", [0, 100, 200])
    write_picture(folder / "cover.jpg")
    return folder


def paths(library: Library) -> set[str]:
    return {video.path for video in library._store.snapshot().videos.values()}


@pytest.fixture
def library(folder, model) -> Library:
    library = Library.create(folder, model, seconds=2)
    library.update(recogniser="none")
    return library


def test_a_picture_is_one_clip_without_a_time(library):
    assert paths(library) == {"sea.mkv", "sea.jpg", "scans/old.PNG", "cat.gif"}
    rows = library._store.rows(
        "true", ["video", "start", "end", "transcript", "has_sound", "mask", "thumbnail"]
    ).to_pylist()
    pictures = {video.id for video in library._store.snapshot().videos.values() if video.is_picture}
    rows = [row for row in rows if row["video"] in pictures]
    assert [(row["start"], row["end"], row["transcript"], row["has_sound"]) for row in rows] == [(0, 0, "", False)] * 3
    assert all(row["mask"][0] and row["thumbnail"] for row in rows)
    info = library.info()
    assert (info.videos, info.pictures, info.clips, info.transcripts) == (1, 3, 5, {"subtitles": 1})
    assert info.hours == pytest.approx(4 / 3600, rel=0.1)


def test_unchanged_pictures_are_not_read_again_and_covers_are_counted(library):
    report = library.update(recogniser="none")
    assert (report.unchanged, report.added, report.left_out, report.others) == (4, 0, {"artwork": 1}, {})


def test_a_search_finds_pictures_and_filters_know_them(library):
    everything = library.search("a bell", min_confidence=0, limit=10).hits
    assert {str(hit.path) for hit in everything if hit.is_picture} == {"sea.jpg", "scans/old.PNG", "cat.gif"}
    assert all(hit.moment == 0 for hit in everything if hit.is_picture)

    def paths_within(**filters):
        return {str(hit.path) for hit in library.search("a bell", filters=Filters(**filters)).hits}

    assert paths_within(min_seconds=0.1) == {"sea.mkv"}
    assert paths_within(max_seconds=0) == {"sea.jpg", "scans/old.PNG", "cat.gif"}
    assert paths_within(after="2019-05-17", before="2019-05-18") == {"sea.jpg"}
    assert paths_within(from_seconds=1) == {"sea.mkv"}
    photo = next(hit for hit in everything if hit.path.name == "sea.jpg")
    assert "sea.jpg" not in {str(hit.path) for hit in library.similar(photo).hits}
    assert library.search_by_example(photo.video, limit=1, by="seen").hits[0].path.name == "sea.jpg"
    assert library.transcript(photo).lines == []
    assert library.clip(photo).duration == 0
    assert [hit.clip for hit in library.moments(photo, "a bell")] == [photo.clip]


def test_pictures_can_be_left_out_and_the_library_remembers_it(folder, model):
    library = Library.create(folder, model, seconds=2, pictures=False)
    report = library.update(recogniser="none")
    assert paths(library) == {"sea.mkv"}
    assert report.left_out == {"artwork": 1, "pictures": 3}
    assert Library.open(folder).update(recogniser="none").left_out["pictures"] == 3
    again = Library.create(folder, model, pictures=True)
    assert again.update(recogniser="none").added == 3
    last = Library.create(folder, model, pictures=False).update(recogniser="none")
    assert (last.deleted, last.left_out["pictures"]) == (3, 3)


def test_a_library_that_is_older_than_pictures_gets_none_unasked(folder, model):
    library = Library.create(folder, model, seconds=2)
    identity = Identity.read(library.location)
    identity.__class__(**{**vars(identity), "pictures": None}).write(library.location)
    old = Library.open(folder, model=model)
    assert old.update(recogniser="none").left_out["pictures"] == 3
    assert paths(old) == {"sea.mkv"}
    assert Library.create(folder, model).identity.pictures is None
    assert Library.create(folder, model, pictures=True).update(recogniser="none").added == 3


def test_damaged_pictures_fail_and_others_are_indexed(folder, model):
    content = (folder / "sea.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(content[: len(content) // 2])
    (folder / "text.jpg").write_text("no picture at all, but some words")
    (folder / "empty.png").touch()
    library = Library.create(folder, model, seconds=2)
    report = library.update(recogniser="none")
    assert report.added == 4
    reasons = {failure.path: failure.reason for failure in report.failed}
    assert reasons == {
        "cut.jpg": "the picture is damaged or cut short; replace or remove it",
        "text.jpg": "damaged, or not a picture; replace or remove it",
        "empty.png": "the file is empty (0 bytes); copy or download it again",
    }


def test_a_folder_of_pictures_alone(tmp_path, model):
    write_picture(tmp_path / "a.jpg")
    library = Library.create(tmp_path, model)
    assert library.update(recogniser="none").added == 1
    write_picture(tmp_path / "sub" / "b.jpg")
    with pytest.raises(HearsightError, match="no video or sound file in"):
        Library.create(tmp_path / "sub", model, pictures=False).update(recogniser="none")
    assert Library.create(tmp_path, model, pictures=False).update(recogniser="none").deleted == 1


def test_pictures_are_encoded_again_for_another_model(library, folder, tmp_path):
    from tests.builders import tiny_model

    other = tiny_model(tmp_path / "other", seed=5)
    assert library.change_model(other).reencoded == 4
    assert paths(library) == {"sea.mkv", "sea.jpg", "scans/old.PNG", "cat.gif"}
