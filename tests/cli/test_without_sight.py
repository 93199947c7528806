"""`hearsight index --model none`: a library without sight gives what is said, and says what it lacks."""

import json
import os
import subprocess
import sys

import pytest

from hearsight.cli.main import main
from tests.cli.test_cold_search import HEAVY, PROGRAM
from tests.library.conftest import film, say
from tests.picture_files import write_picture

INDEX = ("--model", "none", "--seconds", "2", "--recogniser", "none")
LACKING = "nothing in this library is seen or heard: only what is said is found. Add a model that sees with:"


def make_films(folder, *lines, name="bell.mkv"):
    film(folder / name, 2 * len(lines), seed=1)
    say((folder / name).with_suffix(".srt"), *lines)
    film(folder / "silent.mkv", 3, seed=2, sound=False)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words") / "films"
    make_films(folder, "the doctor lost", "a yellow bicycle", "we swim at the beach today")
    assert main(["index", str(folder), *INDEX, "-q"]) == 0
    return folder


def hits(ran):
    return [(hit["path"], hit["start"], hit["match"]) for hit in json.loads(ran.out)["hits"]]


def test_info_says_that_nothing_is_seen_or_heard(run, films):
    out = run("info", films).out
    assert "none (words, " in out and "nothing that is seen or heard" in out and "hearsight models" in out
    assert json.loads(run("info", films, "--json").out)["senses"] == []


def test_a_new_index_says_what_it_will_find(run, tmp_path):
    make_films(tmp_path / "films", "good morning")
    ran = run("index", tmp_path / "films", *INDEX)
    assert ran.code == 0 and "only what is said will be found" in ran.err
    again = run("index", tmp_path / "films")
    assert again.code == 0 and "2 unchanged" in again.out and "only what is said" not in again.err


def test_a_sound_that_subtitles_describe_is_found_as_heard(run, tmp_path):
    make_films(tmp_path / "films", "come in", "[dog barking]", "I heard a dog barking")
    assert run("index", tmp_path / "films", *INDEX, "-q").code == 0
    ran = run("search", "heard:", "a", "dog", "barks", "--in", tmp_path / "films")
    assert ran.code == 0 and "0:02-0:04   strong  99%   seen ─────  heard ━━━━━  said ─────" in ran.out
    assert '"[[dog] [barking]]"' in ran.out and "only the sounds that subtitles describe are found" in ran.out
    again = json.loads(run("search", "heard: a dog barks", "--in", tmp_path / "films", "--json").out)
    assert [(one["expert"], one["sense"], one["moment"]) for one in again["hits"][0]["evidence"]] == [
        ("words", "heard", 2)
    ]


@pytest.mark.parametrize(
    "query", ["bicycle", "a physician", '"yellow bicycle"', "said: swim", "a bike", "zebra bicycle"]
)
def test_what_is_said_is_found_by_words_and_meaning(run, films, query):
    ran = run("search", *query.split(), "--in", films, "--json")
    result = json.loads(ran.out)
    best = result["hits"][0]
    assert ran.code == 0 and best["path"] == "bell.mkv" and best["said"] > 0 == best["seen"] == best["heard"]
    assert {each["sense"] for each in best["evidence"]} == {"said"} and result["notes"] == []


@pytest.mark.parametrize(("query", "has_note"), [("a red car", True), ("a dog barks", True), ("she says hello", False)])
def test_a_query_for_a_sight_or_a_sound_is_told_how_to_add_it(run, films, query, has_note):
    ran = run("search", *query.split(), "--in", films)
    assert ran.code == 1 and "nothing matches" in ran.out
    assert (LACKING in ran.out) == has_note
    if has_note:
        assert "hearsight models lists them" in ran.out and "--sound clap" in ran.out


@pytest.mark.parametrize("sense", ["seen", "heard"])
def test_a_prefix_that_nothing_can_answer_is_an_error(run, films, sense):
    ran = run("search", f"{sense}:", "bell", "--in", films)
    assert ran.code == 1 and f"nothing in this library is {sense}" in ran.err and "hearsight index FOLDER" in ran.err


def test_the_mode_without_words_finds_nothing_and_the_others_do(run, films):
    ran = run("search", "bicycle", "--in", films, "--mode", "dense")
    assert ran.code == 1 and LACKING in ran.out
    assert run("search", "bicycle", "--in", films, "--mode", "speech").code == 0


def test_a_search_loads_nothing_heavy_even_the_first_time(films, tmp_path):
    command = [sys.executable, "-c", PROGRAM, "search", "bicycle", "--in", str(films), "--json"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "empty")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    code, modules, _ = json.loads(done.stderr.splitlines()[-1])
    assert code == 0 and not set(HEAVY) & set(modules)


def test_several_libraries_are_searched_together(run, films, tmp_path):
    make_films(tmp_path / "more", "a bicycle for the doctor", name="more.mkv")
    assert run("index", tmp_path / "more", *INDEX, "-q").code == 0
    ran = run("search", "doctor", "--in", films, "--in", tmp_path / "more", "--json")
    assert {path for path, _, match in hits(ran) if match != "weak"} == {"bell.mkv", "more.mkv"}
    ran = run("search", "a", "red", "car", "--in", films, "--in", tmp_path / "more")
    assert ran.code == 1 and ran.out.count(LACKING) == 1


def test_a_film_in_which_nothing_is_said_has_its_picture(run, tmp_path):
    film(tmp_path / "films" / "silent.mkv", 3, seed=2, sound=False)
    assert run("index", tmp_path / "films", *INDEX, "-q").code == 0
    from hearsight.library import Library

    library = Library.open(tmp_path / "films")
    [clip, *_] = library._store.complete_ids()
    assert library.thumbnail(clip)[:2] == b"\xff\xd8"
    assert run("search", "a", "red", "car", "--in", tmp_path / "films").code == 1


def test_training_has_no_use_for_it(run, films):
    ran = run("models", "--method", "words")
    assert ran.code == 0 and "it has no options" not in ran.err


def test_pictures_wait_until_something_looks_at_them(run, tmp_path):
    make_films(tmp_path / "films", "good morning")
    write_picture(tmp_path / "films" / "beach.jpg")
    ran = run("index", tmp_path / "films", *INDEX, "--pictures")
    assert "note: pictures are left out, because nothing looks at them" in ran.err
    assert "left out: 1 picture, as nothing looks at them without a model or --read" in ran.out
    ran = run("index", tmp_path / "films", "--model", "demo")
    assert ran.code == 0 and "left out" not in ran.out
    assert json.loads(run("info", tmp_path / "films", "--json").out)["pictures"] == 1
    assert "pictures" in run("info", tmp_path / "films").out
    ran = run("index", tmp_path / "films", "--no-pictures")
    assert "left out: 1 picture, as --no-pictures asks" in ran.out
    assert "0 (updates leave pictures out; hearsight index --pictures adds them)" in run("info", tmp_path / "films").out
