"""`hearsight search` and `hearsight info`."""

import json

import pytest

from hearsight.cli.info import format_meaning, format_senses, format_sound, format_transcripts
from hearsight.cli.main import main
from tests.cli.conftest import CUT, ODD_NAME
from tests.library.conftest import film, say


def test_a_query_needs_no_quotation_marks(run, indexed):
    ran = run("search", "the", "doctor", "lost", "--in", indexed)
    assert ran.code == 0 and ran.err == ""
    first, line = ran.out.splitlines()[:2]
    assert first.startswith(" 1  trip/bell.mkv ") and "0:00-0:02" in first and "seen " in first
    assert line == '    "the [doctor] [lost]"'
    assert " in 4 clips, " in ran.out
    assert run("search", "the doctor lost", "--in", indexed, "--json").code == 0


def test_odd_names_and_markup_are_printed_as_text(run, indexed):
    out = run("search", "yellow bicycle", "--in", indexed).out
    assert '"a [red][yellow][/red] [bicycle]"' in out
    assert "odd\\n[bold]name\\x1b[31m.mkv" in out and "\x1b" not in out


def test_json_has_all_fields(run, indexed):
    ran = run("search", "yellow bicycle", "--in", indexed, "--json")
    result = json.loads(ran.out)
    assert result["query"] == "yellow bicycle" and result["total_clips"] == 4
    assert {hit["path"] for hit in result["hits"]} == {"trip/bell.mkv", ODD_NAME}
    best = result["hits"][0]
    assert best["line"][slice(*best["spans"][0])] == "yellow"
    assert {"score", "start", "end", "moment", "seen", "heard", "said", "gates", "video"} <= best.keys()


def test_the_nearest_indexed_folder_is_searched(run, indexed, monkeypatch):
    monkeypatch.chdir(indexed / "trip")
    assert "trip/bell.mkv" in run("search", "doctor").out
    assert json.loads(run("info", "--json").out)["folder"] == str(indexed)


def test_library_accepts_the_folder_around_an_index(run, indexed, monkeypatch):
    assert "trip/bell.mkv" in run("search", "doctor", "--library", indexed).out
    monkeypatch.chdir(indexed / "trip")
    info = json.loads(run("info", "--library", "..", "--json").out)
    assert (info["folder"], info["at"]) == (str(indexed), str(indexed / ".hearsight"))


@pytest.mark.parametrize("command", [("search", "a bell"), ("info",)])
def test_a_folder_that_is_not_indexed_is_an_error_that_says_what_to_run(run, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    ran = run(*command)
    assert ran.code == 1 and ran.out == ""
    assert ran.err.startswith("error: ") and "run: hearsight index FOLDER" in ran.err
    assert "--in" not in ran.err


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        (["--path", "trip/*"], {"trip/bell.mkv"}),
        (["--no-sound"], {ODD_NAME}),
        (["--has-sound"], {"trip/bell.mkv"}),
        (["--has-speech"], {"trip/bell.mkv"}),
        (["--no-speech"], {ODD_NAME}),
        (["--min-seconds", "1000"], set()),
        (["--max-seconds", "1000"], {"trip/bell.mkv", ODD_NAME}),
        (["--mode", "speech"], {"trip/bell.mkv"}),
        (["--after", "2020-01", "--from", "0:01"], {"trip/bell.mkv", ODD_NAME}),
        (["--before", "2020"], set()),
        (["--from", "0:00:03", "--to", "10"], {"trip/bell.mkv"}),
        (["--limit", "99999999999999999999"], {"trip/bell.mkv", ODD_NAME}),
        (["--mode", "dense", "-n", "5"], {"trip/bell.mkv", ODD_NAME}),
    ],
)
def test_filters_and_modes(run, indexed, options, paths):
    ran = run("search", "doctor", "--in", indexed, "--json", *options)
    assert {hit["path"] for hit in json.loads(ran.out)["hits"]} == paths


def test_the_exit_status_is_1_if_nothing_is_found(run, indexed):
    ran = run("search", "doctor", "--in", indexed, "--min-seconds", "1000")
    assert (ran.code, ran.err) == (1, "") and ran.out.startswith("nothing matches in 4 clips")
    ran = run("search", "doctor", "--in", indexed, "--min-seconds", "1000", "--json")
    assert (ran.code, json.loads(ran.out)["hits"]) == (1, [])


@pytest.fixture(scope="module")
def second_folder(tmp_path_factory, model_folder):
    """A folder with one film, indexed with the model of the first."""
    folder = tmp_path_factory.mktemp("second") / "holiday"
    film(folder / "sea.mkv", 2, seed=3)
    say(folder / "sea.srt", "the doctor swims")
    assert main(["index", str(folder), "--model", str(model_folder), *CUT, "-q"]) == 0
    return folder


@pytest.mark.parametrize(
    "options", [["--in", "FIRST", "--in", "SECOND"], ["--library", "FIRST", "--library", "SECOND/.hearsight"]]
)
def test_several_folders_are_searched_together(run, indexed, second_folder, options):
    options = [option.replace("FIRST", str(indexed)).replace("SECOND", str(second_folder)) for option in options]
    result = json.loads(run("search", "doctor", *options, "--json").out)
    hits = {(hit["library"], hit["path"]) for hit in result["hits"]}
    assert {("films", "trip/bell.mkv"), ("holiday", "sea.mkv")} <= hits
    assert result["total_clips"] == 5
    out = run("search", "doctor", *options, "--mode", "speech").out
    assert "films/trip/bell.mkv" in out and "holiday/sea.mkv" in out


def test_several_folders_need_one_index_each(run, indexed, second_folder):
    folders = ["--in", indexed, "--in", second_folder]
    ran = run("search", "doctor", *folders, "--library", indexed)
    assert ran.code == 1 and "leave out --in" in ran.err
    ran = run("search", "doctor", *folders, "--library", indexed, "--library", second_folder, "-n", 1, "--json")
    assert (ran.code, len(json.loads(ran.out)["hits"])) == (0, 1)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "add some words, or --like FILE"),
        ([""], 1, "query is empty"),
        (["?!"], 1, "no word in it"),
        (["x", "--mode", "guess"], 2, "--mode"),
        (["x", "--mode", "speach"], 2, "did you mean 'speech'?"),
        (["x", "--limit", "0"], 2, "--limit"),
        (["x", "--after", "May"], 2, "2024-05-17"),
        (["x", "--from", "1:2:3:4"], 2, "1:02:03"),
        (["x", "--from", "-1"], 2, "cannot read the time '-1'"),
        (["x", "--from", "2", "--to", "1"], 1, "no clip is from 2.0 s to 1.0 s"),
        (["x", "--after", "2024", "--before", "2023"], 1, "no video is after 2024 and before 2023"),
        (["-5", "degrees"], 2, "-5"),
        (["x", "-json"], 2, "No such option"),
        (["x", "-mode", "speech"], 2, "No such option"),
        (["-doctor"], 1, "only says what to leave out"),
        (["seen:"], 1, "nothing to look for after 'seen:'"),
        (['"doctor'], 1, "quotation mark that is not closed"),
        (["read:", "exit"], 1, "no picture of this library has been read"),
        (["x", "--in", "nowhere"], 2, "does not exist"),
        (["x", "--library", "broken.mp4"], 2, "is a file"),
        (["doctor", "--open", "9"], 1, "cannot play rank 9: only 2 moments"),
        (["doctor", "--open", "--min-seconds", "1000"], 1, "nothing is found"),
    ],
)
def test_errors_say_what_to_do(run, indexed, monkeypatch, words, code, message):
    monkeypatch.chdir(indexed)
    ran = run("search", *words)
    assert ran.code == code and message in ran.err and "Traceback" not in ran.err


def test_a_mistyped_word_is_corrected(run, indexed):
    lines = run("search", "said:", "docctor", "--in", indexed).out.splitlines()
    assert "did you mean said: doctor?" in lines
    assert json.loads(run("search", "docctor", "--in", indexed, "--json").out)["suggestions"] == ["doctor"]
    assert "did you mean" not in run("search", "doctor", "--in", indexed).out


def test_a_query_may_start_with_a_dash(run, indexed):
    ran = run("search", "--json", "--in", indexed, "--", "--open", "--debug", "-5", "degrees")
    assert json.loads(ran.out)["query"] == "--open --debug -5 degrees"


@pytest.mark.parametrize(
    ("words", "query", "paths"),
    [
        (['"the doctor lost"'], '"the doctor lost"', {"trip/bell.mkv"}),
        (["a", "film", "-doctor"], "a film -doctor", {"trip/bell.mkv", ODD_NAME}),
        (["-doctor", "a film", "-bicycle"], "-doctor a film -bicycle", {ODD_NAME}),
        (["-n", "5", "a film", "-nobody", "-doctor"], "a film -nobody -doctor", {"trip/bell.mkv", ODD_NAME}),
        (["a film", '-"doctor lost"', "-n1"], 'a film -"doctor lost"', {"trip/bell.mkv", ODD_NAME}),
        (["said: doctor"], "said: doctor", {"trip/bell.mkv", ODD_NAME}),
        (["seen:", "a", "film", "said:-doctor"], "seen: a film said:-doctor", {"trip/bell.mkv", ODD_NAME}),
        (["--path", "-nowhere", "a film"], "a film", set()),
    ],
)
def test_a_query_may_ask_precisely(run, indexed, words, query, paths):
    result = json.loads(run("search", *words, "--in", indexed, "--json").out)
    assert result["query"] == query
    assert {hit["path"] for hit in result["hits"]} <= paths
    assert len(result["hits"]) == (1 if "-n1" in words else len(paths))


def test_a_very_long_query_is_accepted(run, indexed):
    ran = run("search", "--in", indexed, *(["doctor"] * 10_000))
    assert ran.code == 0 and "trip/bell.mkv" in ran.out.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "rank"),
    [
        (["doctor", "--open"], 0),
        (["--open", "doctor"], 0),
        (["--open", "--json", "doctor"], 0),
        (["doctor", "--open", "2", "--json"], 1),
        (["--open=2", "doctor", "--min-confidence", "0"], 1),
    ],
)
def test_open_plays_the_moment(run, indexed, monkeypatch, words, rank):
    played = []
    monkeypatch.setattr("hearsight.cli.player.play", lambda path, seconds: played.append((str(path), seconds)))
    hits = json.loads(run("search", "doctor", "--in", indexed, "--json").out)["hits"]
    assert run("search", *words, "--in", indexed).code == 0
    assert played == [(hits[rank]["video"], hits[rank]["moment"])]


def test_info_lists_what_is_in_an_index(run, indexed, model_folder):
    out = run("info", indexed).out
    facts = dict(line.strip().split("   ", 1) for line in out.splitlines())
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    assert facts["folder"] == str(indexed)
    assert facts["model"].startswith(f"{model_folder} (save, ")
    assert facts["videos"].startswith("2, ") and facts["clips"] == "4, windows of 2 s"
    assert facts["compares"] == "what is seen, heard and said"
    assert facts["meaning"] == "wordllama (word by word, in English)"
    assert facts["failed"] == "1 (list them with --failures)"
    assert facts["transcripts"] == "1 from subtitles, 1 without"
    assert json.loads(run("info", indexed, "--json").out)["transcripts"] == {"subtitles": 1, "none": 1}


@pytest.mark.parametrize(
    ("senses", "text"),
    [
        ([], ""),
        (["seen"], "what is seen"),
        (["seen", "heard"], "what is seen and heard"),
        (["seen", "heard", "said"], "what is seen, heard and said"),
    ],
)
def test_what_a_model_compares_is_told_in_words(senses, text):
    assert format_senses(senses, "of-a-plugin") == text


def test_an_expert_is_shown_with_the_way_it_reads():
    assert format_meaning("sentences:intfloat/e5") == "sentences:intfloat/e5 (by whole sentences)"
    assert format_meaning("mine:large") == "mine:large" and format_meaning("none") == "none (only words are matched)"
    assert format_sound("none", 0) == "" and format_sound("clap:a/b", 1200) == "clap:a/b, 1,200 videos"


def test_transcripts_are_counted_by_their_source():
    assert format_transcripts({"moonshine": 1200, "none": 20, "subtitles": 3}, not_understood=7) == (
        "1,200 by moonshine, 3 from subtitles, 20 without, 7 not understood (another language, or too unclear)"
    )
    assert format_transcripts({}) == "none"


def test_failures_are_listed_with_their_reasons(run, indexed, films, model_folder):
    out = run("info", indexed, "--failures").out
    assert out.startswith("broken.mp4   20") and "\n    damaged" in out
    [failure] = json.loads(run("info", indexed, "--failures", "--json").out)
    assert failure["path"] == "broken.mp4" and failure["reason"] and failure["when"]


def test_an_example_takes_the_place_of_a_query(run, indexed):
    example = indexed / "trip" / "bell.mkv"
    ran = run("search", "--like", example, "--in", indexed)
    assert ran.code == 0 and ran.err == ""
    assert ran.out.startswith(" 1  trip/bell.mkv ") and "like in " in ran.out.splitlines()[0]
    assert "the most similar of 4 clips, " in ran.out and "nothing" not in ran.out and "seen " not in ran.out
    heard = json.loads(run("search", "--like", example, "--by", "heard", "--in", indexed, "--json").out)
    assert heard["senses"] == ["seen", "heard"] and heard["hits"][0]["evidence"][0]["sense"] == "heard"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("a bell", "--by", "seen"),
            1,
            "--by is about an example; add --like FILE, or search for seen: and some words",
        ),
        (("a bell", "--like", "a.png"), 1, "--like FILE takes the place of a query; leave out one of the two"),
        (("--like", "a.png", "--all-moments"), 1, "--all-moments is about a query; leave it out with --like"),
        (("--like", "a.png", "--mode", "dense"), 1, "--mode is about a query; leave it out with --like"),
        (("--like", "a.png"), 1, "cannot read a.png: No such file or directory; give a file that can be read"),
    ],
)
def test_an_example_and_a_query_are_two_things(run, indexed, arguments, code, message):
    ran = run("search", *arguments, "--in", indexed)
    assert ran.code == code and message in " ".join(ran.err.replace("│", " ").split())
