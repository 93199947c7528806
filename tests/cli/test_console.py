"""Text from any file becomes text that a terminal can take."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.cli import console


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain.mp4", "plain.mp4"),
        ("two\nlines\t.mp4", "two\\nlines\\t.mp4"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("caf\udce9.mp4", "caf\\xe9.mp4"),
        ("日本語 Ελληνικά 👩\u200d🚀", "日本語 Ελληνικά 👩\u200d🚀"),
        ("[bold]not markup[/bold]", "[bold]not markup[/bold]"),
    ],
)
def test_unprintable_characters_are_escaped(raw, shown):
    assert console.escape(raw) == shown


@given(st.text())
def test_escaped_text_is_printable_and_stays_as_it_is_when_escaped_again(text):
    shown = console.escape(text)
    assert all(char.isprintable() or char in console.JOINERS for char in shown)
    assert console.escape(shown) == shown
    shown.encode()


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (9.99, "0:09"), (75.2, "1:15"), (3599.9, "59:59"), (3675, "1:01:15")]
)
def test_format_time(seconds, shown):
    assert console.format_time(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0 s"),
        (3.14, "3.1 s"),
        (59.4, "59 s"),
        (59.7, "1 min 0 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_format_duration(seconds, shown):
    assert console.format_duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (3_400_000, "3.4 MB"),
        (999_900, "1.0 MB"),
        (7**20, "79792 TB"),
    ],
)
def test_format_bytes(count, shown):
    assert console.format_bytes(count) == shown


def test_format_count():
    assert [console.format_count(n, "clip") for n in (0, 1, 2, 12000)] == [
        "0 clips",
        "1 clip",
        "2 clips",
        "12,000 clips",
    ]


def test_json_can_be_written_to_any_terminal(capsys):
    console.write_json({"path": "caf\udce9 日本\x1b.mp4"})
    out = capsys.readouterr().out
    assert out.isascii() and "\x1b" not in out
    assert json.loads(out) == {"path": "caf\udce9 日本\x1b.mp4"}
