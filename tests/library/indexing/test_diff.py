"""A folder's files are matched with the videos of its library."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from hearsight.library.indexing import diff
from hearsight.library.indexing.diff import compare, content_hash, video_id
from hearsight.library.indexing.scan import MediaEntry, Scan
from hearsight.library.tables.schema import Video

# A folder is a few paths, each with one of a few contents and times of change.
FOLDERS = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.sampled_from("xyz"), st.integers(0, 1)), max_size=4)


def entries_of(folder: dict[str, tuple[str, int]]) -> list[MediaEntry]:
    return [MediaEntry(path, Path(content), 1, f"{content}:{time}", ()) for path, (content, time) in folder.items()]


def videos_of(folder: dict[str, tuple[str, int]], ids: str = "") -> list[Video]:
    return [
        Video(f"{ids}{path}{content}", path, 1, f"{content}:{time}", content, 1.0)
        for path, (content, time) in folder.items()
    ]


@given(FOLDERS, FOLDERS)
def test_an_update_makes_the_library_match_the_folder(before, after):
    with patch.object(diff, "content_hash", lambda entry: str(entry.file)):
        videos = {video.id: video for video in videos_of(before)}
        changes = compare(Scan(entries_of(after)), videos.values(), {})
        for video in changes.updated_rows:
            assert videos[video.id].content == video.content
            videos[video.id] = video
        for id in changes.removed_ids:
            del videos[id]
        for pending in changes.pending:
            if pending.replaces:
                assert videos.pop(pending.replaces).path == pending.path
            content = str(pending.entry.file)
            id = video_id(pending.path, content, "none", videos.keys())
            videos[id] = Video(id, pending.path, 1, pending.entry.stat, content, 1.0)

        assert {video.path: (video.content, video.stat) for video in videos.values()} == {
            path: (content, f"{content}:{time}") for path, (content, time) in after.items()
        }
        assert len(changes.pending) + changes.unchanged + changes.moved == len(after)
        again = compare(Scan(entries_of(after)), videos.values(), {})
        assert again == diff.Changes(unchanged=len(after))


@given(FOLDERS, FOLDERS)
def test_files_with_known_content_are_not_indexed_again(before, after):
    with patch.object(diff, "content_hash", lambda entry: str(entry.file)):
        changes = compare(Scan(entries_of(after)), videos_of(before), {})
    contents = sorted(content for content, _ in before.values())
    for content in sorted(content for content, _ in after.values()):
        if content in contents:
            contents.remove(content)
    reused = len(before) - len(contents)
    assert len(changes.pending) <= len(after) - reused + sum(path in before for path in after)


def test_videos_in_an_unreadable_folder_stay():
    videos = [replace(video, path=f"closed/{video.path}") for video in videos_of({"a": ("x", 0), "b": ("y", 0)})]
    assert compare(Scan(unreadable=["closed"]), videos, {}).unchanged == 2
    assert compare(Scan(unreadable=["closed/a"]), videos, {}).unchanged == 1
    assert len(compare(Scan(unreadable=["close"]), videos, {}).removed_ids) == 2


def test_several_videos_of_a_missing_folder_stay():
    several = [replace(video, path=f"disk/{video.path}") for video in videos_of({"a": ("x", 0), "b": ("y", 0)})]
    changes = compare(Scan(empty_or_missing=["disk"]), several, {})
    assert (changes.unchanged, changes.deleted) == (2, 0) and "2 videos were in it" in changes.missing_folders["disk"]
    assert compare(Scan(empty_or_missing=["disk"]), several[:1], {}).deleted == 1


def test_videos_moved_out_of_an_emptied_folder_are_moved():
    several = [replace(video, path=f"disk/{video.path}") for video in videos_of({"a": ("x", 0), "b": ("y", 0)})]
    with patch.object(diff, "content_hash", lambda entry: str(entry.file)):
        changes = compare(Scan(entries_of({"a": ("x", 0), "b": ("y", 0)}), empty_or_missing=["disk"]), several, {})
    assert (changes.moved, changes.missing_folders, changes.pending) == (2, {}, [])


def test_the_hash_covers_every_part_of_a_small_file_and_its_subtitles(tmp_path):
    file, subtitles = tmp_path / "a.mp4", tmp_path / "a.srt"
    file.write_bytes(bytes(100_000))
    subtitles.write_text("one")
    entry = MediaEntry("a.mp4", file, 100_000, "", (subtitles,))
    seen = {content_hash(entry), content_hash(replace(entry, sidecars=()))}
    for offset in (0, 50_000, 99_999):
        changed = bytearray(100_000)
        changed[offset] = 1
        file.write_bytes(changed)
        seen.add(content_hash(entry))
    subtitles.write_text("two")
    seen.add(content_hash(entry))
    assert len(seen) == 6


def test_ids_are_repeatable_and_unique():
    first = video_id("a.mp4", "content", "none", set())
    assert first == video_id("a.mp4", "content", "none", set())
    assert len({first, video_id("a.mp4", "content", "none", {first}), video_id("a.mp4", "content", "x", set())}) == 3


def test_missing_subtitles_are_ignored(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"film")
    entry = MediaEntry("a.mp4", tmp_path / "a.mp4", 4, "4:0", (tmp_path / "gone.srt",))
    assert content_hash(entry) == content_hash(replace(entry, sidecars=()))
