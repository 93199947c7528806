"""The configuration `everyday` from nothing to results, through a stand-in for the hub, and without any."""

import json
import os
import subprocess
import sys
import time

import pytest

import hearsight
from tests.experts.clap_checkpoints import tiny_clap
from tests.hub import serve, use_cache, use_hub
from tests.library.conftest import film, say
from tests.public_checkpoints import tiny_siglip

SIGLIP, CLAP = "google/siglip2-base-patch32-256", "laion/clap-htsat-unfused"
CUT = ("--seconds", "2", "--recogniser", "none")


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A machine with other work may be slow to answer."""
    monkeypatch.setattr("hearsight.library.expert_choice.SHORT_PATIENCE", 60.0)
    monkeypatch.setattr("hearsight.library.expert_choice.PATIENCE", 60.0)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    tiny_siglip(folder / "siglip")
    return {SIGLIP: folder / "siglip", CLAP: tiny_clap(folder / "clap")}


@pytest.fixture
def films(tmp_path):
    film(tmp_path / "films" / "bell.mkv", 4, seed=1)
    say(tmp_path / "films" / "bell.srt", "the doctor lost", "a yellow bicycle")
    return tmp_path / "films"


def info(run, films):
    return json.loads(run("info", films, "--json").out)


def test_from_nothing_to_results_and_again_without_a_network(run, films, models, tmp_path, monkeypatch):
    with use_hub(monkeypatch, tmp_path / "cache", models) as hub:
        pulled = run("models", "pull", "everyday")
        assert pulled.code == 0 and f"fetching {SIGLIP}" in pulled.err and "2 models downloaded" in pulled.err
        requests = len(hub.requests)
        assert "nothing to download" in run("models", "pull", "everyday").err
        assert run("index", films, *CUT).code == 0
        assert len(hub.requests) == requests
    indexed = info(run, films)
    assert (indexed["model"], indexed["sound"], indexed["meaning"]) == (SIGLIP, f"clap:{CLAP}", "wordllama")
    assert indexed["sounds"] == 1 and indexed["missing"] == {}
    use_cache(monkeypatch, tmp_path / "cache")
    assert "1 unchanged" in run("index", films).out
    words = ["a physician lost his bike", "--in", films, "--json", "--min-confidence", "0"]
    result = json.loads(run("search", *words).out)
    assert result["hits"][0]["path"] == "bell.mkv"
    assert run("search", "heard: a bell", "--in", films, "--min-confidence", "0").code == 0


def test_the_first_run_downloads_what_it_needs_and_says_how_much(run, films, models, tmp_path, monkeypatch):
    with use_hub(monkeypatch, tmp_path / "cache", models):
        ran = run("index", films, *CUT)
    assert ran.code == 0 and f"fetching {SIGLIP} (1.5 GB), {CLAP} (615 MB), once" in ran.err
    assert info(run, films)["model"] == SIGLIP


def test_without_a_network_what_is_said_is_found_and_the_rest_is_added_later(run, films, models, tmp_path, monkeypatch):
    use_cache(monkeypatch, tmp_path / "cache")
    ran = run("index", films, *CUT)
    assert ran.code == 0 and "1 added" in ran.out
    assert "what is seen and heard cannot be searched yet, and indexing goes on without: the hub cannot be" in ran.err
    advice = "to search what is seen and heard, too: hearsight models pull everyday, then: hearsight index FOLDER"
    assert ran.err.splitlines()[-1] == advice and ran.err.count("hearsight models pull") == 1
    assert run("search", "a physician lost his bike", "--in", films).code == 0
    assert info(run, films)["missing"] == {"seen": SIGLIP, "heard": f"clap:{CLAP}"}
    assert "hearsight models pull everyday, then: hearsight index FOLDER" in run("info", films).out
    again = run("index", films)
    assert again.code == 0 and again.err.splitlines()[-1] == advice  # nothing is fetched that only a library names
    with use_hub(monkeypatch, tmp_path / "cache", models) as hub:
        assert run("index", films).err.splitlines()[-1] == advice and hub.requests == []
        run("models", "pull", "everyday")
        ran = run("index", films)
    assert ran.code == 0 and "too: hearsight models pull" not in ran.err
    indexed = info(run, films)
    assert (indexed["model"], indexed["sound"], indexed["sounds"], indexed["missing"]) == (
        SIGLIP,
        f"clap:{CLAP}",
        1,
        {},
    )
    assert run("search", "seen: a bell", "--in", films, "--min-confidence", "0").code == 0


def test_a_part_of_it_is_used_where_the_rest_cannot_be_fetched(run, films, models, tmp_path, monkeypatch):
    with use_hub(monkeypatch, tmp_path / "cache", models) as hub:
        hub.status[f"api/models/{CLAP}"] = 503
        ran = run("index", films, *CUT)
    assert ran.code == 0 and "what is heard cannot be searched yet" in ran.err and "answers with an error" in ran.err
    indexed = info(run, films)
    assert (indexed["model"], indexed["missing"]) == (SIGLIP, {"heard": f"clap:{CLAP}"})


def test_a_single_model_that_cannot_be_fetched_is_an_error(run, films, tmp_path, monkeypatch):
    use_cache(monkeypatch, tmp_path / "cache")
    ran = run("index", films, "--model", SIGLIP, *CUT)
    assert ran.code == 1 and f"cannot fetch model '{SIGLIP}'" in ran.err


def test_a_choice_of_ones_own_ends_what_is_missing(run, films, tmp_path, monkeypatch):
    use_cache(monkeypatch, tmp_path / "cache")
    run("index", films, *CUT)
    assert run("index", films, "--sound", "none").code == 0
    assert info(run, films)["missing"] == {"seen": SIGLIP}
    advice = run("index", films).err.splitlines()[-1]
    assert advice == f"to search what is seen, too: hearsight models pull {SIGLIP}, then: hearsight index FOLDER"
    assert run("index", films, "--model", "none").code == 0 and info(run, films)["missing"] == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sound", "clap:mispelt/x"], "no model 'mispelt/x' on the hub"),
        (["--model", "clap"], "no model 'clap'"),
        (["--model", "everydya"], "did you mean 'everyday'?"),
        (["--model", "~nosuchuser/x"], "no model '~nosuchuser/x'"),
        (["--model", "a" * 5000], "no such folder"),
    ],
)
def test_a_wrong_name_is_not_forgiven(run, films, models, tmp_path, monkeypatch, words, message):
    with use_hub(monkeypatch, tmp_path / "cache", models) as hub:
        ran = run("index", films, *words, *CUT)
        assert ran.code == 1 and message in ran.err and "fault of Hearsight" not in ran.err
        assert not (films / ".hearsight").exists() and (hub.requests == [] or "mispelt" in message)


def test_an_index_that_sees_is_not_rebuilt_blind(run, films, models, tmp_path, monkeypatch):
    with use_hub(monkeypatch, tmp_path / "cache", models):
        run("index", films, *CUT)
    use_cache(monkeypatch, tmp_path / "empty")
    ran = run("index", films, "--model", "everyday", "--rebuild")
    assert ran.code == 1 and "the hub cannot be reached" in ran.err and info(run, films)["model"] == SIGLIP


def test_programs_are_told_what_is_missing(run, films, tmp_path, monkeypatch):
    use_cache(monkeypatch, tmp_path / "cache")
    ran = run("index", films, "--quiet", "--json", *CUT)
    assert set(json.loads(ran.out)["missing"]) == {"seen", "heard"} and "cannot be searched yet" in ran.err
    with pytest.warns(UserWarning, match="what is seen and heard cannot be searched yet"):
        hearsight.index(films, model="everyday", recogniser="none")


def test_a_configuration_in_another_encoding(run, films, tmp_path, monkeypatch):
    use_cache(monkeypatch, tmp_path / "cache")
    (tmp_path / "mine.yml").write_text("seen: demo\n", encoding="utf-16")
    assert run("index", films, "--model", tmp_path / "mine.yml", *CUT).code == 0
    assert (info(run, films)["model"], info(run, films)["sound"]) == ("demo", "none")


def test_a_configuration_of_ones_own(run, films, models, tmp_path, monkeypatch):
    shown = run("models", "show", "everyday").out
    assert shown == f"seen: {SIGLIP}\nheard: clap:{CLAP}\nsaid: wordllama\n"
    own = shown.replace(SIGLIP, str(models[SIGLIP])).replace(f"clap:{CLAP}", "none")
    (tmp_path / "mine.yaml").write_text(own)
    use_cache(monkeypatch, tmp_path / "cache")
    assert run("index", films, "--model", tmp_path / "mine.yaml", *CUT).code == 0
    indexed = info(run, films)
    assert (indexed["model"], indexed["sound"]) == (str(models[SIGLIP]), "none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no configuration"),
        ("- seen", "is no configuration"),
        ("seen: 7", "is no configuration"),
        ("sight: demo", "'sight', which is none of seen, heard, said"),
        ("seen: [", "cannot read"),
        ("seen: no-such-model", "no model 'no-such-model'"),
        ("heard: bark", "unknown sound expert 'bark'"),
        ("said: letters", "unknown expert 'letters'"),
    ],
)
def test_a_damaged_configuration_is_an_error(run, films, tmp_path, monkeypatch, text, message):
    use_cache(monkeypatch, tmp_path / "cache")
    (tmp_path / "mine.yaml").write_text(text)
    ran = run("index", films, "--model", tmp_path / "mine.yaml", *CUT)
    assert ran.code == 1 and message in ran.err and ran.err.count("\n") == 1


@pytest.mark.parametrize("words", [["pull", "no-such"], ["show", "everydya"], ["pull", "clap:a/b/c"]])
def test_names_that_mean_nothing(run, words, tmp_path, monkeypatch):
    use_cache(monkeypatch, tmp_path / "cache")
    ran = run("models", *words)
    assert ran.code == 1 and ran.err.startswith("error: ") and "Traceback" not in ran.err


STRANGE_CHOICES = [
    {"said": "sentences:some/other"},
    {"heard": "clap:gpt2"},
    {"heard": "clap:."},
    {"seen": "~nosuchuser/x"},
    {"seen": "a" * 5000},
    {"seen": "."},
    {"seen": "a/b; rm -rf ~"},
    {"soul": "demo"},
]


def test_a_library_of_a_stranger_chooses_no_download(run, films, models, tmp_path, monkeypatch):
    with use_hub(monkeypatch, tmp_path / "mine", models):
        run("index", films, *CUT)
    identity = films / ".hearsight" / "library.json"
    with use_hub(monkeypatch, tmp_path / "empty", models) as hub:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no queries"))
        searched = run("search", "a bell", "--in", films)
        assert searched.code == 1 and f"hearsight models pull {SIGLIP}" in searched.err
        indexed = run("index", films)
        assert indexed.code == 1 and f"hearsight models pull {SIGLIP}" in indexed.err
        (tmp_path / "gpt2").mkdir()
        monkeypatch.chdir(tmp_path)
        values = json.loads(identity.read_text())
        for number, missing in enumerate(STRANGE_CHOICES):
            for model in (SIGLIP, (7, "a/b; rm -rf ~", "~nosuchuser/x")[number % 3]):
                identity.write_text(json.dumps({**values, "model": model, "missing": missing}))
                for words in (("index", films), ("info", films), ("search", "a bell", "--in", films)):
                    ran = run(*words)
                    assert "fault of Hearsight" not in ran.err and "pull a/b; rm" not in ran.err + ran.out
        assert hub.requests == []


def test_as_a_person_types_it_nothing_but_models_is_asked_of_the_hub(films, models, tmp_path):
    with serve(models) as hub:
        folders = {"HF_HOME": str(tmp_path / "hf"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        environment = {**os.environ, **folders, "HF_ENDPOINT": hub.address}
        command = [sys.executable, "-m", "hearsight", "models", "pull", "everyday"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0 and done.stderr.splitlines()[-1] == "2 models downloaded"
        assert all(SIGLIP in request or CLAP in request for request in hub.requests)


def test_a_hub_that_does_not_answer_is_soon_given_up(run, films, models, tmp_path, monkeypatch):
    with use_hub(monkeypatch, tmp_path / "cache", models) as hub:
        monkeypatch.setattr(hub, "finish_request", lambda *arguments: time.sleep(30))
        monkeypatch.setattr("hearsight.library.expert_choice.SHORT_PATIENCE", 0.2)
        ran = run("index", films, *CUT)
    assert ran.code == 0 and "the hub cannot be reached" in ran.err
