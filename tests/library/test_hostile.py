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
