"""Data sets and run folders of strangers: one line says what is wrong, and nothing outside of them is written.

docs/security.md has a table that names these tests.
"""

import json
import os
import pickle

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from hearsight.errors import HearsightError
from hearsight.experts.configuration import Configuration
from hearsight.research.datasets.checked_folder import provenance_of, read_note
from hearsight.research.datasets.manifest import read_manifest
from hearsight.research.datasets.readers import parse, read_entries
from hearsight.research.model_card.history import read_history
from hearsight.research.training.recipe import read_recipe
from hearsight.research.training.run_folder import FILES, Run
from hearsight.research.training.stored_teacher import read_feature
from hearsight.util.yaml_file import parse_yaml

DEEP = "[" * 100_000 + "]" * 100_000


def line_of(error: pytest.ExceptionInfo[HearsightError]) -> str:
    message = str(error.value)
    assert "\n" not in message and len(message) < 1500, message
    return message


ROWS = [
    '{"video": "a.mp4", "caption": "x", "start": NaN}',
    '{"video": "a.mp4", "caption": "x", "start": -1}',
    '{"video": "a.mp4", "caption": "x", "end": 1e300}',
    '{"video": "a.mp4", "caption": "x", "end": 1e999}',
    '{"video": "a.mp4", "caption": "x", "end": ' + "9" * 400 + "}",
    '{"video": "a.mp4", "caption": "x", "start": 2, "end": 1}',
    '{"video": "a.mp4", "caption": "x", "start": [1]}',
    '{"video": "a\\u0000.mp4", "caption": "x"}',
    '{"video": "' + "x" * 100_000 + '", "caption": "x"}',
    '{"video": 7, "caption": "x"}',
    '{"video": "a.mp4", "caption": "' + "x" * 200_000 + '"}',
    '{"video": "a.mp4", "caption": {"a": 1}}',
    '{"video": "a.mp4", "captions": [null]}',
    '{"video": "a.mp4", "caption": "x", "transcript": ' + str([1] * 10_000) + "}",
    '{"video": "a.mp4", "caption": "x", "split": ["train"]}',
    '{"video": "a.mp4", "caption": "x", "split": "' + "y" * 100_000 + '"}',
    '{"video": "a.mp4", "caption": ' + DEEP + "}",
    "{" + ", ".join(f'"c{n}": 1' for n in range(100_000)) + "}",
    "[1]",
    "\0",
    "",
]


@pytest.mark.parametrize("row", ROWS[:-1], ids=range(len(ROWS) - 1))
def test_a_hostile_row_of_a_table_is_refused(tmp_path, row):
    (tmp_path / "a.mp4").touch()
    (tmp_path / "clips.jsonl").write_text(row + "\n")
    with pytest.raises(HearsightError) as caught:
        list(read_entries("table", tmp_path / "clips.jsonl"))
    assert "line 1" in line_of(caught)


def test_a_csv_of_a_million_columns_is_refused_in_a_line(tmp_path):
    (tmp_path / "clips.csv").write_text(",".join(f"c{n}" for n in range(1_000_000)) + "\n" + "1," * 999_999 + "1\n")
    with pytest.raises(HearsightError, match="no column video, but c0, c1") as caught:
        list(read_entries("table", tmp_path / "clips.csv"))
    line_of(caught)


def test_a_line_without_an_end_is_not_held(tmp_path, monkeypatch):
    monkeypatch.setattr("hearsight.util.bounded_file.LONGEST_LINE", 1000)
    for name, read in (
        ("clips.jsonl", lambda: list(read_entries("table", tmp_path / "clips.jsonl"))),
        ("manifest.jsonl", lambda: read_manifest(tmp_path)),
    ):
        (tmp_path / name).write_text('{"id": "' + "x" * 2000)
        with pytest.raises(HearsightError, match="line 1 has over"):
            read()


def test_links_in_a_circle_are_no_video(tmp_path):
    (tmp_path / "a.mp4").symlink_to(tmp_path / "b.mp4")
    (tmp_path / "b.mp4").symlink_to(tmp_path / "a.mp4")
    (tmp_path / "clips.jsonl").write_text('{"video": "a.mp4", "caption": "x"}\n')
    with pytest.raises(HearsightError, match="is no path"):
        list(read_entries("table", tmp_path / "clips.jsonl"))


def test_a_damaged_parquet_file_is_refused(tmp_path):
    path = tmp_path / "clips.parquet"
    pq.write_table(pa.table({"video": ["a.mp4"], "caption": [{"a": 1}]}), path)
    with pytest.raises(HearsightError, match="row 1"):
        list(read_entries("table", path))
    content = path.read_bytes()
    for cut in (content[:-1], content[:40] + bytes(20) + content[60:], content[-8:]):
        path.write_bytes(cut)
        with pytest.raises(HearsightError, match=r"Parquet|row 1"):
            list(read_entries("table", path))


def clip(**changes) -> str:
    return json.dumps({"id": "a", "path": "a.mp4", "captions": [{"text": "x"}], **changes})


@pytest.mark.parametrize(
    "row",
    [
        clip(start=float("nan")), clip(start=-1), clip(end=1e300), clip(end=float("inf")), clip(start=5, end=2),
        clip(end=10**400), clip(start=[1]), clip(id=7), clip(path=7), clip(path="a\0b"), clip(captions=7),
        clip(captions=[{"text": 7}]), clip(captions=["x"]), clip(transcript=["x"]), clip(spoken=1), clip(twin="x"),
        DEEP, "7", "null", '{"id": ' + "9" * 5000 + "}",
    ],
    ids=range(20),
)  # fmt: skip
def test_a_hostile_line_of_a_manifest_is_refused(tmp_path, row):
    (tmp_path / "manifest.jsonl").write_text(clip(id="first") + "\n" + row + "\n")
    with pytest.raises(HearsightError) as caught:
        read_manifest(tmp_path)
    assert "line 2" in line_of(caught)


@pytest.mark.parametrize(
    "note",
    [
        DEEP, "[]", '{"dataset": 1, "root": "", "splits": {}}', '{"dataset": "x", "root": "", "splits": [1]}',
        '{"dataset": "x", "root": "", "splits": {"train": {}}}',
        '{"dataset": "x", "root": "", "splits": {"train": {"clips": "9", "good": NaN}}}',
    ],
    ids=range(6),
)  # fmt: skip
def test_a_note_of_another_program_is_ignored(tmp_path, note):
    (tmp_path / "dataset.json").write_text(note)
    assert read_note(tmp_path) is None and provenance_of(tmp_path / "train") is None


def test_annotations_are_read_up_to_a_size_and_a_depth(tmp_path):
    (tmp_path / "a.json").write_text(DEEP)
    with pytest.raises(HearsightError, match="is not JSON"):
        parse.read_json(tmp_path / "a.json")
    os.truncate(tmp_path / "a.json", 5 << 30)
    with pytest.raises(HearsightError, match=r"5\.4 GB of JSON"):
        parse.read_json(tmp_path / "a.json")
    (tmp_path / "a.pkl").write_bytes(b"\x80\x02})" + b"2\x86" * 60 + b"K\x01s.")
    with pytest.raises(HearsightError, match="as plain data"):
        parse.read_pickle(tmp_path / "a.pkl")
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"a": [["a", "dog"]]}, 2))
    assert parse.read_pickle(tmp_path / "a.pkl") == {"a": [["a", "dog"]]}


# YAML

LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
MERGES = "m0: &m0 {x: 1}\n" + "".join(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}\n" for n in range(1, 60))
CIRCLE = "a: &a [*a]"


@pytest.mark.parametrize("text", [LAUGHS, MERGES, CIRCLE], ids=["laughs", "merges", "circle"])
def test_yaml_that_multiplies_is_refused(tmp_path, text):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    for read in (lambda: read_recipe(str(file)), lambda: Configuration.read(file)):
        with pytest.raises(HearsightError, match="alias"):
            read()


@pytest.mark.parametrize(
    "text",
    ["[" * 5000, "{" * 5000, "a: " * 1000, "- " * 20_000, "9" * 5000, "!!python/object/apply:os.system [x]", "\0"],
    ids=range(7),
)
def test_damaged_yaml_is_refused(tmp_path, text):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    for read in (lambda: read_recipe(str(file)), lambda: Configuration.read(file)):
        with pytest.raises(HearsightError) as caught:
            read()
        line_of(caught)


def test_a_large_file_of_yaml_is_not_read(tmp_path):
    file = tmp_path / "mine.yaml"
    file.touch()
    os.truncate(file, 5 << 30)
    for read in (lambda: read_recipe(str(file)), lambda: Configuration.read(file)):
        with pytest.raises(HearsightError, match="no such file has over"):
            read()
    with pytest.raises(ValueError, match="64 kB"):
        parse_yaml("x" * (2 << 20))


# Run folders


@pytest.mark.parametrize("name", FILES)
def test_links_in_a_run_folder_are_refused(tmp_path, name):
    recipe = read_recipe("demo")
    (tmp_path / "notes").mkdir()
    (tmp_path / "todo").write_text("precious")
    folder = tmp_path / "run"
    link = folder / name
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / ("notes" if name in ("tensorboard", "model") else "todo"))
    with pytest.raises(HearsightError, match="is a link, or no file") as caught:
        Run(folder, recipe)
    assert name in line_of(caught)
    assert (tmp_path / "todo").read_text() == "precious" and not list((tmp_path / "notes").iterdir())


def test_a_damaged_state_is_refused_and_not_run(tmp_path):
    run = Run(tmp_path / "run", read_recipe("demo"))
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    run.save(3, model, optimizer)
    assert run.resume(model, optimizer)["step"] == 3
    for content in (
        pickle.dumps({"step": os.getcwd}), b"\x80\x02})" + b"2\x86" * 60 + b"K\x01s.", b"PK\x03\x04" + bytes(100), b"",
        pickle.dumps({"step": "x"}, 2), pickle.dumps([1], 2),
    ):  # fmt: skip
        run.state_file.write_bytes(content)
        with pytest.raises(HearsightError, match="is damaged") as caught:
            run.resume(model, optimizer)
        line_of(caught)


@pytest.mark.parametrize("name", ["recipe.json", "inputs.json", "versions.json", "metrics.jsonl"])
def test_damaged_records_of_a_run_are_refused(tmp_path, name):
    Run(tmp_path, read_recipe("demo"))
    (tmp_path / name).write_text(DEEP + "\n")
    with pytest.raises(HearsightError, match="a file of the run is damaged") as caught:
        read_history(tmp_path)
    line_of(caught)


def test_a_feature_that_swells_is_refused(tmp_path):
    torch.save(torch.zeros(1).expand(10**9), tmp_path / "a.pt")
    with pytest.raises(HearsightError, match="damaged, or holds more than a tensor"):
        read_feature(tmp_path / "a.pt")
    torch.save(torch.ones(4), tmp_path / "a.pt")
    assert read_feature(tmp_path / "a.pt").tolist() == [1.0] * 4
