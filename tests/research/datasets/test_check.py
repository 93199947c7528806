"""Checking a data set: missing, damaged and silent clips, interruptions, and changed files."""

import json
import shutil

import pytest
import torch

from hearsight.cli.main import main
from hearsight.errors import HearsightError
from hearsight.research.datasets import check as checking
from hearsight.research.datasets.check import check
from hearsight.research.datasets.checked_folder import provenance_of
from hearsight.research.datasets.journal import read_journal
from hearsight.research.datasets.split import Split
from tests.builders import tiny_model
from tests.media_files import beep, grey, make_media


@pytest.fixture
def table(tmp_path):
    """Return a table with clips of one film, and of single files, good and bad."""
    make_media(tmp_path / "film.mkv", [grey(50)] * 40, sounds=[beep(1.0)])
    make_media(tmp_path / "quiet.mkv", [grey(50)] * 10, sounds=[0 * beep(1.0)])
    make_media(tmp_path / "mute.mkv", [grey(50)] * 10)
    make_media(tmp_path / "bell.wav", sounds=[beep(1.0)])
    (tmp_path / "empty.mp4").touch()
    rows = [
        "video,start,end,caption,split,transcript",
        "film.mkv,0,2,it begins,train,a transcript",
        "film.mkv,1,3,it goes on,train,",
        "film.mkv,3,,it ends,train,abcd",
        "film.mkv,7,9,after the end,train,",
        "quiet.mkv,,,a grey wall,validation,",
        "mute.mkv,,,a grey wall,validation,",
        "bell.wav,,,a bell,test,",
        "empty.mp4,,,nothing,test,",
        "gone.mp4,,,gone,test,",
    ]
    path = tmp_path / "clips.csv"
    path.write_text("\n".join(rows))  # without a last newline
    return path


def test_clips_are_counted_by_state(table):
    counts = check("table", table).counts()
    assert counts["train"] == {
        "clips": 4, "good": 3, "missing": 0, "damaged": 1, "silent": 2, "without_speech": 2, "captions": 3,
    }  # fmt: skip
    assert (counts["validation"]["good"], counts["validation"]["silent"]) == (2, 2)
    assert (counts["test"]["good"], counts["test"]["missing"], counts["test"]["damaged"]) == (1, 1, 1)
    assert counts["test"]["without_speech"] is None


def test_manifests_have_the_good_clips(table):
    folder = check("table", table).folder
    assert folder == table.parent / "hearsight" / "clips"
    train = Split(folder / "train").clips
    assert [(clip.start, clip.end, clip.transcript) for clip in train] == [
        (0, 2, "a transcript"),
        (1, 3, None),
        (3, None, "abcd"),
    ]
    assert all(clip.path.resolve() == (table.parent / "film.mkv").resolve() for clip in train)


def test_a_moved_data_set_keeps_its_inspections(table, monkeypatch):
    check("table", table)
    moved = shutil.move(table.parent, table.parent.with_name("moved"))
    assert Split(moved / "hearsight" / "clips" / "test").clips[0].path.is_file()
    monkeypatch.setattr(checking, "inspect_file", lambda path, spans: pytest.fail("looked again"))
    assert check("table", moved / table.name).counts()["train"]["good"] == 3


def test_a_file_is_inspected_once(table, monkeypatch):
    check("table", table)
    looked = []
    inspect_file = checking.inspect_file
    monkeypatch.setattr(
        checking, "inspect_file", lambda path, spans: looked.append(path.name) or inspect_file(path, spans)
    )
    check("table", table)
    assert looked == []
    make_media(table.parent / "empty.mp4", [grey(9)] * 10)
    (table.parent / "mute.mkv").unlink()
    table.write_text(table.read_text() + "\nquiet.mkv,0,0.5,its beginning,validation,")
    counts = check("table", table).counts()
    assert sorted(looked) == ["empty.mp4", "quiet.mkv"]
    assert (counts["test"]["good"], counts["validation"]["good"]) == (2, 2)


def test_a_file_that_is_still_being_copied_is_inspected_again(table, monkeypatch):
    film = table.parent / "film.mkv"
    content, inspect_file = film.read_bytes(), checking.inspect_file
    film.write_bytes(content[: len(content) // 2])

    def inspect(path, spans):
        inspections = inspect_file(path, spans)
        if path == film:
            film.write_bytes(content)
        return inspections

    monkeypatch.setattr(checking, "inspect_file", inspect)
    assert check("table", table).counts()["train"]["good"] == 0
    assert check("table", table).counts()["train"]["good"] == 3


def test_a_file_may_be_removed_during_the_check(table, monkeypatch):
    inspect_file = checking.inspect_file

    def inspect(path, spans):
        if path.name == "quiet.mkv":
            path.unlink()
        return inspect_file(path, spans)

    monkeypatch.setattr(checking, "inspect_file", inspect)
    counts = check("table", table).counts()
    assert (counts["train"]["good"], counts["validation"]["good"]) == (3, 1)


@pytest.mark.parametrize(("name", "codec"), [("a.mka", "pcm_s16le"), ("a.aiff", "pcm_s16be"), ("a.oga", "flac")])
def test_an_audio_file_needs_no_pictures(tmp_path, name, codec):
    make_media(tmp_path / name, sounds=[beep(1.0)], sound_codec=codec)
    (tmp_path / "clips.csv").write_text(f"video,caption\n{name},a bell\n")
    assert check("table", tmp_path / "clips.csv").counts()["test"]["good"] == 1


def test_an_interrupted_check_continues(table, monkeypatch):
    def stop(what, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("table", table, progress=stop)
    journal = table.parent / "hearsight" / "clips" / "looked.jsonl"
    assert len(journal.read_text().splitlines()) == 2
    journal.write_text(journal.read_text() + '{"path": "fi')  # as a kill leaves it
    counts = []
    findings = check("table", table, progress=lambda *step: counts.append(step[1]))
    assert counts == [3, 4, 5]
    assert findings.counts()["train"]["good"] == 3


def test_a_single_split_can_be_checked(table):
    findings = check("table", table, splits=("test",))
    assert findings.counts().keys() == {"test"}
    assert not (findings.folder / "train").exists()
    check("table", table)
    check("table", table, splits=("test",))
    note = json.loads((findings.folder / "dataset.json").read_text())
    assert note["splits"].keys() == {"train", "validation", "test"}


def test_a_folder_of_another_data_set_is_refused(table, msrvtt, tmp_path):
    check("table", table, out=tmp_path / "made")
    with pytest.raises(HearsightError, match=r"made belongs to table in .*clips\.csv; give msrvtt-9k"):
        check("msrvtt-9k", msrvtt, out=tmp_path / "made")


def test_a_clip_in_two_splits_is_refused(msrvtt):
    test = msrvtt / "MSRVTT_JSFUSION_test.csv"
    test.write_text(test.read_text() + "ret9,msr0,video0,a dog\n")
    with pytest.raises(HearsightError, match=r"line 7: video0 is also in .*train\.9k\.csv, line 2"):
        check("msrvtt-9k", msrvtt)


def test_a_folder_that_cannot_be_written_is_an_error(table):
    file = table.parent / "hearsight"
    file.write_text("a file is where the folder should be")
    with pytest.raises(HearsightError, match=r"cannot write .*; have `hearsight data check` make another"):
        check("table", table)


def test_the_table_on_a_terminal(table, capsys):
    assert main(["data", "check", "table", str(table)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split() == ["clips", "train", "validation", "test"]
    assert "gone.mp4 (" in out
    assert "starts at 7 s, but the file ends at 4 s" in out
    assert "the file is empty" in out
    assert f"manifests: {table.parent / 'hearsight' / 'clips'}" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["data", "check", "msrvtt", "."], "unknown data set 'msrvtt' (did you mean 'msrvtt-9k'?)"),
        (["data", "check", "msrvtt-9k", "."], "no MSRVTT_data.json below"),
        (["evaluate", "demo"], "give a FOLDER to test on, or --dataset NAME"),
        (
            ["evaluate", "demo", ".", "--dataset", "vatex"],
            "give a FOLDER to test on, or --dataset NAME",
        ),
        (["train", "msrvtt", "--out", "run", "--set", "data=."], "no MSRVTT_data.json below"),
    ],
)
def test_errors_say_what_to_do(words, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 1
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_output_may_be_outside_the_data_set(msrvtt, tmp_path, capsys):
    """This is for data in a folder without write permission."""
    (msrvtt / "soundstage.json").unlink()
    assert main(["data", "check", "msrvtt-9k", str(msrvtt), "--out", str(tmp_path / "made")]) == 0
    assert not (msrvtt / "hearsight").exists()
    tiny_model(tmp_path / "model", "clip4clip")
    words = ["evaluate", str(tmp_path / "model"), "--dataset", "msrvtt-9k", "--root", str(tmp_path / "made")]
    assert main(words) == 0
    assert "SAVE, published" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path / "model"), str(tmp_path / "made" / "test")]) == 0
    assert "SAVE, published" in capsys.readouterr().out
    assert not (msrvtt / "hearsight").exists()


def test_a_stretch_of_film_in_two_splits_is_refused(table):
    """This holds if only one of the splits is checked, and for another spelling of the path."""
    again = table.parent / "sub" / ".." / "film.mkv"
    (table.parent / "sub").mkdir()
    table.write_text(table.read_text() + f"\n{again},1,2,it leaks,test,")
    with pytest.raises(HearsightError, match=r"line 11: .*film\.mkv is in test and, by .*line 2, in train"):
        check("table", table, splits=("test",))


def test_broken_and_circular_links_are_tolerated(msrvtt):
    videos = msrvtt / "videos" / "all"
    (videos / "video0.mp4").unlink()
    (videos / "video0.mp4").symlink_to(msrvtt / "nowhere.mp4")
    for name in "abc":
        (videos / name).symlink_to(msrvtt)
    counts = check("msrvtt-9k", msrvtt).counts()
    assert (counts["train"]["missing"], counts["train"]["good"]) == (1, 12)


def test_the_output_folder_may_be_a_link(msrvtt, tmp_path):
    (tmp_path / "large" / "disk").mkdir(parents=True)
    (msrvtt / "hearsight").symlink_to(tmp_path / "large" / "disk")
    folder = check("msrvtt-9k", msrvtt).folder
    assert all(clip.path.is_file() for clip in Split(folder / "test").clips)


def test_generated_clips_are_recognised_in_any_folder(msrvtt, table):
    above = msrvtt.parent / "above"
    above.mkdir()
    shutil.move(msrvtt, above / "nested")
    assert provenance_of(check("msrvtt-9k", above).folder / "test").disguised
    assert not provenance_of(check("table", table).folder / "test").disguised


def test_a_dataset_json_of_another_program_is_ignored(tmp_path):
    (tmp_path / "dataset.json").write_text('{"images": []}')
    assert provenance_of(tmp_path / "test") is None
    (tmp_path / "dataset.json").write_text("[1")
    assert provenance_of(tmp_path / "test") is None


def test_transcripts_and_features_of_a_changed_file_are_removed(table, tmp_path):
    towers = tiny_model(tmp_path / "towers", "avigate")
    split = check("table", table).folder / "train"
    before = Split(split).features(towers).batch([0, 1, 2])
    make_media(table.parent / "more.mkv", [grey(200)] * 40, sounds=[beep(1.0)])
    check("table", table)
    assert len(list(read_journal(split / "transcripts.pocketsphinx.jsonl"))) == 3
    shutil.copy(table.parent / "more.mkv", table.parent / "film.mkv")
    check("table", table)
    assert list(read_journal(split / "transcripts.pocketsphinx.jsonl")) == []
    after = Split(split).features(towers).batch([0, 1, 2])
    assert not torch.allclose(before.frames[0], after.frames[0])
    assert after.frame_mask.sum(dim=1).tolist() == before.frame_mask.sum(dim=1).tolist()


def test_features_of_an_id_that_is_now_another_stretch_are_removed(tmp_path):
    towers = tiny_model(tmp_path / "towers", "avigate")
    make_media(tmp_path / "film.mkv", [grey(50)] * 20 + [grey(200)] * 20)
    rows = "id,video,caption,split,start,end\na,film.mkv,dark,train,0,2\nb,film.mkv,bright,train,2,4\n"
    table = tmp_path / "clips.csv"
    table.write_text(rows)
    split = check("table", table).folder / "train"
    dark, bright = Split(split).features(towers).batch([0, 1]).frames
    table.write_text(rows.replace("train,0,2", "train,2.5,4"))
    check("table", table)
    clips = Split(split).features(towers)
    assert torch.equal(clips.batch([1]).frames[0], bright)
    assert not torch.allclose(clips.batch([0]).frames[0], dark)
    assert torch.allclose(clips.batch([0]).frames[0, 0], bright[0], atol=1e-2)
