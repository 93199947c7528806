"""A file or a folder is there when all of it is written, and not before."""

import pytest

from hearsight.errors import HearsightError
from hearsight.util.atomic import atomic_file, atomic_folder, check_empty, write_atomic


def test_a_file_that_is_cut_short_leaves_the_one_before(tmp_path):
    write_atomic(tmp_path / "a.json", "é")
    with pytest.raises(KeyboardInterrupt), atomic_file(tmp_path / "a.json") as part:
        part.write_text("half")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == "é".encode()


def test_what_a_kill_left_is_not_in_the_way(tmp_path):
    (tmp_path / "a.json.part").write_text("interrupted")
    with atomic_file(tmp_path / "a.json") as part:
        assert not part.exists()
        part.write_text("whole")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.json", "whole")]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("of the work itself")])
def test_a_folder_that_is_cut_short_leaves_nothing(tmp_path, error):
    with pytest.raises(type(error)), atomic_folder(tmp_path / "new" / "out") as folder:
        (folder / "half").touch()
        raise error
    assert not [path for path in tmp_path.rglob("*") if path.name != "new"]


def test_a_folder_takes_the_place_of_an_empty_one_alone(tmp_path):
    check_empty(tmp_path / "out")
    (tmp_path / "out").mkdir()
    check_empty(tmp_path / "out")
    with atomic_folder(tmp_path / "out") as folder:
        (folder / "file").touch()
    (tmp_path / "usual").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "usual").stat().st_mode
    for taken in ("out", "out/file"):
        with pytest.raises(HearsightError, match="nothing is overwritten"):
            check_empty(tmp_path / taken)


def test_a_full_disk_is_said(tmp_path):
    said = r"cannot write .*out: No space left on device; make room"
    with pytest.raises(HearsightError, match=said), atomic_folder(tmp_path / "out"):
        raise OSError(28, "No space left on device")
