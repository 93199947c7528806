"""The result of a search as lines of text."""

from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text

from hearsight.cli.results import format_quotation, format_result, hits_to_show, shorten_name
from hearsight.cli.search import _play
from hearsight.errors import HearsightError
from hearsight.library.results import Hit, SearchResult

LINE = "well I told you that the doctor lost a yellow bicycle near the harbour and nobody has seen it since"


def hit(rank=1, path="holiday/0412.mp4", **fields) -> Hit:
    defaults = {
        "score": 2.4, "confidence": 0.992, "match": "strong", "similarity": 25.0, "library": "films",
        "clip": "a-1", "video": Path("/films") / path, "start": 75.0, "end": 90.0,
        "moment": 75.0, "seen": 0.6, "heard": 1.0, "said": 0.8, "words": 0.0, "gates": {"audio": 0.3, "speech": 0.2},
        "line": "", "spans": [], "more": 0,
    }  # fmt: skip
    return Hit(rank=rank, path=Path(path), **{**defaults, **fields})


def lines_of(
    *hits: Hit, width: int | None = None, show_library: bool = False, min_confidence: float | None = None, **fields
) -> list[str]:
    matches = sum(hit.match != "weak" for hit in hits)
    defaults = {"clips": 12, "videos": 9, "total_clips": 214, "milliseconds": 41.3, "matches": matches}
    values = {**defaults, **fields}
    result = SearchResult(query="q", mode="hybrid", hits=list(hits), **values)
    lines = format_result(result, width, bar=("#", "."), show_library=show_library, min_confidence=min_confidence)
    return [line.plain for line in lines]


def spans(*words: str) -> list[tuple[int, int]]:
    return [(LINE.index(word), LINE.index(word) + len(word)) for word in words]


def test_what_is_read_has_a_bar_and_a_line_of_its_own():
    text = "Bicycle shop"
    lines = lines_of(hit(read=1.0, text=text, text_spans=[(0, 7)]), hit(rank=2))
    assert "said ####.  read #####" in lines[0] and lines[1] == '    read "[Bicycle] shop"'
    assert "read" not in lines[2]
    wide = lines_of(hit(read=1.0, text="Bicycle shop " * 40, text_spans=[(0, 7)]), width=60)
    assert all(len(line) <= 60 for line in wide) and any('read "[Bicycle] shop' in line for line in wide)


def test_nothing_is_cut_in_a_pipe():
    lines = lines_of(hit(line=LINE, spans=spans("doctor", "lost", "bicycle"), moment=82, more=2))
    assert lines == [
        " 1  holiday/0412.mp4   1:15-1:30   strong  99%   seen ###..  heard #####  said ####.  best at 1:22"
        "  2 more in this file",
        '    "' + LINE.replace("doctor lost", "[doctor] [lost]").replace("bicycle", "[bicycle]") + '"',
        "1 video matches in 214 clips, 41 ms",
    ]


def test_a_result_without_hits_is_one_line():
    assert lines_of(clips=0, videos=0) == ["nothing matches in 214 clips, 41 ms"]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_line_fits_the_terminal(width):
    long_name = "a/folder with a very long name/and another one/" + "x" * 40 + ".mp4"
    hits = [
        hit(1, line=LINE * 3, spans=spans("harbour"), moment=82, more=2),
        hit(2, long_name, start=3675, end=3690),
        hit(10, "日本語のビデオ" * 4 + ".mp4", line="自転車はどこですか" * 20, spans=[(90, 93)]),
    ]
    lines = lines_of(*hits, width=width)
    assert all(cell_len(line) <= width for line in lines)
    assert any("[harbour]" in line for line in lines) and any("[自転車]" in line for line in lines)


def test_bars_that_do_not_fit_go_on_a_line_of_their_own():
    assert len(lines_of(hit(), width=80)) == 3
    assert len(lines_of(hit(), width=120)) == 2


def test_a_search_of_several_libraries_shows_which_one_a_hit_is_in():
    lines = lines_of(hit(1, "a.mp4", library="films"), hit(2, "b.mp4", library="home"), show_library=True)
    assert lines[0].startswith(" 1  films/a.mp4 ") and lines[1].startswith(" 2  home/b.mp4 ")


def test_names_are_padded_to_one_width():
    lines = lines_of(hit(1, "a.mp4"), hit(2, "longer.mp4"))
    assert lines[0].index("1:15-1:30") == lines[1].index("1:15-1:30")


def test_names_and_lines_are_printed_without_markup_and_control_codes():
    lines = lines_of(hit(path="[bold]a\x1b[2J\n.mp4", line="[red]one\ntwo\x07[/red]", spans=[(8, 9)]))
    assert "[bold]a\\x1b[2J\\n.mp4" in lines[0]
    assert lines[1] == '    "[red]one[ ]two\\x07[/red]"'


def test_bars_are_absolute():
    lines = lines_of(hit(seen=0.3, heard=0.0, said=0.6), hit(2, seen=0.0, heard=0.0, said=0.0))
    assert "seen ##...  heard .....  said ###.." in lines[0]
    assert "seen .....  heard .....  said ....." in lines[1]


def test_where_nothing_matches_the_nearest_few_are_shown():
    lines = lines_of(*(hit(rank, confidence=0.4, match="weak") for rank in range(1, 6)))
    assert lines[0] == "nothing here looks, sounds or reads like that; the nearest:"
    assert [line.split()[0] for line in lines[1:-1]] == ["1", "2", "3"] and "weak    40%" in lines[1]
    assert lines[-1] == "nothing matches in 214 clips, 41 ms"


def test_weak_matches_are_left_out_unless_they_are_asked_for():
    hits = hit(), hit(2, confidence=0.4, match="weak"), hit(3, confidence=0.3, match="weak")
    assert lines_of(*hits)[1:] == ["1 video matches in 214 clips, 41 ms", "2 weaker not shown (--min-confidence 0)"]
    assert len(lines_of(*hits, min_confidence=0.0)) == 4


def test_matches_that_are_less_sure_than_asked_for_are_told_of():
    assert lines_of(matches=3, min_confidence=0.95) == [
        "3 videos match, none with a confidence of 0.95 or more, in 214 clips, 41 ms"
    ]
    assert lines_of(min_confidence=0.95) == ["nothing matches in 214 clips, 41 ms"]
    assert lines_of(hit(), matches=3, min_confidence=0.95)[-1] == "3 videos match in 214 clips, 41 ms"


@pytest.mark.parametrize(
    ("sure", "rank", "message"),
    [
        (0, 4, "cannot play rank 4: only the 3 nearest are shown; add --min-confidence 0"),
        (1, 2, "cannot play rank 2: only 1 moment is shown; add --min-confidence 0"),
        (2, 3, "cannot play rank 3: only 2 moments are shown; add --min-confidence 0"),
        (2, 9, "cannot play rank 9: only 5 moments found; give a smaller number to --open"),
    ],
)
def test_only_what_is_shown_is_played(monkeypatch, sure, rank, message):
    played = []
    monkeypatch.setattr("hearsight.cli.player.play", lambda path, seconds: played.append(path))
    hits = [hit(i, f"{i}.mp4", match="likely" if i <= sure else "weak") for i in range(1, 6)]
    result = SearchResult("q", "hybrid", hits, 12, 9, 214, 1.0, matches=sure)
    with pytest.raises(HearsightError, match=message):
        _play(result, hits_to_show(result), rank)
    _play(result, hits_to_show(result), 1)
    _play(result, hits_to_show(result, 0.0), 5)
    assert played == [Path("/films/1.mp4"), Path("/films/5.mp4")]


def test_notes_come_first():
    assert lines_of(hit(), notes=["it is \x1b[2J deaf"])[0] == "note: it is \\x1b[2J deaf"


@pytest.mark.parametrize(
    ("width", "quoted"),
    [
        (None, f'"{LINE}"'.replace("harbour", "[harbour]")),
        (120, f'"{LINE}"'.replace("harbour", "[harbour]")),
        (60, '"... near the [harbour] and nobody has seen it since"'),
        (40, '"... near the [harbour] and nobody ..."'),
        (20, '"... [harbour] ..."'),
        (5, '"... [harbour] ..."'),
    ],
)
def test_a_quotation_is_cut_around_the_match(width, quoted):
    assert format_quotation(LINE, spans("harbour"), width).plain == quoted


@pytest.mark.parametrize("width", range(1, 60))
@pytest.mark.parametrize("word", ["well", "doctor", "harbour", "since", "seen it since", "自転車"])
def test_the_first_match_is_never_cut(width, word):
    line = f"{LINE} and a 自転車だ] there"
    start = line.index(word)
    assert f"[{word}]" in format_quotation(line, [(start, start + len(word))], width).plain


def test_a_quotation_without_a_match_shows_the_start_of_the_line():
    assert format_quotation(LINE, [], 40).plain == '"well I told you that the ..."'


def test_matches_are_bold():
    text = format_quotation(LINE, spans("doctor"), None)
    assert [text.plain[span.start : span.end] for span in text.spans if span.style == "bold"] == ["[doctor]"]
    assert isinstance(text, Text)


@pytest.mark.parametrize(
    ("name", "width", "cut"),
    [("short.mp4", 20, "short.mp4"), ("folder/file.mp4", 11, "...file.mp4"), ("日本語.mp4", 9, "...語.mp4")],
)
def test_a_long_name_is_cut_at_its_start(name, width, cut):
    assert shorten_name(name, width) == cut


def test_a_picture_has_no_time():
    lines = lines_of(hit(path="beach.jpg", start=0.0, end=0.0, moment=0.0), hit(rank=2))
    assert lines[0].startswith(" 1  beach.jpg")
    assert "picture   strong  99%" in lines[0] and "best at" not in lines[0]
    assert lines[-1] == "2 files match in 214 clips, 41 ms"
