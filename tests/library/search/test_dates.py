"""Dates of filters and of videos."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.library.search.dates import beginning_of, date_of
from hearsight.library.tables.schema import Video


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2024", datetime(2024, 1, 1)),
        ("2024-05", datetime(2024, 5, 1)),
        (" 2024-05-17 ", datetime(2024, 5, 17)),
        ("2024-5-7", datetime(2024, 5, 7)),
    ],
)
def test_a_date_begins_at_its_first_midnight(date, expected):
    assert beginning_of(date) == expected.timestamp()


@pytest.mark.parametrize(
    "date",
    ["", "24", "yesterday", "17.05.2024", "2024/05/17", "2024-13", "2024-02-30", "0000", "2024-05-17T10", "٢٠٢٤"],
)
def test_another_text_is_refused_with_what_is_right(date):
    with pytest.raises(HearsightError, match=r"cannot read the date .*2024, 2024-05 or 2024-05-17"):
        beginning_of(date)


@given(st.text())
def test_any_text_is_a_date_or_an_error(text):
    try:
        assert isinstance(beginning_of(text), float)
    except HearsightError as error:
        assert "cannot read the date" in str(error)


def test_the_date_in_a_file_comes_before_its_time_of_change():
    stat = "12:1500000000000000000|film.srt:3:1600000000000000000"
    assert date_of(Video("id", "a.mp4", 12, stat, "", 1.0)) == 1.5e9
    assert date_of(Video("id", "a.mp4", 12, stat, "", 1.0, created=1e9)) == 1e9
    assert date_of(Video("id", "a.mp4", 12, "12:None", "", 1.0)) is None
    assert date_of(Video("id", "a.mp4", 12, "", "", 1.0)) is None
