"""Reading subtitles of all formats, from sidecars and from inside a film."""

import errno
import logging
from pathlib import Path

import pytest

from hearsight.errors import HearsightError
from hearsight.media.subtitles import read_subtitles
from hearsight.types import Line
from tests.media_files import grey, make_media

SRT = """1
00:00:00,500 --> 00:00:01,500
<i>Where</i> is <font color="red">my</font> {\\an8}bicycle &amp;
umbrella?

2
00:00:02,000 --> 00:00:03,000
It's 3 &lt; 4
"""
LINES = (Line(0.5, 1.5, "Where is my bicycle & umbrella?"), Line(2.0, 3.0, "It's 3 < 4"))
VTT = """WEBVTT

NOTE a remark

00:00.500 --> 00:01.500 align:start position:0%
<v Anna>Where is <00:00:01.000><c.red>my</c> bicycle &amp;
umbrella?</v>

00:00:02.000 --> 00:00:03.000
It's 3 &lt; 4
"""
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.50,0:00:01.50,Default,,0,0,0,,{\\pos(1,2)}Where is my bicycle &\\Numbrella?
Dialogue: 0,0:00:02.00,0:00:03.00,Default,,0,0,0,,It's 3 < 4
"""


@pytest.fixture
def film(tmp_path):
    return make_media(tmp_path / "a film.mp4", [grey(100)] * 30)


@pytest.mark.parametrize(
    ("ending", "text"), [(".srt", SRT), (".en.srt", SRT), (".vtt", VTT), (".en.vtt", VTT), (".ass", ASS), (".SRT", SRT)]
)
def test_a_sidecar_is_read(film, ending, text):
    film.with_name("a film" + ending).write_text(text)
    assert read_subtitles(film).lines == LINES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_of_a_sidecar_is_recognised(film, encoding):
    text = SRT.replace("Where", "“Où”").replace("\n", "\r\n")
    film.with_suffix(".srt").write_bytes(text.encode(encoding))
    assert read_subtitles(film).lines[0].text == "“Où” is my bicycle & umbrella?"


@pytest.mark.parametrize("start", [0.0, 100.0])
def test_embedded_times_count_from_the_start_of_the_file(tmp_path, start):
    path = make_media(tmp_path / "a.mkv", [grey(100)] * 30, subtitles=SRT, start=start)
    assert read_subtitles(path).lines == LINES


def test_a_sidecar_goes_before_embedded_subtitles(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(100)] * 30, subtitles=SRT)
    path.with_suffix(".srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nbetter\n")
    assert [line.text for line in read_subtitles(path).lines] == ["better"]


def test_the_best_readable_sidecar_is_read_with_its_language(film):
    film.with_name("a film.de.srt").write_text(SRT)
    assert read_subtitles(film).language == "de"
    film.with_name("a film.English.srt").write_text(SRT)
    assert read_subtitles(film).language == "en"
    film.with_name("a film.srt").write_text("no times at all")
    assert read_subtitles(film).language == "en"
    film.with_name("a film.srt").write_text(SRT)
    assert read_subtitles(film).language is None


@pytest.mark.parametrize("content", [b"", b"no times at all", b"\x00\xff" * 500])
def test_a_damaged_sidecar_is_skipped_with_a_warning(tmp_path, caplog, content):
    path = make_media(tmp_path / "a.mkv", [grey(100)] * 30, subtitles=SRT)
    path.with_suffix(".srt").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert read_subtitles(path).lines == LINES
    assert "a.srt" in caplog.text


def test_a_sidecar_on_a_failing_disk_is_an_error(film, monkeypatch):
    """It may be readable the next time; the embedded subtitles would be recorded for good."""
    film.with_suffix(".srt").write_text(SRT)

    def refuse(path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(HearsightError, match=r"cannot read .*a film.srt: Input/output error; .* run this again"):
        read_subtitles(film)


def test_a_sidecar_without_permission_is_skipped(film, monkeypatch):
    film.with_suffix(".srt").write_text(SRT)

    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert read_subtitles(film) is None


def test_the_good_lines_of_a_damaged_sidecar_are_read(film):
    film.with_suffix(".srt").write_text("garbage\n\n" + SRT + "\n3\nnonsense --> 1\nlost\n")
    assert [line.start for line in read_subtitles(film).lines][:2] == [0.5, 2.0]


def test_rows_that_roll_up_are_read_once(film):
    film.with_suffix(".vtt").write_text(
        "WEBVTT\n\n00:00.000 --> 00:01.000\nhello there\n\n"
        "00:01.000 --> 00:02.000\nhello there\nhow are you\n\n00:02.000 --> 00:03.000\nhow are you\nfine\n"
    )
    assert [line.text for line in read_subtitles(film).lines] == ["hello there", "how are you", "fine"]


def test_a_row_that_rolls_up_after_a_cue_of_its_own_is_read_once(film):
    film.with_suffix(".vtt").write_text(
        "WEBVTT\n\n00:00.000 --> 00:02.000\nhello there\n\n00:02.000 --> 00:02.010\nhello there\n\n"
        "00:02.010 --> 00:04.000\nhello there\nhow are you\n"
    )
    assert [line.text for line in read_subtitles(film).lines] == ["hello there", "how are you"]


def test_rows_that_roll_up_in_a_film_that_begins_late_are_read_once(tmp_path):
    rolling = "1\n00:00:00,000 --> 00:00:01,000\nhello\n\n2\n00:00:01,000 --> 00:00:02,000\nhello\nhow are you\n"
    film = make_media(tmp_path / "late.mkv", [grey(100)] * 30, start=100.0, subtitles=rolling)
    assert [(line.start, line.text) for line in read_subtitles(film).lines] == [(0.0, "hello"), (1.0, "how are you")]


def test_a_film_without_subtitles(film):
    assert read_subtitles(film) is None


def test_a_missing_film_is_refused(tmp_path):
    with pytest.raises(HearsightError, match="no such file"):
        read_subtitles(tmp_path / "gone.mp4")
