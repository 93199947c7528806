"""Filters by date and by time in a file, on disk and in memory; in libraries of an older Hearsight, too."""

import os
from datetime import datetime

import pytest

from hearsight.errors import HearsightError
from hearsight.library import Filters, Library
from tests.library.conftest import film, rows
from tests.media_files import grey, make_media

CREATED = {"creation_time": "2019-05-17T10:00:00Z"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, model):
    """Three films of 6 s, cut in clips of 2 s: one with a date in it, two that were changed in 2021 and 2023."""
    folder = tmp_path_factory.mktemp("dates") / "films"
    folder.mkdir()
    make_media(folder / "dated.mkv", [grey(90)] * 60, metadata=CREATED)
    for seed, year in enumerate((2021, 2023)):
        film(folder / f"{year}.mkv", 6, seed=seed)
        stamp = datetime(year, 6, 15).timestamp()
        os.utime(folder / f"{year}.mkv", (stamp, stamp))
    Library.create(folder, model, seconds=2).update(recogniser="none")
    return folder


@pytest.fixture(scope="module", params=["on disk", "in memory"])
def library(request, folder, model):
    return Library.open(folder, model=model, in_memory=request.param == "in memory")


def names(library, **filters):
    return {hit.path.stem for hit in library.search("a picture", filters=Filters(**filters)).hits}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"after": "2020"}, {"2021", "2023"}),
        ({"after": "2021-06-15"}, {"2021", "2023"}),
        ({"after": "2021-06-16"}, {"2023"}),
        ({"before": "2021-07"}, {"dated", "2021"}),
        ({"before": "2021-06-15"}, {"dated"}),
        ({"after": "2019-05", "before": "2019-06"}, {"dated"}),
        ({"after": "2021", "before": "2022", "path": "20"}, {"2021"}),
        ({"after": "2030"}, set()),
    ],
)
def test_dates(library, filters, expected):
    assert names(library, **filters) == expected


@pytest.mark.parametrize(
    ("filters", "starts"),
    [
        ({"from_seconds": 2}, [2, 4]),
        ({"from_seconds": 1.5}, [0, 2, 4]),
        ({"to_seconds": 2}, [0]),
        ({"from_seconds": 2, "to_seconds": 4}, [2]),
        ({"from_seconds": 2.5, "to_seconds": 2.6}, [2]),
        ({"from_seconds": 100}, []),
    ],
)
def test_times(library, filters, starts):
    result = library.search("a picture", filters=Filters(**filters))
    assert result.clips == 3 * len(starts)
    assert {hit.start for hit in result.hits} <= set(starts)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"after": "May 2024"}, "cannot read the date 'May 2024'"),
        ({"before": "2024-00"}, "cannot read the date"),
        ({"after": "2024", "before": "2024"}, "no video is after 2024 and before 2024"),
        ({"from_seconds": 5, "to_seconds": 5}, "no clip is from 5 s to 5 s"),
        ({"to_seconds": float("nan")}, "give two times"),
    ],
)
def test_wrong_filters_are_errors(library, filters, message):
    with pytest.raises(HearsightError, match=message):
        names(library, **filters)


def test_a_library_without_dates_is_searched_and_updated(tmp_path, model):
    film(tmp_path / "old.mkv", 2)
    library = Library.create(tmp_path, model, seconds=2)
    library.update(recogniser="none")
    library._store.videos.drop_columns(["created"])
    year = datetime.now().year
    for in_memory in (False, True):
        library = Library.open(tmp_path, model=model, in_memory=in_memory)
        assert names(library, after=str(year)) == {"old"} and names(library, before="2020") == set()
    make_media(tmp_path / "new.mkv", [grey(90)] * 20, metadata=CREATED)
    library = Library.open(tmp_path, model=model)
    assert library.update(recogniser="none").added == 1
    assert names(library, before="2020") == {"new"} and names(library, after="2020") == {"old"}
    (tmp_path / "old.mkv").rename(tmp_path / "moved.mkv")
    assert library.update(recogniser="none").moved == 1
    assert [video["created"] is None for video in rows(library)[0]] == [True, False]
