"""Reading tables: CSV, JSON lines and Parquet give the same clips, and errors name the line."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers import read_entries

ROWS = [
    {"video": "a.mp4", "caption": "a dog", "split": "train", "start": 0.5, "end": 2.5, "group": "sight"},
    {"video": "a.mp4", "caption": "it barks", "split": "train", "start": 0.5, "end": 2.5, "group": "sound"},
    {"id": "b", "video": "sub/b.mp4", "caption": "a bell", "transcript": "good morning"},
]


def write(folder, rows, suffix):
    """A table of a kind, with two empty files that it names."""
    (folder / "sub").mkdir(parents=True)
    for name in ("a.mp4", "sub/b.mp4"):
        (folder / name).touch()
    path = folder / f"clips{suffix}"
    if suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, sorted({name for row in rows for name in row}))
            writer.writeheader()
            writer.writerows(rows)
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows, pa.schema(SCHEMA)), path)
    return path


SCHEMA = [(name, pa.string()) for name in ("id", "video", "caption", "split", "transcript", "group")]
SCHEMA += [(name, pa.float64()) for name in ("start", "end")]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_the_same_in_every_format(suffix, tmp_path):
    path = write(tmp_path / "data", ROWS, suffix)
    a, b = read_entries("table", path)
    assert (a.id, a.split, a.start, a.end) == ("a.mp4 0.5-2.5", "train", 0.5, 2.5)
    assert a.captions == (("sight", "a dog"), ("sound", "it barks"))
    assert (b.id, b.split, b.start, b.end, b.transcript) == ("b", "test", None, None, "good morning")
    assert b.path == path.parent / "sub" / "b.mp4"


def test_several_captions_in_a_row(tmp_path):
    path = write(tmp_path / "data", [{"video": "a.mp4", "captions": ["a dog", " it barks "]}], ".jsonl")
    (entry,) = read_entries("table", path)
    assert entry.captions == (("", "a dog"), ("", "it barks"))


def test_a_path_without_a_file_is_a_missing_clip(tmp_path):
    path = write(tmp_path / "data", [{"video": "nowhere.mp4", "caption": "a dog"}], ".csv")
    assert [entry.path for entry in read_entries("table", path)] == [None]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"caption": "a dog"}, "line 1 has no column video, but caption; name it so, with commas"),
        ({"video": " ", "caption": "a dog"}, "line 1 has no video"),
        ({"video": "a.mp4", "caption": 5}, "line 1 has a caption that is empty or not text"),
        ({"video": "a.mp4", "caption": "a dog", "transcript": 5}, "line 1: the transcript 5 is not text"),
        ({"video": "a.mp4"}, "line 1 has no caption"),
        ({"video": "a.mp4", "caption": " "}, "line 1 has a caption that is empty"),
        ({"video": "a.mp4", "captions": ["a dog", ""]}, "line 1 has a caption that is empty"),
        ({"video": "a.mp4", "caption": "a dog", "split": "dev"}, "line 1: there is no split 'dev'"),
        ({"video": "a.mp4", "caption": "a dog", "start": "soon"}, "line 1: start is 'soon'; give seconds"),
        ({"video": "a.mp4", "caption": "a dog", "start": -1}, "line 1: start is -1; give seconds"),
        ({"video": "a.mp4", "caption": "a dog", "start": 3, "end": 2}, "line 1: end is 2, not after start, 3"),
    ],
)
def test_invalid_rows_are_errors(row, says, tmp_path):
    with pytest.raises(HearsightError, match=says):
        list(read_entries("table", write(tmp_path / "data", [row], ".jsonl")))


def test_two_clips_with_one_id_are_an_error(tmp_path):
    rows = [{"id": "x", "video": "a.mp4", "caption": "a dog"}, {"id": "x", "video": "sub/b.mp4", "caption": "a bell"}]
    with pytest.raises(
        HearsightError, match=r"line 3: the id x is that of another clip \(.*line 2\); give each clip its own id"
    ):
        list(read_entries("table", write(tmp_path / "data", rows, ".csv")))


def test_a_missing_column_is_reported_with_the_first_line(tmp_path):
    with pytest.raises(HearsightError, match="line 2 has no caption; the table needs the column caption"):
        list(read_entries("table", write(tmp_path / "data", [{"video": "a.mp4", "text": "a dog"}], ".csv")))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("clips.csv", b"video,caption\na.mp4,caf\xe9\n", "line 2 is not UTF-8"),
        ("clips.jsonl", b'{"video": "a.mp4"\n', "line 1 is not JSON"),
        ("clips.jsonl", b'["a.mp4"]\n', "line 1 is not an object with columns"),
        ("clips.parquet", b"PAR0", "as Parquet"),
        ("clips.xlsx", b"", "give CSV, JSON lines"),
        ("clips.csv", b"video,caption\n", "no clip of table is listed"),
    ],
)
def test_invalid_files_are_errors(name, content, says, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(HearsightError, match=says):
        list(read_entries("table", tmp_path / name))


def test_a_folder_is_not_a_table(tmp_path):
    with pytest.raises(HearsightError, match="is not a file; give the table itself"):
        list(read_entries("table", tmp_path))


def test_rows_of_one_clip_have_one_transcript(tmp_path):
    rows = [{"video": "a.mp4", "caption": "a dog"}, {"video": "a.mp4", "caption": "it barks", "transcript": "hello"}]
    path = write(tmp_path / "data", rows, ".jsonl")
    assert [entry.transcript for entry in read_entries("table", path)] == ["hello"]
    rows.append({"video": "a.mp4", "caption": "a", "transcript": "good bye"})
    with pytest.raises(HearsightError, match=r"line 3: a\.mp4 has another transcript"):
        list(read_entries("table", write(tmp_path / "other", rows, ".jsonl")))
