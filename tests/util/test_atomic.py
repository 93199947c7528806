"""A file or a folder exists once it is complete, and not before."""

import pytest

from hearsight.errors import HearsightError
from hearsight.util.atomic import atomic_file, atomic_folder, check_empty, write_atomic


def test_an_interrupted_write_keeps_the_previous_file(tmp_path):
    write_atomic(tmp_path / "a.json", "é")
    with pytest.raises(KeyboardInterrupt), atomic_file(tmp_path / "a.json") as part:
        part.write_text("half")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == "é".encode()


def test_the_temporary_file_of_a_killed_process_is_replaced(tmp_path):
    (tmp_path / "a.json.part").write_text("interrupted")
    with atomic_file(tmp_path / "a.json") as part:
        assert not part.exists()
        part.write_text("complete")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.json", "complete")]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("of the work itself")])
def test_an_interrupted_folder_is_removed(tmp_path, error):
    with pytest.raises(type(error)), atomic_folder(tmp_path / "new" / "out") as folder:
        (folder / "half").touch()
        raise error
    assert not [path for path in tmp_path.rglob("*") if path.name != "new"]


def test_only_an_empty_folder_is_replaced(tmp_path):
    check_empty(tmp_path / "out")
    (tmp_path / "out").mkdir()
    check_empty(tmp_path / "out")
    with atomic_folder(tmp_path / "out") as folder:
        (folder / "file").touch()
    (tmp_path / "usual").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "usual").stat().st_mode
    for name in ("out", "out/file"):
        with pytest.raises(HearsightError, match="nothing is overwritten"):
            check_empty(tmp_path / name)


def test_a_full_disk_is_an_error_with_advice(tmp_path):
    message = r"cannot write .*out: No space left on device; make room"
    with pytest.raises(HearsightError, match=message), atomic_folder(tmp_path / "out"):
        raise OSError(28, "No space left on device")
