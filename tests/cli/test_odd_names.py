"""Odd names of files, in everything that prints, writes or sends them: no control code, no markup, no broken line."""

import csv
import io
import json
import os
import unicodedata
from xml.etree import ElementTree

import opentimelineio
import pytest

from hearsight.cli.main import main
from hearsight.library import Library
from hearsight.library.cut_lists.clips import FORBIDDEN
from tests.library.conftest import film, say

NAMES = [
    "a" * 251 + ".mkv",
    "日" * 83 + ".mkv",
    "two\nlines\r\n.mkv",
    "\x1b[31mred\x1b[0m\x07\x9b.mkv",
    "\u202egpj.mkv",
    "\u2066isolated\u200f\u061c.mkv",
    "\u2028line\u2029\x85.mkv",
    "trailing .mkv",
    " leading.mkv",
    "--help.mkv",
    "-rf *.mkv",
    "[bold]x[link=file:x]y.mkv",
    "<img src=x onerror=alert(1)>&amp;'\".mkv",
    "%s%n%00{0}$(id)`id`.mkv",
    "=1+1.mkv",
    "@SUM(A1).mkv",
    "a\\b:c|d?.mkv",
    "CON.mkv",
    "file:x.mkv",
    "concat:a|b.mkv",
    "e\u0301 ﬁ\ufeff.mkv",
    "👩\u200d🔬🏳️\u200d🌈.mkv",
]
FORMATS = ("csv", "edl", "fcpxml", "otio")


@pytest.fixture(scope="module")
def odd(tmp_path_factory, model_folder):
    """An indexed folder of odd names, each with a line that is said, and names that fail."""
    folder = tmp_path_factory.mktemp("odd") / "a [b]\u202e%s"
    for number, name in enumerate(NAMES):
        path = folder / ("sub <b>" if number % 2 else "") / name
        film(path, 1, seed=number)
        if len(name.encode()) < 250:
            say(path.with_suffix(".srt"), "the doctor lost a bicycle")
    (folder / "broken\n[red]\x1b[1m.mp4").write_text("no film")
    (folder / os.fsdecode(b"bytes\xff\xfe.mkv")).write_bytes((folder / NAMES[0]).read_bytes())
    words = ["index", str(folder), "--model", str(model_folder), "--recogniser", "none", "--meaning", "none", "-q"]
    assert main(words) == 0
    return folder


def assert_printable(text: str, kinds: str = "Cc Cf Zl Zp Cs") -> None:
    """Assert that nothing in a text of lines is a control code, ends a line, or turns the direction of the rest."""
    odd = {char for char in text if char != "\n" and unicodedata.category(char) in kinds.split()}
    assert odd <= set("\u200c\u200d"), odd


def test_all_are_indexed_but_those_that_are_no_text(odd):
    library = Library.open(odd)
    paths = {video.path for video in library._store.snapshot().videos.values()}
    assert {path.rpartition("/")[2] for path in paths} == set(NAMES)
    assert {failure.path for failure in library.failures()} == {"broken\n[red]\x1b[1m.mp4", "bytes\\xff\\xfe.mkv"}


@pytest.mark.parametrize(
    "words", [["search", "doctor", "-n", "50"], ["info"], ["info", "--failures"], ["info", "--tracks"]]
)
def test_what_is_printed_has_no_control_codes(run, odd, words):
    ran = run(*words, *(["--in", odd] if words[0] == "search" else [odd]))
    assert ran.code == 0
    assert_printable(ran.out + ran.err)
    if words[0] == "search":
        assert "[bold]x[link=file:x]y.mkv" in ran.out and "%s%n%00{0}$(id)" in ran.out


@pytest.mark.parametrize("words", [["search", "doctor", "-n", "50", "--json"], ["info", "--failures", "--json"]])
def test_json_has_the_names_as_they_are(run, odd, words):
    printed = run(*words, *(["--in", odd] if words[0] == "search" else [odd])).out
    assert printed.isascii()
    values = json.loads(printed)
    names = {row["path"].rpartition("/")[2] for row in (values["hits"] if isinstance(values, dict) else values)}
    assert names >= ({*NAMES[2:15]} if words[0] == "search" else {"broken\n[red]\x1b[1m.mp4"})


def test_events_are_a_line_each(run, odd):
    ran = run("index", odd, "--recogniser", "none", "--retry", "--events")
    lines = [json.loads(line) for line in ran.out.split("\n") if line]
    failures = [failure for line in lines[:-1] for failure in line["failed"]]
    assert failures == [
        {name: failure[name] for name in ("path", "reason")} for failure in lines[-1]["report"]["failed"]
    ]
    assert {failure["reason"].partition(";")[0] for failure in failures} == {
        "its name is not valid text (UTF-8)", "damaged, or not a video or sound file",
    }  # fmt: skip
    assert ran.out.isascii()


@pytest.mark.parametrize("format", FORMATS)
def test_saved_lists_are_read_back(run, odd, tmp_path, format):
    file = tmp_path / f"hits.{format}"
    ran = run("search", "doctor", "--in", odd, "-n", 50, "--min-confidence", 0, "--save", file)
    assert ran.code == 0, ran.err
    content = file.read_bytes().decode()
    if format == "csv":
        rows = list(csv.DictReader(io.StringIO(content, newline="")))
        names = {row["path"].rpartition("/")[2] for row in rows}
        assert names >= {*NAMES[2:9], *NAMES[11:14], *NAMES[16:]} and {"'=1+1.mkv", "=1+1.mkv"} & names
        assert not any(cell and cell[0] in "=+@\t\r\n" for row in rows for cell in row.values())
    elif format == "edl":
        assert_printable(content, "Cc Zl Zp Cs")  # marks of direction are a part of the name of a file
        assert content.count("* FROM CLIP NAME: ") == content.count("* SOURCE FILE: ") >= 20
    elif format == "fcpxml":
        root = ElementTree.fromstring(content)
        sources = [element.attrib["src"] for element in root.iter("media-rep")]
        assert len(sources) >= 20 and all(source.isascii() and source.startswith("file:///") for source in sources)
    else:
        clips = opentimelineio.adapters.read_from_string(content, "otio_json").find_clips()
        assert len(clips) >= 20


def test_saved_clips_have_names_that_every_system_can_store(run, odd, tmp_path):
    ran = run("search", "doctor", "--in", odd, "-n", 50, "--min-confidence", 0, "--save-clips", tmp_path / "clips")
    assert ran.code == 0, ran.err
    names = [path.name for path in (tmp_path / "clips").iterdir()]
    assert len(names) >= 20
    for name in names:
        assert_printable(name)
        assert not set(name) & set(FORBIDDEN) and len(name.encode()) < 200 and name[0].isdigit()
        assert not name.removesuffix(".mkv").endswith((" ", "."))
    assert_printable(ran.out + ran.err)
