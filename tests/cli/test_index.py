"""`hearsight index`."""

import errno
import io
import json
import shutil
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import hearsight
from hearsight.cli.events import Events
from hearsight.errors import HearsightError
from hearsight.experts.registry import load_expert
from hearsight.experts.sound_registry import load_sound_expert
from hearsight.library import Library
from hearsight.ocr.load import load_reader
from tests.cli.conftest import CUT, ODD_NAME
from tests.experts.clap_checkpoints import tiny_clap
from tests.experts.sentence_checkpoints import tiny_checkpoint
from tests.hub import use_cache
from tests.library.conftest import film
from tests.library.greys import Greys, slides
from tests.media_files import beep, write_tracks


def test_the_first_run_prints_what_was_added_and_what_failed(run, films, model_folder):
    ran = run("index", films, "--model", model_folder, *CUT)
    assert ran.code == 0
    assert "2 added, 1 failed; 4 clips in" in ran.out
    assert "  broken.mp4: damaged" in ran.out
    assert "[bold]name\\x1b[31m.mkv  2 clips\n" in ran.err and "\x1b" not in ran.err + ran.out


def test_the_second_run_uses_the_recorded_model_and_indexes_only_what_changed(run, films, model_folder):
    run("index", films, "--model", model_folder, *CUT)
    film(films / "new.mkv", 2, seed=5)
    (films / "trip" / "bell.mkv").rename(films / "bell.mkv")
    (films / "trip" / "bell.srt").rename(films / "bell.srt")
    ran = run("index", films, "--json", "--quiet", "--recogniser", "none")
    assert ran.code == 0 and ran.err == ""
    report = json.loads(ran.out)
    assert report["model"] == str(model_folder)
    assert {name: report[name] for name in ("added", "moved", "unchanged", "deleted", "clips")} == {
        "added": 1, "moved": 1, "unchanged": 1, "deleted": 0, "clips": 1,
    }  # fmt: skip


def test_the_recogniser_is_recorded(run, films, model_folder, tmp_path, monkeypatch, decode_here):
    from hearsight.speech import load

    loaded, remembered = [], []
    ear = f"whisper:{tmp_path / 'ear'}"
    (tmp_path / "ear").mkdir()

    class Ear:
        def __init__(self, name):
            loaded.append(name)
            self.name = ear if name == "whisper:ear" else name  # as one of a folder is called

    monkeypatch.setattr(load, "load_recogniser", Ear)
    for words in ([], ["--recogniser", "whisper:ear"], [], ["--rebuild"], ["--recogniser", "auto"], []):
        assert run("index", films, "--model", model_folder, "--seconds", 2, "--cut", "window", "-q", *words).code == 0
        remembered.append(json.loads(run("info", films, "--json").out)["recogniser"])
    assert loaded == ["auto", "whisper:ear", ear, ear, "auto", "auto"]
    assert remembered == ["auto", *3 * [ear], "auto", "auto"]


def test_another_recogniser_does_not_change_existing_transcripts_and_a_note_says_so(run, films, model_folder):
    assert "note:" not in run("index", films, "--model", model_folder, *CUT).err
    assert "note:" not in run("index", films, "--recogniser", "none").err
    ran = run("index", films, "--recogniser", "moonshine")
    assert ran.code == 0 and "note: moonshine is used for new and changed files" in ran.err
    assert "--rebuild" in ran.err
    assert json.loads(run("info", films, "--json").out)["transcripts"] == {"subtitles": 1, "none": 1}


def test_the_expert_for_what_is_said_is_recorded(run, films, model_folder, tmp_path, monkeypatch):
    tiny_checkpoint(tmp_path / "encoder")
    monkeypatch.chdir(tmp_path)
    assert (
        run("index", films, "--model", model_folder, "--recogniser", "none", "--meaning", "sentences:encoder").code == 0
    )
    assert run("index", films).code == 0
    name = f"sentences:{tmp_path.resolve() / 'encoder'}"
    ran = run("index", films, "--meaning", "wordllama")
    assert "every line that is stored is read anew, by wordllama" in ran.err
    assert "read anew" not in run("index", films, "--meaning", "wordllama").err
    assert f"by {name}" in run("index", films, "--meaning", "sentences:encoder").err
    assert json.loads(run("info", films, "--json").out)["meaning"] == name
    ran = run("index", films, "--meaning", "sentences:./no-such")
    assert ran.code == 1 and "no such folder; give a folder" in ran.err
    (tmp_path / "encoder").rename(tmp_path / "moved")
    load_expert.cache_clear()
    ran = run("index", films)
    assert ran.code == 1 and "is not on this machine; name its folder, or choose another" in ran.err
    assert run("index", films, "--meaning", "sentences:moved").code == 0


def test_a_sound_expert_is_recorded_and_shown(run, films, model_folder, tmp_path, monkeypatch):
    tiny_clap(tmp_path / "ear")
    monkeypatch.chdir(tmp_path)
    assert run("index", films, "--model", model_folder, "--recogniser", "none").code == 0
    ran = run("index", films, "--sound", "clap:ear", "--recogniser", "none")
    name = f"clap:{tmp_path.resolve() / 'ear'}"
    assert ran.code == 0 and f"the sound of every file is read once more, for {name}" in ran.err
    assert "1 unchanged; the sound of 1 file" in ran.out or "2 unchanged; the sound of 1 file" in ran.out
    ran = run("index", films)
    assert ran.code == 0 and "the sound of" not in ran.out + ran.err
    info = json.loads(run("info", films, "--json").out)
    assert (info["sound"], info["sounds"]) == (name, 1) and f"{name}, 1 video" in run("info", films).out
    (tmp_path / "ear").rename(tmp_path / "moved")
    load_sound_expert.cache_clear()
    ran = run("index", films)
    assert ran.code == 1 and "the sound expert" in ran.err and "hearsight index FOLDER --sound clap:" in ran.err
    assert run("index", films, "--sound", "none").code == 0 and '"sound": "none"' in run("info", films, "--json").out


def test_text_in_pictures_is_read_if_asked_for_and_shown(run, films, model_folder, monkeypatch):
    monkeypatch.setattr("hearsight.ocr.load.load_reader", lambda name: Greys())
    slides(films / "sign.mkv", 80)
    assert run("index", films, "--model", model_folder, "--recogniser", "none", "-q").code == 0
    ran = run("search", "read: exit", "--in", films)
    assert ran.code == 1 and "no picture of this library has been read" in ran.err
    ran = run("index", films, "--read", "--recogniser", "none")
    assert ran.code == 0 and "a picture of every clip is decoded and read" in ran.err
    assert "3 unchanged; the pictures of 3 files read" in ran.out
    ran = run("index", films)
    assert ran.code == 0 and "read" not in ran.out + ran.err
    info = json.loads(run("info", films, "--json").out)
    assert (info["reader"], info["read"]) == ("rapidocr", 3)
    assert "read by rapidocr, in 3 videos" in run("info", films).out
    assert '   read "[EXIT]"' in run("search", "read: exit", "--in", films).out
    hit = json.loads(run("search", "read: exit", "--in", films, "--json").out)["hits"][0]
    assert hit["text"] == "EXIT" and hit["evidence"][0]["box"] == pytest.approx([0.1, 0, 0.5, 0.1])
    assert run("index", films, "--no-read").code == 0
    assert '"reader": "none"' in run("info", films, "--json").out and "text " not in run("info", films).out


def test_without_its_package_nothing_is_begun(run, films, model_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "hearsight.ocr.rapidocr", None)
    load_reader.cache_clear()
    ran = run("index", films, "--model", model_folder, "--read")
    assert ran.code == 1 and "cannot read text in pictures" in ran.err and "hearsight[ocr]" in ran.err
    assert not (films / ".hearsight").exists()


def test_a_relative_folder_of_a_model_is_found_from_another_folder(run, films, model_folder, monkeypatch):
    monkeypatch.chdir(model_folder.parent)
    assert run("index", films, "--model", "tiny", *CUT, "-q") == (0, "", "")
    monkeypatch.chdir(films)
    assert run("search", "a bell").code == 0


def test_an_index_can_be_kept_in_another_folder(run, films, model_folder, tmp_path):
    location = tmp_path / "elsewhere"
    assert run("index", films, "--model", model_folder, "--library", location, *CUT, "-q").code == 0
    assert not (films / ".hearsight").exists()
    assert json.loads(run("info", films, "--library", location, "--json").out)["clips"] == 4
    assert json.loads(run("search", "bell", "--in", films, "--library", location, "--json").out)["hits"]


def test_an_index_in_another_folder_records_its_folder(run, films, model_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(films.parent)
    assert run("index", "films", "--model", model_folder, "--library", "elsewhere", *CUT, "-q").code == 0
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert json.loads(run("info", "--library", ".", "--json").out)["folder"] == str(films)
    [bell] = json.loads(run("search", "doctor", "--library", ".", "--mode", "speech", "--json").out)["hits"]
    assert bell["video"] == str(films / "trip" / "bell.mkv")
    missing = run("search", "doctor", "--library", tmp_path / "nowhere")
    assert missing.code == 1 and "hearsight index FOLDER --library" in missing.err


def test_the_index_cannot_be_the_folder_of_the_videos(run, films, model_folder):
    ran = run("index", films, "--model", model_folder, "--library", films, *CUT)
    assert ran.code == 1 and "a folder of its own" in ran.err
    assert not (films / "library.json").exists()


def test_an_empty_folder_does_not_empty_its_index(run, films, model_folder, tmp_path):
    location = tmp_path / "index"
    run("index", films, "--model", model_folder, "--library", location, *CUT)
    films.rename(tmp_path / "disk")
    films.mkdir()
    assert "mount its disk" in run("index", films, "--library", location, "--recogniser", "none").err
    assert "no video" in run("index", films, "--library", location, "--recogniser", "none", "--rebuild").err
    assert json.loads(run("info", "--library", location, "--json").out)["videos"] == 2


def test_a_model_that_was_moved_is_given_once(run, films, model_folder, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    shutil.copytree(model_folder, first)
    run("index", films, "--model", first, *CUT)
    first.rename(second)
    for words in (["search", "a bell", "--in", films], ["index", films, "--recogniser", "none"]):
        ran = run(*words)
        assert ran.code == 1 and f"made with the model in {first}, which is gone" in ran.err
        assert "hearsight index FOLDER --model MODEL-FOLDER" in ran.err
    assert run("index", films, "--model", second, "--recogniser", "none").code == 0
    assert run("search", "a bell", "--in", films).code == 0


def test_the_exit_status_is_1_if_nothing_is_indexed(run, films, model_folder):
    for good in films.rglob("*.mkv"):
        good.write_text("this is not a film")
    for _ in range(2):
        ran = run("index", films, "--model", model_folder, *CUT, "--json")
        assert ran.code == 1 and "nothing is indexed: 3 files failed" in ran.err
        assert json.loads(ran.out)["added"] == 0


def test_another_cut_is_refused_until_rebuilt(run, films, model_folder):
    run("index", films, "--model", model_folder, *CUT)
    refused = run("index", films, "--cut", "file")
    assert refused.code == 1 and refused.err.startswith("error: ") and "--rebuild" in refused.err
    rebuilt = run("index", films, "--cut", "file", "--rebuild", "--recogniser", "none", "--json")
    assert rebuilt.code == 0
    report = json.loads(rebuilt.out)
    assert (report["added"], report["clips"], report["model"]) == (2, 2, str(model_folder))
    again = run("index", films, "--rebuild", "--recogniser", "none", "--json")
    assert json.loads(again.out)["clips"] == 2


def test_a_damaged_index_is_rebuilt(run, films, model_folder):
    run("index", films, "--model", model_folder, *CUT)
    (films / ".hearsight" / "library.json").write_text("{")
    damaged = run("index", films)
    assert damaged.code == 1 and "--rebuild" in damaged.err
    assert run("index", films, "--model", model_folder, "--rebuild", *CUT).code == 0


def test_without_network_the_error_names_what_needs_none(run, films, monkeypatch, tmp_path):
    use_cache(monkeypatch, tmp_path / "cache")
    ran = run("index", films, "--recogniser", "none", "--model", "openai/clip-vit-base-patch32")
    assert ran.code == 1 and ran.out == ""
    assert "cannot fetch model 'openai/clip-vit-base-patch32'" in ran.err and "--model none" in ran.err
    assert ran.err.count("\n") == 2  # the first says what is fetched


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nowhere"], 2, "does not exist"),
        ([], 2, "Missing argument"),
        ([".", "--cut", "scenes"], 2, "--cut"),
        ([".", "--dtype", "int8"], 2, "--dtype"),
        ([".", "--events", "--json"], 2, "cannot be used with --json or --quiet"),
        ([".", "--events", "--quiet"], 2, "cannot be used with --json or --quiet"),
        ([".", "--recogniser", "ear"], 1, "pocketsphinx"),
        ([".", "--model", "no-such-model"], 1, "hearsight models lists"),
        ([".", "--model", "MODEL", "--device", "abacus"], 1, "choose one of cpu"),
        ([".", "--model", "MODEL", "--seconds", "-3"], 1, "0.5 or more"),
        ([".", "--model", "MODEL", "--seconds", "1e999"], 1, "0.5 or more"),
        ([".", "--model", "MODEL"], 1, "no video"),
    ],
)
def test_errors_say_what_to_do(run, tmp_path, monkeypatch, model_folder, words, code, message):
    monkeypatch.chdir(tmp_path)
    if message != "no video":
        (tmp_path / "film.mp4").touch()
    quick = [] if "--recogniser" in words else ["--recogniser", "none"]
    ran = run("index", *(str(model_folder) if word == "MODEL" else word for word in words), *quick)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err and "Traceback" not in ran.err


def test_a_folder_without_media_is_not_changed(run, tmp_path, monkeypatch):
    monkeypatch.setattr(hearsight, "load", lambda *given: pytest.fail("loaded a model for nothing"))
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("hello")
    ran = run("index", tmp_path / "letters", "--model", "demo")
    assert ran.code == 1 and "no video, sound or picture" in ran.err
    assert [file.name for file in (tmp_path / "letters").iterdir()] == ["one.txt"]


def test_ctrl_c_prints_how_to_continue(run, films, model_folder, monkeypatch):
    def stop(*args, **choices):
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "update", stop)
    ran = run("index", films, "--model", model_folder, *CUT)
    assert ran.code == 130
    assert ran.err.splitlines() == ["files indexed so far are kept; run the same command again to finish", "stopped"]


def test_events_report_the_progress(run, films, model_folder):
    ran = run("index", films, "--model", model_folder, *CUT, "--events")
    assert ran.code == 0 and ran.err == ""
    *running, last = [json.loads(line) for line in ran.out.splitlines()]
    assert {event["state"] for event in running} == {"running"}
    assert running[0]["total"] == 0 and all(event["total"] == 3 for event in running[1:])
    shares, done = [event["share"] for event in running], [event["done"] for event in running]
    assert shares == sorted(shares) and shares[-1] == 1
    assert done == sorted(done) and set(done) == {0, 1, 2, 3}
    assert {event["path"] for event in running} == {None, "broken.mp4", ODD_NAME, "trip/bell.mkv"}
    [failed] = [failed for event in (*running, last) for failed in event["failed"]]
    assert failed["path"] == "broken.mp4" and failed["reason"].startswith("damaged")
    assert (last["state"], last["done"], last["share"], last["clips"]) == ("done", 3, 1, 4)
    assert (last["report"]["folder"], last["report"]["model"]) == (str(films), str(model_folder))
    again = run("index", films, "--recogniser", "none", "--events")
    unchanged = json.loads(again.out.splitlines()[-1])
    assert (unchanged["total"], unchanged["share"]) == (0, 1)
    as_json = json.loads(run("index", films, "--recogniser", "none", "--json", "--quiet").out)
    assert {**unchanged["report"], "seconds": 0} == {**as_json, "seconds": 0}


def test_events_end_with_the_error_on_stderr(run, films, model_folder):
    for good in films.rglob("*.mkv"):
        good.unlink()
    ran = run("index", films, "--model", model_folder, *CUT, "--events")
    assert ran.code == 1 and "nothing is indexed: 1 file failed" in ran.err
    assert json.loads(ran.out.splitlines()[-1])["report"]["added"] == 0
    (films / "broken.mp4").unlink()
    ran = run("index", films, "--events")
    assert ran.code == 1 and ran.err.startswith("error: ") and ran.err.count("\n") == 1


class Full(io.StringIO):
    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_events_that_cannot_be_written_are_an_error():
    with (
        redirect_stdout(Full()),
        pytest.raises(HearsightError, match="cannot write the progress to stdout: No space left"),
    ):
        Events().__enter__()


def test_events_end_at_ctrl_c_without_a_report(run, films, model_folder, monkeypatch):
    def stop(library, progress, retry, **choices):
        progress.files(2, 1000)
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "update", stop)
    ran = run("index", films, "--model", model_folder, *CUT, "--events")
    assert ran.code == 130 and ran.err.splitlines()[-1] == "stopped"
    assert [json.loads(line)["state"] for line in ran.out.splitlines()] == ["running", "running"]


@pytest.mark.parametrize("name", ["where are they?", "two\nlines", "tab\there"])
def test_a_folder_whose_name_lancedb_cannot_read_is_refused_before_anything_is_written(
    run, films, model_folder, tmp_path, name
):
    folder = films.rename(tmp_path / name)
    ran = run("index", folder, "--model", model_folder, *CUT)
    assert ran.code == 1 and "no index can be kept at" in ran.err and "(--library FOLDER)" in ran.err
    assert not (folder / ".hearsight").exists()
    assert run("index", folder, "--model", model_folder, "--library", tmp_path / "elsewhere", *CUT).code == 0
    assert json.loads(run("search", "bell", "--library", tmp_path / "elsewhere", "--json").out)["hits"]


def test_the_name_of_a_folder_may_start_with_a_tilde(run, films, model_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    films.rename("~no such user")
    assert run("index", "./~no such user", "--model", model_folder, *CUT).code == 0


def test_bare_name_of_a_folder_called_demo_is_still_the_bundled_model(tmp_path, monkeypatch):
    from hearsight.library.indexing.model_names import absolute_model_name

    monkeypatch.chdir(tmp_path)
    Path("demo").mkdir()
    Path("mine").mkdir()
    assert absolute_model_name("demo") == "demo"
    assert absolute_model_name("mine") == str(tmp_path / "mine")
    assert absolute_model_name("openai/clip-vit-base-patch32") == "openai/clip-vit-base-patch32"


def test_the_toy_model_says_what_it_is_once(run, tmp_path):
    film(tmp_path / "films" / "a.mkv", 2)
    index = ["index", tmp_path / "films", "--model", "demo", "--recogniser", "none"]
    assert "note: the model demo knows only a small generated world" in run(*index).err
    assert "note" not in run(*index).err + run(*index, "--rebuild", "-q").err
    assert "note" in run(*index, "--rebuild").err


def test_another_model_is_said_beforehand_and_transcribes_nothing(run, films, model_folder):
    run("index", films, "--model", "none", *CUT)
    ran = run("index", films, "--model", model_folder)
    assert ran.code == 0
    assert (
        f"note: the pictures and sounds of 2 files are read again, for {model_folder}; nothing is transcribed"
        in ran.err
    )
    assert "Searches use none until then" in ran.err and "2 files read again for the new model" in ran.out
    assert json.loads(run("info", films, "--json").out)["model"] == str(model_folder)
    assert run("search", "seen:", "a", "bell", "--in", films).err == ""
    again = run("index", films, "--model", model_folder)
    assert "read again" not in again.err + again.out


def test_events_of_another_model_are_those_of_an_update(run, films, model_folder):
    run("index", films, "--model", "none", *CUT)
    events = [json.loads(line) for line in run("index", films, "--model", model_folder, "--events").out.splitlines()]
    assert events[-1]["state"] == "done" and events[-1]["report"]["reencoded"] == 2
    assert {event["path"] for event in events} >= {"trip/bell.mkv"} and events[-1]["failed"] == []


def test_the_sound_track_is_chosen_recorded_and_shown(run, model_folder, tmp_path):
    (tmp_path / "films").mkdir()
    tracks = (beep(2), "default", {"language": "eng"}), (beep(2), "", {"language": "ger", "title": "[b]Deutsch\x1b[0m"})
    write_tracks(tmp_path / "films" / "two.mkv", *tracks)
    write_tracks(tmp_path / "films" / "one.mkv", tracks[0])
    index = "index", tmp_path / "films", "--model", model_folder, "--recogniser", "none"
    ran = run(*index, "--audio-track", 2)
    assert ran.code == 0 and "in 1 file another sound track is heard than was asked for" in ran.out
    listed = run("info", tmp_path / "films", "--tracks").out
    assert "two.mkv   track 2 of 2, ger, [b]Deutsch" in listed and "\x1b" not in listed and "one.mkv" not in listed
    [track] = json.loads(run("info", tmp_path / "films", "--tracks", "--json").out)
    assert (track["path"], track["track"], track["tracks"], track["language"]) == ("two.mkv", 2, 2, "ger")
    shown = run("info", tmp_path / "films").out
    assert "number 2, else the usual one; 1 file with several (list them with --tracks)" in shown
    again = run(*index, "--audio-track", 0, "--audio-language", "English")
    assert "files that are indexed keep theirs" in again.err and "Add --rebuild" in again.err
    assert "note:" not in run(*index).err
    info = json.loads(run("info", tmp_path / "films", "--json").out)
    assert (info["audio_track"], info["audio_language"], info["several_tracks"]) == (None, "en", 1)
    assert run(*index, "--audio-language", "klingon").err.startswith("error: there is no language 'klingon'; give")
    assert run(*index, "--audio-track", -1).code == 1
