"""Reading public data sets: files in any folder, and invalid annotations."""

import errno
import json
import pickle
import shutil
from pathlib import Path

import pytest

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers import READERS, TABLE, read_entries


@pytest.mark.parametrize("root", sorted(READERS.builtin.keys() - {TABLE}), indirect=True)
def test_every_clip_is_found_with_its_captions(root, stage, request):
    name = request.node.callspec.params["root"]
    names = json.loads((root / "soundstage.json").read_text())["clips"]
    captions = {row["id"]: row for file in stage.glob("*/manifest.jsonl") for row in map(json.loads, file.open())}
    entries = list(read_entries(name, root))
    assert len(entries) == len({entry.id for entry in entries})
    for entry in entries:
        row = captions[names[name_of(entry.id, names)]]
        texts = [caption["text"] for caption in row["captions"]]
        assert (stage / row["split"] / row["path"]).samefile(entry.path)
        said = [text for _, text in entry.captions]
        assert said in (texts, [" ".join(texts)], texts[:1], texts[1:])
        assert (entry.split == "test") == (row["split"] == "test")
        assert entry.transcript in (None, row["spoken"])


def name_of(id: str, names: dict[str, str]) -> str:
    return next(name for name in names if name.removesuffix(".mp4") == id)


def test_files_may_be_in_any_folder(msrvtt):
    before = list(read_entries("msrvtt-9k", msrvtt))
    elsewhere = msrvtt / "annotations" / "of 2016"
    elsewhere.mkdir(parents=True)
    for file in msrvtt.glob("MSRVTT*"):
        shutil.move(file, elsewhere)
    shutil.move(msrvtt / "videos", msrvtt / "all of them")
    (msrvtt / ".trash").mkdir()
    (msrvtt / ".trash" / "video0.mp4").touch()
    after = list(read_entries("msrvtt-9k", msrvtt))
    assert [(e.id, e.captions, e.transcript) for e in before] == [(e.id, e.captions, e.transcript) for e in after]
    assert all("all of them" in str(entry.path) for entry in after)


def test_a_video_comes_before_a_sound_of_the_same_name(msrvtt):
    (msrvtt / "audio").mkdir()
    (msrvtt / "audio" / "video0.wav").touch()
    (msrvtt / "videos" / "all" / "video1.mp4").unlink()
    (msrvtt / "audio" / "video1.wav").touch()
    paths = {entry.id: entry.path for entry in read_entries("msrvtt-9k", msrvtt)}
    assert (paths["video0"].suffix, paths["video1"].suffix) == (".mp4", ".wav")


def test_a_byte_order_mark_is_ignored(msrvtt):
    file = msrvtt / "MSRVTT_train.9k.csv"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert next(read_entries("msrvtt-9k", msrvtt)).id == "video0"


def test_a_didemo_clip_has_the_described_length(stage, tmp_path):
    from hearsight.research.soundstage.export import export

    export(stage, tmp_path / "didemo", "didemo")
    assert {(entry.start, entry.end) for entry in read_entries("didemo", tmp_path / "didemo")} == {(0.0, 30.0)}


def spoil(root: Path, file: str, **changes) -> None:
    """Replace in a file, or all of it."""
    path = root / file
    if content := changes.get("content"):
        path.write_bytes(content)
    else:
        path.write_bytes(path.read_bytes().replace(changes["old"], changes["new"]))


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("MSRVTT_train.9k.csv", {"old": b"video_id", "new": b"id"}, r"9k\.csv, line 2 has no video_id"),
        (
            "MSRVTT_train.9k.csv",
            {"old": b"video1\n", "new": b"video99\n"},
            "line 3: video99 is not in MSRVTT_data.json",
        ),
        ("MSRVTT_train.9k.csv", {"old": b"video1\n", "new": b"vid\xe9o\n"}, "line 3 is not UTF-8"),
        ("MSRVTT_JSFUSION_test.csv", {"old": b"a dog and 0 bells", "new": b""}, "line 2 has no sentence"),
        ("MSRVTT_data.json", {"content": b'{"sentences": [1]}'}, "is not MSR-VTT's videos and sentences"),
        ("MSRVTT_data.json", {"content": b'{"sentences": '}, "is not JSON"),
        ("msrvtt10k_asr_text.json", {"content": b'{"video0": "hello"}'}, "is not a list of {key, text}"),
    ],
)
def test_invalid_annotations_are_errors(msrvtt, file, change, says):
    spoil(msrvtt, file, **change)
    with pytest.raises(HearsightError, match=says):
        list(read_entries("msrvtt-9k", msrvtt))


def test_unreadable_annotations_are_errors(msrvtt, monkeypatch):
    def refuse(path, *mode):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(HearsightError, match=r"cannot read .*\.json: Permission denied; get permission"):
        list(read_entries("msrvtt-9k", msrvtt))


def test_a_gigabyte_of_json_is_not_read(msrvtt):
    with (msrvtt / "MSRVTT_data.json").open("wb") as file:
        file.truncate(10**9)  # of zeros that take no room
    with pytest.raises(HearsightError, match=r"MSRVTT_data\.json is 1\.0 GB of JSON, too much to hold"):
        list(read_entries("msrvtt-9k", msrvtt))


@pytest.mark.parametrize("root", ["vatex"], indirect=True)
def test_a_list_that_names_an_unknown_clip(root):
    (root / "test_list.txt").write_text("nobody_knows_it\n")
    with pytest.raises(HearsightError, match=r"test_list\.txt, line 1: nobody_knows_it is not in ref_captions\.json"):
        list(read_entries("vatex", root))


@pytest.mark.parametrize("root", ["vatex"], indirect=True)
def test_empty_captions_are_dropped_and_a_clip_without_captions_is_an_error(root):
    path = root / "ref_captions.json"
    captions = json.loads(path.read_text())
    first, second = list(captions)[:2]
    captions[first].append("  ")
    path.write_text(json.dumps(captions))
    assert ("", "  ") not in next(entry for entry in read_entries("vatex", root) if entry.id == first).captions
    captions[second] = [" "]
    path.write_text(json.dumps(captions))
    with pytest.raises(HearsightError, match=f"{second} has no caption"):
        list(read_entries("vatex", root))


@pytest.mark.parametrize("root", ["lsmdc"], indirect=True)
def test_a_line_with_too_few_columns_is_an_error(root):
    file = root / "LSMDC16_annos_val.csv"
    file.write_text(file.read_text() + "a\tb\tc\n")
    with pytest.raises(HearsightError, match=r"val\.csv, line 7 has 3 columns between tabs, not 6"):
        list(read_entries("lsmdc", root))


@pytest.mark.parametrize("root", ["msvd"], indirect=True)
def test_pickled_code_is_never_run(root, tmp_path):
    class Code:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    (root / "raw-captions.pkl").write_bytes(pickle.dumps({"a": Code()}))
    with pytest.raises(HearsightError, match=r"raw-captions\.pkl as plain data .*code in a pickle is never run"):
        list(read_entries("msvd", root))
    assert not (tmp_path / "ran").exists()


def test_missing_names_files_and_folders_are_errors(tmp_path):
    with pytest.raises(HearsightError, match="unknown data set 'kinetics'; choose one of table, msrvtt-9k"):
        list(read_entries("kinetics", tmp_path))
    with pytest.raises(HearsightError, match=r"no train\.json below .*; put the data set's annotation files there"):
        list(read_entries("activitynet", tmp_path))
    with pytest.raises(HearsightError, match="no folder"):
        list(read_entries("activitynet", tmp_path / "nowhere"))
