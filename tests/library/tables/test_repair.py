"""A bad disk costs what was on the bad place, and no more."""

import shutil
from pathlib import Path

import pytest

from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.tables.lock import updating
from tests.library.conftest import assert_same, film, rows


@pytest.fixture
def kept(folder, model) -> Library:
    """A library that keeps features, of three films and, added later, a fourth."""
    library = Library.create(folder, model, seconds=2, keep_features=True)
    library.update(recogniser="none")
    film(folder / "later.mkv", 4, seed=7)
    library.update(recogniser="none")
    return library


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10])


def newest(kept: Library, table: str) -> Path:
    return min((kept.location / f"{table}.lance" / "_versions").glob("*.manifest"))


def data(kept: Library, table: str) -> list[Path]:
    """The files of a table's fragments, in order."""
    opened = kept._store.features.table if table == "features" else getattr(kept._store, table)
    fragments = opened.to_lance().get_fragments()
    return [kept.location / f"{table}.lance" / "data" / fragment.data_files()[0].path for fragment in fragments]


def mended(kept: Library, model, tmp_path) -> Library:
    """The library, opened and brought up to date again; it is as one that was never damaged."""
    again = Library.open(kept.folder)
    again.update(recogniser="none")
    fresh = Library.create(kept.folder, model, tmp_path / "fresh", seconds=2)
    fresh.update(recogniser="none")
    assert_same(again, fresh)
    assert again._store.features.ids() == again._store.ids()
    return again


def test_nothing_is_damaged(kept):
    before = rows(kept)
    done = kept.repair()
    assert (done.versions, done.fragments, done.incomplete_videos) == ([], [], 0)
    assert rows(kept) == before


@pytest.mark.parametrize("table", ["videos", "clips"])
def test_a_manifest(kept, model, tmp_path, table):
    spoilt = newest(kept, table)
    spoil(spoilt)
    with pytest.raises(HearsightError, match=r"cannot be read.*hearsight repair"):
        Library.open(kept.folder).search("a bell")
    again = Library.open(kept.folder)
    done = again.repair()
    assert done.versions == [spoilt.relative_to(kept.location).as_posix()] and not done.fragments
    assert Library.open(kept.folder).search("a bell").hits
    mended(kept, model, tmp_path)


def test_a_fragment_of_clips_costs_its_films_only(kept, model, tmp_path):
    *others, spoilt = data(kept, "clips")
    assert others
    spoil(spoilt)
    done = Library.open(kept.folder).repair()
    assert done.fragments == [spoilt.relative_to(kept.location).as_posix()] and done.incomplete_videos == 1
    again = Library.open(kept.folder)
    assert {hit.path.name for hit in again.search("a bell").hits} == {"bell.mkv", "sea.mkv", "silent.mkv"}
    report = again.update(recogniser="none")
    assert (report.unchanged, report.added, report.clips) == (3, 1, 2)
    mended(kept, model, tmp_path)


@pytest.mark.parametrize("table", ["videos", "features"])
def test_a_fragment_of_another_table(kept, model, tmp_path, table):
    spoilt = data(kept, table)[-1]
    spoil(spoilt)
    done = Library.open(kept.folder).repair()
    assert done.fragments == [spoilt.relative_to(kept.location).as_posix()]
    mended(kept, model, tmp_path)


def test_a_repair_that_was_interrupted_is_finished_by_the_next(kept, model, tmp_path, monkeypatch):
    spoil(data(kept, "clips")[-1])
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("hearsight.library.tables.repair._incomplete_videos", interrupt)
        Library.open(kept.folder).repair()
    assert Library.open(kept.folder).repair().incomplete_videos == 1
    mended(kept, model, tmp_path)


def interrupt(store):
    raise KeyboardInterrupt


@pytest.mark.parametrize("table", ["clips", "features"])
def test_indexes(kept, model, tmp_path, table):
    for file in (kept.location / f"{table}.lance" / "_indices").rglob("*"):
        if file.is_file():
            spoil(file)
    done = Library.open(kept.folder).repair()
    assert (done.versions, done.fragments, done.incomplete_videos) == ([], [], 0)
    assert Library.open(kept.folder).search("a yellow bicycle").hits[0].path.name == "bell.mkv"
    mended(kept, model, tmp_path)


@pytest.mark.parametrize("table", ["videos", "failures"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_small_table_of_which_nothing_is_left_is_made_again(kept, model, tmp_path, table, gone):
    if gone:
        shutil.rmtree(kept.location / f"{table}.lance")
    else:
        for manifest in (kept.location / f"{table}.lance" / "_versions").glob("*.manifest"):
            spoil(manifest)
    assert Library.open(kept.folder).repair().lost_tables == [f"{table}.lance"]
    again = Library.open(kept.folder)
    report = again.update(recogniser="none")
    assert report.clips == 0 and report.added == (4 if table == "videos" else 0)
    mended(kept, model, tmp_path)


def test_features_of_which_nothing_is_left_are_given_up(kept, model, tmp_path):
    """All else is mended meanwhile, and nothing is decoded for want of features."""
    for manifest in (kept.location / "features.lance" / "_versions").glob("*.manifest"):
        spoil(manifest)
    spoil(data(kept, "clips")[-1])
    library = Library.open(kept.folder)
    done = library.repair()
    assert (done.lost_tables, len(done.fragments), done.incomplete_videos) == (["features.lance"], 1, 1)
    assert not (kept.location / "features.lance").exists()
    (kept.location / "features.lance").mkdir()  # as if that had been interrupted
    assert Library.open(kept.folder).repair().lost_tables == [] and not (kept.location / "features.lance").exists()
    report = library.update(recogniser="none")
    assert (report.added, report.unchanged) == (1, 3)
    again = Library.open(kept.folder)
    fresh = Library.create(kept.folder, model, tmp_path / "fresh", seconds=2)
    fresh.update(recogniser="none")
    assert_same(again, fresh)
    with pytest.raises(HearsightError, match="features"):
        again.reindex(model)


def test_clips_of_which_nothing_is_left_change_nothing(kept):
    spoil(data(kept, "features")[0])
    for manifest in (kept.location / "clips.lance" / "_versions").glob("*.manifest"):
        spoil(manifest)
    before = {path: path.stat().st_mtime_ns for path in kept.location.rglob("*") if path.is_file()}
    with pytest.raises(HearsightError, match=r"no version of .*clips.lance can be read; make the library anew"):
        Library.open(kept.folder).repair()
    after = {path: path.stat().st_mtime_ns for path in kept.location.rglob("*") if path.is_file()}
    assert {path for path in before | after if before.get(path) != after.get(path)} <= {kept.location / "update.json"}


def test_a_file_that_cannot_be_got_at_now_is_no_damage(kept, monkeypatch):
    before, (shut, *_), real = rows(kept), data(kept, "clips"), Path.open

    def refuse(path, *args, **kwargs):
        if path == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        with pytest.raises(HearsightError, match=rf"cannot read .*{shut.name}: Permission denied; nothing is changed"):
            Library.open(kept.folder).repair()
    assert rows(kept) == before


def test_nothing_left_to_restore(kept):
    for manifest in (kept.location / "clips.lance" / "_versions").glob("*.manifest"):
        spoil(manifest)
    with pytest.raises(HearsightError, match=r"no version of .*clips\.lance can be read.*--rebuild"):
        Library.open(kept.folder).repair()


def test_not_while_it_is_updated(kept):
    with updating(kept.location), pytest.raises(HearsightError, match="being updated by another process"):
        Library.open(kept.folder).repair()
