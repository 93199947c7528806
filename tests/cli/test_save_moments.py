"""`hearsight search --save`, `--save-clips` and `--all-moments`, typed as a person would."""

import csv
import json

import pytest

from hearsight.cli.save_moments import Saving
from hearsight.library import SearchResult
from hearsight.media.probe import probe
from tests.cli.conftest import ODD_NAME

ALL = ("--min-confidence", "0")  # what a random model finds is weak


@pytest.mark.parametrize(
    ("name", "start"), [("a.edl", "TITLE: a film"), ("a.fcpxml", "<?xml"), ("a.otio", "{"), ("a.json", "{")]
)
def test_a_cut_list_is_saved(run, indexed, tmp_path, name, start):
    ran = run("search", "a", "film", "--in", indexed, *ALL, "--save", tmp_path / name)
    assert (ran.code, ran.err) == (0, f"saved 2 moments to {tmp_path / name}\n")
    assert (tmp_path / name).read_text().startswith(start)
    assert ran.out.splitlines()[0].startswith(" 1  ")


def test_all_moments_of_a_file_are_saved_as_a_table(run, indexed, tmp_path):
    options = ["--in", indexed, "--path", "trip/*", "--all-moments", "--save", tmp_path / "a.csv", "--json"]
    result = json.loads(run("search", "the doctor", *options).out)
    assert [(hit["rank"], hit["more"]) for hit in result["hits"]] == [(1, 0), (2, 0)]
    with (tmp_path / "a.csv").open(newline="") as file:
        assert sorted(float(row["start"]) for row in csv.DictReader(file)) == [0.0, 2.0]
    assert len(json.loads(run("search", "the doctor", "--in", indexed, "--all-moments", "--json").out)["hits"]) == 4
    assert len(json.loads(run("search", "x", "--in", indexed, "--all-moments", "-n3", "--json").out)["hits"]) == 3


def test_json_has_the_weak_ones_of_all_moments_too(run, indexed):
    words = "search", "the doctor lost", "--in", indexed, "--all-moments", "--json"
    first, second = (json.loads(run(*words, *more).out)["hits"] for more in ((), ALL))
    assert [hit["clip"] for hit in first] == [hit["clip"] for hit in second] and len(first) == 4


def test_clips_are_saved(run, indexed, tmp_path):
    ran = run("search", "the doctor lost", "--in", indexed, *ALL, "--save-clips", tmp_path / "clips")
    assert (ran.code, ran.err) == (0, f"saved 2 clips in {tmp_path / 'clips'}\n")
    files = {path.name for path in (tmp_path / "clips").iterdir()}
    assert "01-bell-0m00s.mkv" in files and len(files) == 2
    ran = run("search", "the doctor lost", "--in", indexed, *ALL, "--save-clips", tmp_path / "clips")
    assert ran.code == 1 and ran.err.count("error: rank ") == 2 and "--overwrite" in ran.err
    options = ["--save-clips", tmp_path / "clips", "--overwrite", "--exact", "--cut-at", "sentences", "-n", 1]
    assert run("search", '"the doctor lost"', "--in", indexed, *options).code == 0
    assert probe(tmp_path / "clips" / "01-bell-0m00s.mp4").duration == pytest.approx(2, abs=0.1)


def test_nothing_is_saved_where_nothing_matches(run, indexed, tmp_path):
    ran = run("search", "xqzzt", "--in", indexed, "--path", "none", "--save", tmp_path / "a.edl")
    assert ran.code == 1 and "nothing is saved" in ran.err and not (tmp_path / "a.edl").exists()


def test_nothing_is_saved_where_no_match_is_as_sure_as_asked_for(tmp_path, capsys):
    saving = Saving(tmp_path / "a.edl", None, "clips", False, False)
    assert saving.run(None, SearchResult("q", "hybrid", [], 9, 3, 9, 1.0, matches=3), 0.95)
    assert capsys.readouterr().err == "nothing is saved, because nothing has a confidence of 0.95 or more\n"
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_gone_is_reported(run, indexed, tmp_path, monkeypatch):
    hidden = (indexed / ODD_NAME).rename(indexed / "hidden")
    try:
        ran = run("search", "a film", "--in", indexed, *ALL, "--save-clips", tmp_path)
    finally:
        hidden.rename(indexed / ODD_NAME)
    assert ran.code == 1 and "no such file" in ran.err and f"saved 1 clip in {tmp_path}" in ran.err
    assert "\x1b" not in ran.err


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--save", "film.mp4"], 1, "give one of .json .csv .edl .fcpxml .otio"),
        (["--save", "old.csv"], 1, "it exists; give another name, or overwrite it with --overwrite"),
        (["--save", "no/where.csv"], 1, "cannot save no/where.csv: there is no folder no; make it"),
        (["--save-clips", "old.csv"], 1, "cannot make the folder old.csv"),
        (["--exact"], 1, "add --save-clips FOLDER"),
        (["--cut-at", "sentences"], 1, "add --save FILE or --save-clips FOLDER"),
        (["--cut-at", "words"], 2, "is not one of clips, sentences"),
    ],
)
def test_errors_say_what_to_do(run, indexed, tmp_path, monkeypatch, options, code, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.csv").write_text("mine")
    ran = run("search", "a film", "--in", indexed, *ALL, *options)
    assert ran.code == code and message in ran.err and "Traceback" not in ran.err
    assert (tmp_path / "old.csv").read_text() == "mine"
