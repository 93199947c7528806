"""Tests of the mapping of videos by id."""

import pytest

from hearsight.library.tables.schema import Video, video_table
from hearsight.library.tables.videos import Videos

FILMS = [
    Video("a1", "one.mkv", 1, "1:2", "c1", 2.5, "subtitles", "en"),
    Video("b2", "trip/two.mkv", 2, "2:3", "c2", 3.0),
]


def test_it_is_a_mapping_of_rows():
    videos = Videos(video_table(FILMS))
    assert dict(videos) == {video.id: video for video in FILMS}
    assert len(videos) == 2 and list(videos.values()) == FILMS
    assert "a1" in videos and "zz" not in videos and videos.get("zz") is None
    with pytest.raises(KeyError):
        videos["zz"]


def test_there_may_be_none():
    assert dict(Videos(video_table([]))) == {}
