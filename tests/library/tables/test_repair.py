"""Tests of repairs: a bad disk costs only what was on the damaged blocks."""

import shutil
from pathlib import Path

import pytest

from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.tables.lock import updating
from tests.library.conftest import assert_same, film, make_films, rows


@pytest.fixture(scope="module")
def indexed(tmp_path_factory, model) -> Path:
    """Index a folder, with features: three films and, added later, a fourth."""
    folder = make_films(tmp_path_factory.mktemp("indexed") / "films")
    library = Library.create(folder, model, seconds=2, keep_features=True)
    library.update(recogniser="none")
    film(folder / "later.mkv", 4, seed=7)
    library.update(recogniser="none")
    return folder


@pytest.fixture
def library(indexed, model, tmp_path) -> Library:
    """A copy of that library, which a test may damage."""
    return Library.open(shutil.copytree(indexed, tmp_path / "films"), model=model)


@pytest.fixture(scope="module")
def fresh(indexed, model, tmp_path_factory) -> Library:
    """A library of the same films that was never damaged, without features."""
    fresh = Library.create(indexed, model, tmp_path_factory.mktemp("fresh") / "library", seconds=2)
    fresh.update(recogniser="none")
    return fresh


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10])


def newest(library: Library, table: str) -> Path:
    return min((library.location / f"{table}.lance" / "_versions").glob("*.manifest"))


def data(library: Library, table: str) -> list[Path]:
    """Return the files of a table's fragments, in order."""
    opened = library._store.features.table if table == "features" else getattr(library._store, table)
    fragments = opened.to_lance().get_fragments()
    return [library.location / f"{table}.lance" / "data" / fragment.data_files()[0].path for fragment in fragments]


def mended(library: Library, fresh: Library) -> Library:
    """Update the library, and assert that it equals one that was never damaged."""
    again = Library.open(library.folder)
    again.update(recogniser="none")
    assert_same(again, fresh)
    assert again._store.features.ids() == again._store.ids()
    return again


def test_a_library_without_damage_is_unchanged(library):
    before = rows(library)
    report = library.repair()
    assert (report.versions, report.fragments, report.incomplete_videos) == ([], [], 0)
    assert rows(library) == before


@pytest.mark.parametrize("table", ["videos", "clips"])
def test_a_damaged_manifest_costs_nothing(library, fresh, table):
    spoilt = newest(library, table)
    spoil(spoilt)
    with pytest.raises(HearsightError, match=r"cannot be read.*hearsight repair"):
        Library.open(library.folder).search("a bell")
    again = Library.open(library.folder)
    report = again.repair()
    assert report.versions == [spoilt.relative_to(library.location).as_posix()] and not report.fragments
    assert Library.open(library.folder).search("a bell").hits
    mended(library, fresh)


def test_a_fragment_of_clips_costs_its_films_only(library, fresh):
    *others, spoilt = data(library, "clips")
    assert others
    spoil(spoilt)
    report = Library.open(library.folder).repair()
    assert report.fragments == [spoilt.relative_to(library.location).as_posix()] and report.incomplete_videos == 1
    again = Library.open(library.folder)
    assert {hit.path.name for hit in again.search("a bell").hits} == {"bell.mkv", "sea.mkv", "silent.mkv"}
    report = again.update(recogniser="none")
    assert (report.unchanged, report.added, report.clips) == (3, 1, 2)
    mended(library, fresh)


@pytest.mark.parametrize("table", ["videos", "features"])
def test_a_damaged_fragment_of_another_table_is_restored(library, fresh, table):
    spoilt = data(library, table)[-1]
    spoil(spoilt)
    report = Library.open(library.folder).repair()
    assert report.fragments == [spoilt.relative_to(library.location).as_posix()]
    mended(library, fresh)


def test_a_repair_that_was_interrupted_is_finished_by_the_next(library, fresh, monkeypatch):
    spoil(data(library, "clips")[-1])
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("hearsight.library.tables.repair._incomplete_videos", interrupt)
        Library.open(library.folder).repair()
    assert Library.open(library.folder).repair().incomplete_videos == 1
    mended(library, fresh)


def interrupt(store):
    raise KeyboardInterrupt


@pytest.mark.parametrize("table", ["clips", "features"])
def test_damaged_indexes_are_created_again(library, fresh, table):
    for file in (library.location / f"{table}.lance" / "_indices").rglob("*"):
        if file.is_file():
            spoil(file)
    report = Library.open(library.folder).repair()
    assert (report.versions, report.fragments, report.incomplete_videos) == ([], [], 0)
    assert Library.open(library.folder).search("a yellow bicycle").hits[0].path.name == "bell.mkv"
    mended(library, fresh)


@pytest.mark.parametrize("table", ["videos", "failures"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_lost_small_table_is_created_again(library, fresh, table, gone):
    if gone:
        shutil.rmtree(library.location / f"{table}.lance")
    else:
        for manifest in (library.location / f"{table}.lance" / "_versions").glob("*.manifest"):
            spoil(manifest)
    assert Library.open(library.folder).repair().lost_tables == [f"{table}.lance"]
    again = Library.open(library.folder)
    report = again.update(recogniser="none")
    assert report.clips == 0 and report.added == (4 if table == "videos" else 0)
    mended(library, fresh)


def test_lost_features_are_given_up(library, fresh, model):
    """The other tables are repaired, and no file is decoded because features are missing."""
    for manifest in (library.location / "features.lance" / "_versions").glob("*.manifest"):
        spoil(manifest)
    spoil(data(library, "clips")[-1])
    library = Library.open(library.folder)
    report = library.repair()
    assert (report.lost_tables, len(report.fragments), report.incomplete_videos) == (["features.lance"], 1, 1)
    assert not (library.location / "features.lance").exists()
    (library.location / "features.lance").mkdir()  # as if that had been interrupted
    assert (
        Library.open(library.folder).repair().lost_tables == [] and not (library.location / "features.lance").exists()
    )
    report = library.update(recogniser="none")
    assert (report.added, report.unchanged) == (1, 3)
    again = Library.open(library.folder)
    assert_same(again, fresh)
    with pytest.raises(HearsightError, match="features"):
        again.reindex(model)


def test_a_lost_clips_table_changes_nothing(library):
    spoil(data(library, "features")[0])
    for manifest in (library.location / "clips.lance" / "_versions").glob("*.manifest"):
        spoil(manifest)
    before = {path: path.stat().st_mtime_ns for path in library.location.rglob("*") if path.is_file()}
    with pytest.raises(HearsightError, match=r"no version of .*clips.lance can be read; make the library anew"):
        Library.open(library.folder).repair()
    after = {path: path.stat().st_mtime_ns for path in library.location.rglob("*") if path.is_file()}
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    assert changed <= {library.location / "update.json"}


def test_a_file_without_permission_is_not_damage(library, monkeypatch):
    before, (shut, *_), real = rows(library), data(library, "clips"), Path.open

    def refuse(path, *args, **kwargs):
        if path == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        with pytest.raises(HearsightError, match=rf"cannot read .*{shut.name}: Permission denied; nothing is changed"):
            Library.open(library.folder).repair()
    assert rows(library) == before


def test_a_repair_without_any_good_version_says_how_to_rebuild(library):
    for manifest in (library.location / "clips.lance" / "_versions").glob("*.manifest"):
        spoil(manifest)
    with pytest.raises(HearsightError, match=r"no version of .*clips\.lance can be read.*--rebuild"):
        Library.open(library.folder).repair()


def test_a_repair_is_refused_while_an_update_runs(library):
    with updating(library.location), pytest.raises(HearsightError, match="being updated by another process"):
        Library.open(library.folder).repair()
