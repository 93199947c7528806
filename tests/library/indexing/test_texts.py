"""A reader goes through the pictures of files after an update, and continues where it was interrupted."""

import json
import shutil

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.indexing import read as reading
from hearsight.library.indexing import texts
from hearsight.library.listeners import NullListener
from tests.builders import tiny_model
from tests.library.greys import EMPTY, Greys, slides
from tests.media_files import beep, make_media


@pytest.fixture
def reader(monkeypatch):
    reader = Greys()
    monkeypatch.setattr("hearsight.ocr.load.load_reader", lambda name: reader)
    monkeypatch.setattr(texts, "cores", lambda: 1)
    return reader


@pytest.fixture
def films(tmp_path):
    """A talk with four slides of which two are alike, a sign, an empty film, and a sound without pictures."""
    slides(tmp_path / "films" / "talk.mkv", 40, 120, 120, EMPTY)
    slides(tmp_path / "films" / "trip" / "sign.mkv", 80)
    slides(tmp_path / "films" / "empty.mkv", EMPTY)
    make_media(tmp_path / "films" / "sound.wav", sounds=[beep(2)])
    return tmp_path / "films"


@pytest.fixture
def index(films, model, reader):
    """Index the films again, with other options."""
    return lambda **options: hearsight.index(films, model=model, recogniser="none", meaning="none", **options)


def read_texts(library):
    """What is read in each clip: path, start of the clip, text."""
    rows = library._store.texts.rows(["video", "start", "text"]).to_pylist()
    paths = {id: video.path for id, video in library._store.snapshot().videos.items()}
    return sorted((paths[row["video"]], row["start"], row["text"]) for row in rows)


def recorded(library):
    return json.loads((library.location / "library.json").read_text())


def test_nothing_is_read_unless_a_person_asks(index, reader):
    library = index()
    assert "reader" not in recorded(library) and not library._store.texts.exists and reader.levels == []
    assert library.info().reader == "none" and library.info().read == 0


def test_every_clip_has_a_row_with_what_is_read_in_it(index, reader):
    library = index(read=True, seconds=4)
    assert recorded(library)["reader"] == library.info().reader == "rapidocr" and library.info().read == 4
    assert read_texts(library) == [
        ("empty.mkv", 0, ""),
        ("sound.wav", 0, ""),
        ("talk.mkv", 0, "Budget 2024\nRevenue grows by 12 percent"),
        ("talk.mkv", 4, "The doctor lost\na yellow bicycle"),
        ("talk.mkv", 8, "The doctor lost\na yellow bicycle"),
        ("talk.mkv", 12, ""),
        ("trip/sign.mkv", 0, "EXIT"),
    ]
    assert reader.levels == [EMPTY, 40, 120, EMPTY, 80]  # a picture that stands still is read once
    assert library._store.snapshot().calibration.readers == {"rapidocr": "greys-1"}


def test_a_line_has_its_second_and_its_place_in_the_picture(index):
    library = index(read=True, seconds=4)
    rows = library._store.texts.rows(["text", "lines"]).to_pylist()
    [lines] = [row["lines"] for row in rows if row["text"].startswith("Budget")]
    assert [line["text"] for line in lines] == ["Budget 2024", "Revenue grows by 12 percent"]
    assert [line["second"] for line in lines] == pytest.approx([2, 2.001])
    assert lines[1]["box"] == pytest.approx([0.1, 0.2, 0.5, 0.3]) and lines[1]["confidence"] == pytest.approx(0.9)
    assert all(line["on_thumbnail"] for line in lines)


def test_a_long_clip_has_each_text_once_and_only_one_picture_is_its_thumbnail(index, films, monkeypatch):
    monkeypatch.setattr("hearsight.library.indexing.pictures_to_read.STRETCH", 4.0)
    library = index(read=True, cut="file")
    [row] = [row for row in library._store.texts.rows(["text", "lines"]).to_pylist() if "Budget" in row["text"]]
    assert row["text"] == "Budget 2024\nRevenue grows by 12 percent\nThe doctor lost\na yellow bicycle"
    assert [line["on_thumbnail"] for line in row["lines"]] == [False, False, True, True]


def test_text_can_be_added_and_removed_without_reading_anything_else(index, monkeypatch):
    expected = read_texts(index(read=True, rebuild=True, seconds=4))
    library = index(read=False, rebuild=True)
    assert not library._store.texts.exists
    monkeypatch.setattr(reading, "read_clips", None)  # calling it would raise
    library = index(read=True)
    assert read_texts(library) == expected and library.failures() == []
    assert index().identity.reader == "rapidocr"
    library = index(read=False)
    assert library.info().reader == "none" and library._store.snapshot().calibration.readers == {}
    assert not index()._store.texts.exists


def test_only_what_is_new_is_read(index, films, reader):
    index(read=True)
    reader.levels.clear()
    index()
    assert reader.levels == []
    (films / "trip" / "sign.mkv").unlink()
    shutil.move(films / "talk.mkv", films / "moved.mkv")
    slides(films / "new.mkv", 160)
    library = index()
    assert reader.levels == [160]
    assert {path for path, *_ in read_texts(library)} == {"moved.mkv", "empty.mkv", "sound.wav", "new.mkv"}


def test_an_interrupted_pass_is_continued_within_a_file(index, reader, monkeypatch):
    index(seconds=4)
    real = Greys.read

    def interrupted(self, picture):
        if len(self.levels) == 2:
            raise KeyboardInterrupt
        return real(self, picture)

    monkeypatch.setattr(Greys, "read", interrupted)
    monkeypatch.setattr(texts, "COMMIT_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        index(read=True)
    monkeypatch.setattr(Greys, "read", real)
    library = index()
    assert reader.levels == [EMPTY, 40, 40, 120, EMPTY, 80]  # the clip that was not finished is read again
    assert library.info().read == 4
    assert len(read_texts(library)) == 7 and library._store.snapshot().calibration.readers


def test_a_file_that_cannot_be_read_is_skipped_with_a_reason_and_tried_again(index, monkeypatch, decode_here):
    read_frames, failing = texts.read_frames, True

    def broken(path, *rest):
        if path.name == "talk.mkv" and failing:
            raise OSError(5, "Input/output error")
        yield from read_frames(path, *rest)

    library = index()
    monkeypatch.setattr(texts, "read_frames", broken)
    library, report = Library.plan(library.folder, recogniser="none", read=True).run()
    [failure] = report.failed
    assert failure.path == "talk.mkv" and failure.reason.startswith("the text in its pictures cannot be read:")
    assert "Input/output error;" in failure.reason
    assert report.read == 3 and library.failures() == [] and library.info().read == 3
    failing = False
    report = library.update(recogniser="none")
    assert report.read == 1 and report.failed == [] and library.info().read == 4


def test_a_file_whose_pictures_end_early_is_read_as_far_as_possible(index, monkeypatch, decode_here):
    read_frames = texts.read_frames
    monkeypatch.setattr(texts, "read_frames", lambda *arguments: iter(list(read_frames(*arguments))[:1]))
    library = index(read=True, seconds=4)
    assert [text for path, _, text in read_texts(library) if path == "talk.mkv"][1:] == ["", "", ""]
    assert library.info().read == 4


def test_progress_is_reported_for_each_file(index):
    index(seconds=4)
    calls = []

    class Listener(NullListener):
        def files(self, total, size):
            calls.append(("files", total))

        def clips(self, number, total):
            calls.append(("clips", number, total))

        def done(self, path):
            calls.append(("done", str(path)))

    index(read=True, progress=Listener())
    assert calls[:2] == [("files", 0), ("files", 4)]
    assert [call[1] for call in calls if call[0] == "done"] == ["empty.mkv", "sound.wav", "talk.mkv", "trip/sign.mkv"]
    assert sum(call[1] for call in calls if call[0] == "clips") == 7


def test_another_reader_reads_anew(index, reader):
    library = index(read=True)
    count = len(reader.levels)
    reader.fingerprint = "greys-2"
    report = library.update(recogniser="none")
    assert report.read == 4 and len(reader.levels) == 2 * count
    assert library._store.snapshot().calibration.readers == {"rapidocr": "greys-2"}


def test_a_reader_that_fails_stops_the_pass_and_no_file_is_blamed(index, films, monkeypatch):
    def fail(self, picture):
        raise HearsightError("out of order; repair it")

    monkeypatch.setattr(Greys, "read", fail)
    with pytest.raises(HearsightError, match="out of order"):
        index(read=True)
    assert Library.open(films).failures() == []


def test_another_model_keeps_what_is_read(index, reader, tmp_path):
    library = index(read=True, seconds=4)
    expected, count = read_texts(library), len(reader.levels)
    other = tiny_model(tmp_path / "other", seed=5)
    library.change_model(other, name="other")
    assert read_texts(library) == expected and len(reader.levels) == count
    assert library._store.snapshot().calibration.readers == {"rapidocr": "greys-1"}
    assert library.search("read: exit").hits[0].path.name == "sign.mkv"


@pytest.mark.parametrize("damage", ["data", ""])
def test_what_is_damaged_is_read_again_after_a_repair(index, reader, damage):
    library = index(read=True, seconds=4)
    expected = read_texts(library)
    for file in (library._store.texts.path / damage).rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged")
    reader.levels.clear()
    Library.open(library.folder).repair()
    repaired = index()
    assert read_texts(repaired) == expected and reader.levels
    assert repaired.search("read: exit").hits[0].path.name == "sign.mkv"


@pytest.mark.parametrize("name", ["../../outside", "/etc", "\x00", "a" * 5000, "nobody"])
def test_names_of_a_strangers_library_reach_nothing(index, name, monkeypatch):
    library = index()
    monkeypatch.undo()  # the real loader
    (library.location / "library.json").write_text(json.dumps({**recorded(library), "reader": name}))
    opened = Library.open(library.folder)
    assert opened.search("a bell rings").hits is not None and opened.info().reader == name
    with pytest.raises(HearsightError, match="no reader of text in pictures is called"):
        opened.update(recogniser="none")


def test_a_library_of_an_older_hearsight_is_searched_and_can_be_read(index):
    library = index()
    calibration = library.location / "calibration.json"
    values = json.loads(calibration.read_text())
    assert values.pop("readers") == {}
    calibration.write_text(json.dumps(values))
    opened = Library.open(library.folder)
    assert opened._store.snapshot().calibration is not None and opened.search("exit").hits
    with pytest.raises(HearsightError, match=r"no picture of this library has been read; .* index FOLDER --read"):
        opened.search("read: exit")
    assert index(read=True).search("read: exit").matched


def test_hostile_text_is_stored_and_searched_as_text(index, reader, monkeypatch):
    hostile = [
        "'; DROP TABLE clips; --",
        "\x00\x1b[31mred",
        "x" * 20_000,
        "\u202eevil",
        "read: said: -exit",
        "日本 出口",
    ]
    lines = [Greys().read(np.full((4, 4, 3), 80, np.uint8))[0]]
    monkeypatch.setattr(reader, "read", lambda picture: [type(lines[0])(text, 0.9, lines[0].box) for text in hostile])
    library = index(read=True)
    assert library.search("read: 出口").matched and library.search('read: "DROP TABLE clips"').matched
    assert {line["text"] for row in library._store.texts.rows(["lines"]).to_pylist() for line in row["lines"]} >= {
        "x" * 20_000, "日本 出口"
    }  # fmt: skip
