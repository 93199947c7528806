"""A stranger's folder with an index of its own: nothing outside of it is written, deleted, read or sent.

docs/security.md has a table that names these tests.
"""

import json
import os
import shutil
from pathlib import Path

import lance
import pyarrow as pa
import pytest

from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.tables.library_json import Identity
from hearsight.web.streaming import open_indexed
from tests.library.conftest import film, say


@pytest.fixture(scope="module")
def indexed(tmp_path_factory, model) -> Path:
    """An indexed folder with one film. Tests copy it."""
    folder = tmp_path_factory.mktemp("stranger") / "stick"
    film(folder / "bell.mkv", 4)
    say(folder / "bell.srt", "the doctor lost", "a yellow bicycle")
    Library.create(folder, model, seconds=2, recogniser="none").update()
    return folder


@pytest.fixture
def stick(indexed, tmp_path) -> Path:
    """A stranger's folder, which has been indexed by the stranger."""
    return Path(shutil.copytree(indexed, tmp_path / "stick"))


@pytest.fixture
def home(tmp_path) -> Path:
    """Files of the reader, which no stranger may touch."""
    (tmp_path / "home" / "notes").mkdir(parents=True)
    (tmp_path / "home" / "notes" / "todo.json").write_text('{"precious": 1}')
    (tmp_path / "home" / ".bashrc").write_text("export IMPORTANT=1")
    return tmp_path / "home"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_refused(stick: Path, home: Path, model, name: str, reason: str) -> None:
    """Assert that neither a search nor an update nor a rebuild uses the index, and that nothing changes."""
    before = contents(home)
    uses = [
        lambda: Library.open(stick),
        lambda: Library.create(stick, model),
        lambda: Library.create(stick, model, rebuild=True),
        lambda: Library.plan(stick, model=model),
    ]
    for use in uses:
        with pytest.raises(HearsightError) as caught:
            use()
        message = str(caught.value)
        assert "\n" not in message and name in message and reason in message and "remove" in message
    assert contents(home) == before


@pytest.mark.parametrize(
    "name",
    [
        "transcripts",
        "videos.lance",
        "clips.lance/data",
        "clips.lance/_versions",
        "clips.lance/_indices",
        "failures.lance",
        "windows-x.lance",
    ],
)
def test_a_linked_folder_is_refused(name, stick, home, model):
    linked = stick / ".hearsight" / name
    if linked.is_dir():
        shutil.rmtree(linked)
    linked.symlink_to(home / "notes")
    assert_refused(stick, home, model, name, "a link")


@pytest.mark.parametrize(
    "name",
    ["update.json", "update.lock", "library.json", "calibration.json", "library.json.part", "transcripts/1.json"],
)
@pytest.mark.parametrize("target", [".bashrc", "missing"])
def test_a_linked_file_is_refused(name, target, stick, home, model):
    linked = stick / ".hearsight" / name
    linked.unlink(missing_ok=True)
    linked.symlink_to(home / target)
    assert_refused(stick, home, model, name, "a link")


def test_a_linked_file_of_a_table_is_refused(stick, home, model):
    data = next((stick / ".hearsight" / "clips.lance" / "data").iterdir())
    data.rename(home / "notes" / data.name)
    data.symlink_to(home / "notes" / data.name)
    assert_refused(stick, home, model, data.name, "a link")


def test_links_are_refused_where_nothing_is_indexed(stick, home, model):
    shutil.rmtree(stick / ".hearsight")
    (stick / ".hearsight").mkdir()
    (stick / ".hearsight" / "transcripts").symlink_to(home / "notes")
    before = contents(home)
    with pytest.raises(HearsightError, match="transcripts in it is a link"):
        Library.create(stick, model)
    assert contents(home) == before


def test_a_hard_link_is_not_written_through(stick, home, model):
    holder = stick / ".hearsight" / "update.json"
    holder.unlink()
    os.link(home / ".bashrc", holder)
    Library.open(stick, model=model).optimise()
    assert (home / ".bashrc").read_text() == "export IMPORTANT=1"
    (stick / ".hearsight" / "update.lock").unlink(missing_ok=True)
    os.link(home / ".bashrc", stick / ".hearsight" / "update.lock")
    assert_refused(stick, home, model, "update.lock", "a hard link")


def test_a_pipe_is_refused(stick, home, model):
    (stick / ".hearsight" / "library.json").unlink()
    os.mkfifo(stick / ".hearsight" / "library.json")
    assert_refused(stick, home, model, "library.json", "neither a file nor a folder")


def test_a_table_whose_files_are_elsewhere_is_refused(stick, home, model):
    clips = stick / ".hearsight" / "clips.lance"
    clips.rename(home / "clips.lance")
    dataset = lance.dataset(str(home / "clips.lance"))
    dataset.shallow_clone(str(clips), dataset.version)
    assert lance.dataset(str(clips)).count_rows() == 2  # as Lance reads it
    assert_refused(stick, home, model, ".manifest", "in other folders")


@pytest.mark.parametrize("climbing", [True, False])
def test_lance_reads_no_file_whose_name_leads_out_of_its_table(climbing, tmp_path):
    other = lance.write_dataset(pa.table({"id": ["secret"]}), str(tmp_path / "other.lance"))
    fragment = other.get_fragments()[0].metadata.to_json()
    data = tmp_path / "other.lance" / "data" / fragment["files"][0]["path"]
    fragment["files"][0]["path"] = os.path.relpath(data, tmp_path / "stick.lance" / "data") if climbing else str(data)
    overwrite = lance.LanceOperation.Overwrite(other.schema, [lance.FragmentMetadata.from_json(json.dumps(fragment))])
    with pytest.raises((OSError, ValueError)):
        lance.LanceDataset.commit(str(tmp_path / "stick.lance"), overwrite).to_table()


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'"' + b"x" * (5 << 20) + b'"', b"\xff", b"[]", b'{"format": "4"}'],
    ids=["deep", "huge", "binary", "list", "text"],
)
def test_a_file_of_json_that_is_no_librarys_is_damage(content, stick):
    for name in ("update.json", "calibration.json"):  # which are as good as missing
        (stick / ".hearsight" / name).write_bytes(content)
    Library.open(stick).info()
    (stick / ".hearsight" / "library.json").write_bytes(content)
    with pytest.raises(HearsightError, match=r"damaged .*--rebuild"):
        Library.open(stick)


def test_a_huge_file_is_not_read_whole(stick):
    with (stick / ".hearsight" / "library.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(HearsightError, match="more than 4 MB"):
        Library.open(stick)


def test_an_index_that_is_a_link_itself_is_a_persons_own_choice(stick, tmp_path, model):
    shutil.rmtree(stick / ".hearsight")
    (tmp_path / "elsewhere").mkdir()
    (stick / ".hearsight").symlink_to(tmp_path / "elsewhere")
    Library.create(stick, model, recogniser="none")
    assert Identity.read(tmp_path / "elsewhere").folder == str(stick)
    assert Library.create(stick, model, rebuild=True).info().videos == 0


def test_the_index_of_another_folder_is_not_replaced_through_a_link(indexed, stick, tmp_path, model):
    mine = shutil.copytree(indexed, tmp_path / "mine")
    shutil.rmtree(stick / ".hearsight")
    (stick / ".hearsight").symlink_to(mine / ".hearsight")
    before = contents(mine)
    with pytest.raises(HearsightError, match="a link to the index of another folder"):
        Library.create(stick, model, rebuild=True)
    assert contents(mine) == before


def test_a_damaged_manifest_is_left_to_a_repair(stick, model):
    manifests = stick / ".hearsight" / "failures.lance" / "_versions"
    for content in (b"", b"\x92\x01" * 20, b"\x00" * 16, b"\xff" * 40, bytes(24) + b"LANC"):
        for manifest in manifests.glob("*.manifest"):
            manifest.write_bytes(content)
        assert Library.open(stick, model=model).identity
    assert Library.open(stick, model=model).repair().lost_tables == ["failures.lance"]


def rewrite(stick: Path, table: str, change) -> None:
    """Replace a table by what `change` makes of it."""
    path = str(stick / ".hearsight" / f"{table}.lance")
    rows = lance.dataset(path).to_table()
    shutil.rmtree(path)
    lance.write_dataset(change(rows), path)


def replaced(rows: pa.Table, column: str, values: list, type: pa.DataType | None = None) -> pa.Table:
    number = rows.schema.get_field_index(column)
    array = pa.array(values, type)
    return rows.set_column(number, rows.schema.field(number).with_type(array.type), array)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "a/../../b.mp4", "..", "", "a//b.mp4", ".ssh/id_rsa", "./a.mp4", "a\0b"]
)
def test_a_video_outside_of_the_folder_is_refused(path, stick, model):
    rewrite(stick, "videos", lambda rows: replaced(rows, "path", [path]))
    library = Library.open(stick, model=model)
    for use in (library.info, library.folders, library.update, lambda: library.search("a bell")):
        with pytest.raises(HearsightError, match=r"no path inside the folder.*--rebuild"):
            use()


@pytest.mark.parametrize("id", ["../../../notes/todo", "' OR true --", "0123456789ABCDEF", ""])
def test_an_id_of_a_video_is_no_path_and_no_condition(id, stick, model):
    rewrite(stick, "videos", lambda rows: replaced(rows, "id", [id]))
    with pytest.raises(HearsightError, match=r"none of a video.*--rebuild"):
        Library.open(stick, model=model).update()


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("videos", "path", [1]),
        ("videos", "duration", ["long"]),
        ("clips", "lines", ["x", "y"]),
        ("clips", "thumbnail", ["x", "y"]),
        ("clips", "pooled", ["x", "y"]),
        ("clips", "frames", [[1.0], [2.0]]),
    ],
)
def test_a_column_of_another_type_is_refused(table, column, values, stick, model):
    rewrite(stick, table, lambda rows: replaced(rows, column, values))
    library = Library.open(stick, model=model)
    for use in (library.info, lambda: library.search("a bell")):
        with pytest.raises(HearsightError, match=f"column {column} of the table {table} has another type"):
            use()
    with pytest.raises(HearsightError, match=r"has another type|damaged.*--rebuild"):
        library.update()


def test_a_table_of_more_rows_than_bytes_is_refused(stick, model):
    rewrite(
        stick, "failures", lambda rows: pa.table({name: pa.nulls(1_000_000, "string") for name in rows.column_names})
    )
    with pytest.raises(HearsightError, match="claims 1000000 rows in"):
        Library.open(stick, model=model).failures()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clips", "../../home/clips"),
        ("clips", "/home/clips"),
        ("features", "../features"),
        ("former", "transcripts/../x"),
        ("clips", ["clips"]),
        ("fingerprint", 1),
        ("by", "hour"),
        ("by", []),
        ("seconds", "15"),
        ("recogniser", {}),
        ("model", None),
    ],
)
def test_a_name_in_library_json_is_no_path_to_a_table(name, value, stick):
    file = stick / ".hearsight" / "library.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), name: value}))
    with pytest.raises(HearsightError, match=r"damaged .*--rebuild"):
        Library.open(stick)


@pytest.mark.parametrize("folder", ["../../home", "/", "../.."])
def test_an_index_does_not_choose_another_folder(folder, stick, home):
    file = stick / ".hearsight" / "library.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "folder": folder}))
    for options in ({"folder": stick}, {"library": stick}, {"library": stick / ".hearsight"}):
        with pytest.raises(HearsightError, match=r"of another folder|is that of"):
            Library.open(**options)


def test_an_index_chooses_no_recogniser_to_download(stick, model, monkeypatch, tmp_path):
    whisper = pytest.importorskip("faster_whisper", reason="the extra hearsight[whisper] is not installed")
    requests = []

    def download(name: str, local_files_only: bool = False) -> str:
        requests.append(local_files_only)
        raise OSError("not in the cache")

    monkeypatch.setattr(whisper, "download_model", download)
    file = stick / ".hearsight" / "library.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "recogniser": "whisper:stranger/model"}))
    for use in (Library.open(stick, model=model).update, Library.plan(stick, model=model).prepare):
        with pytest.raises(HearsightError, match=r"not on this machine.*--recogniser whisper:stranger/model"):
            use()
    assert requests and all(requests)


def test_a_link_is_served_only_if_it_leads_to_what_was_indexed(stick, home, model):
    [video] = Library.open(stick, model=model)._store.snapshot().videos.values()
    secret = home / "secret.mkv"
    secret.write_bytes(bytes((stick / "bell.mkv").stat().st_size))
    os.utime(secret, ns=(0, (stick / "bell.mkv").stat().st_mtime_ns))
    (stick / "bell.mkv").rename(home / "bell.mkv")
    (stick / "bell.mkv").symlink_to(secret)
    assert open_indexed(stick, video) is None  # though it has the recorded size and time
    (stick / "bell.mkv").unlink()
    (stick / "bell.mkv").symlink_to(home / "bell.mkv")
    with open_indexed(stick, video) as file:
        file.seek(0)
        assert file.read() == (home / "bell.mkv").read_bytes()


def test_subtitles_that_are_a_link_are_read_as_text(stick, home, model):
    (stick / "bell.srt").unlink()
    (stick / "bell.srt").symlink_to(home / ".bashrc")
    before = contents(home)
    report = Library.open(stick, model=model).update(recogniser="none")
    assert not report.failed and contents(home) == before
    assert Library.open(stick, model=model).search("important", mode="speech").hits == []
