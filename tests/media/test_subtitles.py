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


def refuse_subtitles(monkeypatch, error: OSError) -> None:
    """Opening a subtitle file raises this error."""
    open_file = Path.open

    def refuse(path, *arguments, **options):
        if path.suffix == ".srt":
            raise error
        return open_file(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)


def test_a_sidecar_on_a_failing_disk_is_an_error(film, monkeypatch):
    """It may be readable the next time; the embedded subtitles would be recorded for good."""
    film.with_suffix(".srt").write_text(SRT)

    refuse_subtitles(monkeypatch, OSError(errno.EIO, "Input/output error"))
    with pytest.raises(HearsightError, match=r"cannot read .*a film.srt: Input/output error; .* run this again"):
        read_subtitles(film)


def test_a_sidecar_without_permission_is_skipped(film, monkeypatch):
    film.with_suffix(".srt").write_text(SRT)

    refuse_subtitles(monkeypatch, PermissionError(errno.EACCES, "Permission denied"))
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


def said(film, ending: str, text: str | bytes) -> list[tuple[float, float, str]]:
    """The lines of a sidecar."""
    file = film.with_name("a film" + ending)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    subtitles = read_subtitles(film)
    return [(line.start, line.end, line.text) for line in subtitles.lines] if subtitles else []


def test_times_without_milliseconds(film):
    text = "1\n00:00:01 --> 00:00:03\na line that is said\n\n2\n00:00:04,000 --> 00:00:06\nanother line\n"
    assert said(film, ".srt", text) == [(1, 3, "a line that is said"), (4, 6, "another line")]


@pytest.mark.parametrize(
    ("name", "encoding", "line"),
    [
        (".ru.srt", "cp1251", "Доктор потерял велосипед"),
        (".zh.srt", "gbk", "医生丢了自行车"),
        (".srt", "utf-16-le", "no mark"),
    ],
)
def test_code_pages(film, name, encoding, line):
    assert said(film, name, f"1\n00:00:01,000 --> 00:00:03,000\n{line}\n".encode(encoding)) == [(1, 3, line)]


def events(*rows: str) -> str:
    """An ASS file with events: "0:00:01.00,0:00:02.00,EFFECT,TEXT"."""
    dialogues = "".join(
        f"Dialogue: 0,{start},{end},Default,,0,0,0,{effect},{text}\n"
        for start, end, effect, text in (row.split(",", 3) for row in rows)
    )
    return ASS[: ASS.index("Dialogue:")] + dialogues


@pytest.mark.parametrize("ending", [".ass", ".ssa"])
def test_drawings_are_not_said(film, ending):
    text = events(
        "0:00:01.00,0:00:02.00,,A line that is said",
        "0:00:03.00,0:00:04.00,,{\\p1}m 0 0 l 100 0 100 100{\\p0}",
        "0:00:05.00,0:00:06.00,,{\\an7\\pos(1,2)\\p2}m 0 0{\\p0} and {\\pbo5}this",
        "0:00:07.00,0:00:08.00,,before {\\p1}m 1 1 b 2 2",
    )
    lines = [line for _, _, line in said(film, ending, text)]
    assert lines == ["A line that is said", "and this", "before"]


def test_karaoke_is_read_as_words(film):
    letters = [f"0:00:03.{10 * n},0:00:05.00,fx,{{\\move(1,2,3,4)}}{letter}" for n, letter in enumerate("doctor", 1)]
    crowd = [f"0:00:06.00,0:00:08.00,,{{\\pos({n},2)}}{part}" for n, part in enumerate(["bi", "cy", "cle", "lo", "st"])]
    text = events(
        "0:00:01.00,0:00:02.00,Karaoke,{\\k20}the {\\kf30}doc{\\ko25}tor",
        *letters,
        *crowd,
        "0:00:09.00,0:00:10.00,,No!",
    )
    assert [line for _, _, line in said(film, ".ass", text)] == ["the doctor", "No!"]


def test_a_cue_that_is_repeated_lasts_longer(film):
    text = events(
        "0:00:01.00,0:00:02.00,,hello there", "0:00:01.00,0:00:02.00,,another", "0:00:02.00,0:00:03.50,,hello there",
        "0:00:03.54,0:00:04.00,,hello there", "0:00:09.00,0:00:10.00,,hello there",
    )  # fmt: skip
    assert sorted(said(film, ".ass", text)) == [(1, 2, "another"), (1, 4, "hello there"), (9, 10, "hello there")]


def test_other_formats(film):
    sami = "<SAMI><BODY><SYNC Start=1000><P Class=ENCC>hello<SYNC Start=2000><P>&nbsp;</BODY></SAMI>"
    assert said(film, ".smi", sami) == [(1, 2, "hello")]
    assert said(film, ".sbv", "0:00:01.000,0:00:02.000\nthere\n\n") == [(1, 2, "there")]


@pytest.mark.parametrize("ending", [".idx", ".sub", ".sup"])
def test_subtitles_that_are_pictures_are_said_to_be_unread(film, caplog, ending):
    with caplog.at_level(logging.WARNING):
        assert said(film, ending, b"\x00\x00\x01\xba") == []
    assert "its subtitles are pictures, or counted in frames, and are not read" in caplog.text
    assert said(film, ".srt", SRT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"1\n00:00:01,000 --> 00:00:02,000\n" + b"x" * (33 << 20), "more than 32 MB"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nx\n" * 1001, "more than 1,000 lines"),
        (bytes(range(256)) * 20, "unknown code page; save it as UTF-8"),
    ],
)
def test_what_cannot_be_subtitles_is_skipped_in_one_line(film, caplog, monkeypatch, text, reason):
    monkeypatch.setattr("hearsight.media.subtitles.MAX_CUES", 1000)
    with caplog.at_level(logging.WARNING):
        assert said(film, ".srt", text) == []
    [record] = caplog.records
    assert reason in record.getMessage()


def test_a_huge_cue_is_cut_short(film):
    [(_, _, line)] = said(film, ".srt", "1\n00:00:01,000 --> 00:00:02,000\n" + "<{" * 8_000_000)
    assert len(line) <= 50_000


def test_ass_times_of_any_precision(film):
    text = events("0:00:01,0:00:02,,one", "0:00:03.500,0:00:04.25,,two", "0:00:05.5,0:00:06.00,,three")
    assert said(film, ".ass", text) == [(1, 2, "one"), (3.5, 4.25, "two"), (5.5, 6, "three")]


def test_short_lines_at_the_same_time_are_no_karaoke(film):
    words = ["Yes!", "No!", "Never!", "Maybe!", "Why?", "犬", "駅", "出口", "学校", "お店"]
    text = events(*(f"0:00:01.00,0:00:02.00,,{{\\pos({n},2)}}{word}" for n, word in enumerate(words)))
    assert {line for _, _, line in said(film, ".ass", text)} == set(words)


def test_the_beginning_of_a_file_tells_its_format(film):
    assert said(film, ".srt", "WEBVTT\n\n00:01 --> 00:02\none\n\nNOTE hidden\n") == [(1, 2, "one")]
    assert said(film, ".srt", events("0:00:01.00,0:00:02.00,,two")) == [(1, 2, "two")]


def test_pictures_for_a_timeline_are_not_said(film):
    assert said(film, ".vtt", "WEBVTT\n\n00:01 --> 00:02\nsprite.jpg#xywh=0,0,160,90\n") == []
