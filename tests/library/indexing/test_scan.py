"""A scan finds the media files of a folder."""

import os
from pathlib import Path

import pytest

from hearsight.library.indexing.scan import has_media, walk


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def media_paths(folder: Path) -> list[str]:
    return [file.path for file in walk(folder, folder / ".hearsight").files]


def test_media_files_by_suffix_in_any_case(tmp_path):
    for name in ("a.mp4", "B.MOV", "sub/c.Mkv", "sub/deep/d.flac", "notes.txt", "mp4", "e.srt"):
        touch(tmp_path / name)
    assert media_paths(tmp_path) == ["B.MOV", "a.mp4", "sub/c.Mkv", "sub/deep/d.flac"]


def test_hidden_files_and_the_library_are_left_out(tmp_path):
    for name in (".hidden.mp4", ".git/a.mp4", ".hearsight/b.mp4", "c.mp4", "index/d.mp4"):
        touch(tmp_path / name)
    assert [file.path for file in walk(tmp_path, tmp_path / "index").files] == ["c.mp4"]


@pytest.mark.parametrize("name", ["a b.mp4", 'it\'s "it".mp4', "two\nlines.mp4", "-rf.mp4", "日本語.mp4", "a;--%_.mp4"])
def test_names_of_all_kinds(tmp_path, name):
    touch(tmp_path / name)
    assert media_paths(tmp_path) == [name]


def test_a_name_that_is_not_valid_text_fails(tmp_path):
    try:
        touch(tmp_path / os.fsdecode(b"\xff\xfe.mp4"))
    except OSError:
        pytest.skip("this file system takes no such name")
    scan = walk(tmp_path, tmp_path / ".hearsight")
    assert not scan.files
    assert scan.failed == {"\\xff\\xfe.mp4": "its name is not valid text (UTF-8); rename it"}


def test_links(tmp_path):
    folder = tmp_path / "films"
    touch(folder / "b" / "real.mp4")
    touch(tmp_path / "outside" / "far.mp4")
    (folder / "b" / "loop").symlink_to(folder)
    (folder / "a").symlink_to(folder / "b")
    (folder / "again.mp4").symlink_to(folder / "b" / "real.mp4")
    (folder / "far").symlink_to(tmp_path / "outside")
    (folder / "twice").symlink_to(tmp_path / "outside")
    (folder / "self").symlink_to(folder / "self")
    (folder / "self.mp4").symlink_to(folder / "self.mp4")
    assert media_paths(folder) == ["b/real.mp4", "far/far.mp4"]


def test_has_media_stops_at_the_first_file(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    touch(tmp_path / "notes.txt")
    assert not has_media(tmp_path, tmp_path / ".hearsight")
    (tmp_path / "far.mp4").symlink_to(touch(tmp_path / ".outside" / "far.mp4"))
    assert has_media(tmp_path, tmp_path / ".hearsight")
    for name in ("a.mp4", "b.mp4", "sub/c.mp4"):
        touch(tmp_path / name)
    scanned = []
    monkeypatch.setattr(
        "hearsight.library.indexing.scan._add", lambda folder, entry, sidecars, scan: scan.files.append(entry)
    )
    monkeypatch.setattr(os, "scandir", lambda path, real=os.scandir: scanned.append(path) or real(path))
    assert has_media(tmp_path, tmp_path / ".hearsight")
    assert scanned == [str(tmp_path)]


def test_broken_links_and_pipes_fail(tmp_path):
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    scan = walk(tmp_path, tmp_path / ".hearsight")
    assert scan.files == []
    assert list(scan.failed) == ["pipe.mp4", "gone.mp4"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_folder_without_permission(tmp_path):
    touch(tmp_path / "closed" / "a.mp4")
    (tmp_path / "closed").chmod(0)
    scan = walk(tmp_path, tmp_path / ".hearsight")
    (tmp_path / "closed").chmod(0o700)
    assert scan.unreadable == ["closed"] and "closed" in scan.failed


def test_subtitle_files_are_part_of_the_stat(tmp_path):
    touch(tmp_path / "a.mp4")
    before = walk(tmp_path, tmp_path / "x").files[0].stat
    for name in ("A.SRT", "a.de.sdh.vtt", "b.srt"):
        (tmp_path / name).write_text("1")
    (tmp_path / "a.en.srt").symlink_to("nowhere")
    after = walk(tmp_path, tmp_path / "x").files[0]
    assert after.stat != before
    assert [path.name for path in after.sidecars] == ["A.SRT", "a.de.sdh.vtt"]


def test_an_unreadable_subtitle_file_counts_once_it_is_readable(tmp_path, monkeypatch):
    touch(tmp_path / "a.mp4")
    without = walk(tmp_path, tmp_path / "x").files[0]
    (tmp_path / "a.srt").write_text("1")
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: Path(path).name != "a.srt")
        assert walk(tmp_path, tmp_path / "x").files[0] == without
    (file,) = walk(tmp_path, tmp_path / "x").files
    assert file.stat != without.stat and [path.name for path in file.sidecars] == ["a.srt"]


def test_subtitles_in_a_folder_of_their_own(tmp_path):
    for name in ("a.mp4", "b.mp4", "Subs/a.srt", "Subs/b/2_English.srt", "Subs/deep/er/a.srt", "Extras/a.srt"):
        touch(tmp_path / name)
    first, second = walk(tmp_path, tmp_path / ".hearsight").files
    assert [file.relative_to(tmp_path).as_posix() for file in first.sidecars] == ["Subs/a.srt"]
    assert [file.relative_to(tmp_path).as_posix() for file in second.sidecars] == ["Subs/b/2_English.srt"]
    os.utime(tmp_path / "Subs" / "a.srt", (1, 1))
    again = walk(tmp_path, tmp_path / ".hearsight").files
    assert again[0].stat != first.stat and again[1] == second


def test_what_is_left_out_is_counted(tmp_path):
    for name in ("a.mp4", "a.srt", "b.txt", "c.TXT", "d", ".hidden.txt", "Subs/a.de.srt", "deep/e.pdf"):
        touch(tmp_path / name)
    assert walk(tmp_path, tmp_path / ".hearsight").others == {".txt": 2, "": 1, ".pdf": 1}


def test_text_with_the_suffix_of_media_is_left_out(tmp_path):
    touch(tmp_path / "page.ts").write_text("export const film: string = 'ü';\n" * 40)
    touch(tmp_path / "go.mod").write_text("module film\n")
    touch(tmp_path / "camera.mod").write_bytes(b"\x00\x00\x01\xba" + bytes(300))
    touch(tmp_path / "broadcast.ts").write_bytes(b"\x47\x40\x11\x10\x00" + b"\xff" * 183)
    scan = walk(tmp_path, tmp_path / ".hearsight")
    assert [file.path for file in scan.files] == ["broadcast.ts", "camera.mod"]
    assert scan.others == {".ts": 1, ".mod": 1}


def test_pictures_are_media_but_for_artwork(tmp_path):
    names = ("a.mp4", "a.srt", "a.jpg", "b.HEIC", "c.webp", "cover.jpg", "a-thumb.png", "@eaDir/a.jpg/x.jpg", "._d.jpg")
    for name in (*names, ".thumbnails/e.png"):
        touch(tmp_path / name)
    scan = walk(tmp_path, tmp_path / ".hearsight")
    assert [file.path for file in scan.files] == ["a.jpg", "a.mp4", "b.HEIC", "c.webp"]
    assert {file.path: len(file.sidecars) for file in scan.files if file.sidecars} == {"a.mp4": 1}
    assert scan.left_out == {"artwork": 3}
    assert not scan.others
    without = walk(tmp_path, tmp_path / ".hearsight", pictures=False)
    assert [file.path for file in without.files] == ["a.mp4"]
    assert without.left_out == {"artwork": 3, "pictures": 3}


def test_heif_without_its_library_is_left_out_and_stays_where_it_is_indexed(tmp_path, monkeypatch):
    for name in ("a.jpg", "sub/b.heic"):
        touch(tmp_path / name)
    monkeypatch.setattr("hearsight.library.indexing.picture_choice.reads_heif", lambda: False)
    scan = walk(tmp_path, tmp_path / ".hearsight")
    assert [file.path for file in scan.files] == ["a.jpg"]
    assert scan.left_out == {"heif": 1}
    assert scan.unreadable == ["sub/b.heic"]


def test_has_media_knows_whether_pictures_count(tmp_path):
    touch(tmp_path / "a.jpg")
    assert has_media(tmp_path, tmp_path / ".hearsight")
    assert not has_media(tmp_path, tmp_path / ".hearsight", pictures=False)
