"""Matching a folder's files with the videos that a library knows."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from hearsight.library.indexing import diff as changes
from hearsight.library.indexing.diff import compare, content, video_id
from hearsight.library.indexing.scan import MediaEntry, Scan
from hearsight.library.tables.schema import Video

# A folder is a few paths, each with one of a few contents and times of change.
FOLDERS = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.sampled_from("xyz"), st.integers(0, 1)), max_size=4)


def listed(folder: dict[str, tuple[str, int]]) -> list[MediaEntry]:
    return [MediaEntry(path, Path(made_of), 1, f"{made_of}:{time}", ()) for path, (made_of, time) in folder.items()]


def indexed(folder: dict[str, tuple[str, int]], ids: str = "") -> list[Video]:
    return [
        Video(f"{ids}{path}{made_of}", path, 1, f"{made_of}:{time}", made_of, 1.0)
        for path, (made_of, time) in folder.items()
    ]


@given(FOLDERS, FOLDERS)
def test_after_an_update_the_library_is_as_the_folder(before, after):
    with patch.object(changes, "content", lambda found: str(found.file)):
        videos = {video.id: video for video in indexed(before)}
        found = compare(Scan(listed(after)), videos.values(), {})
        for known in found.updated:
            assert videos[known.id].content == known.content
            videos[known.id] = known
        for id in found.dropped:
            del videos[id]
        for pending in found.pending:
            if pending.replaces:
                assert videos.pop(pending.replaces).path == pending.path
            made_of = str(pending.entry.file)
            id = video_id(pending.path, made_of, "none", videos.keys())
            videos[id] = Video(id, pending.path, 1, pending.entry.stat, made_of, 1.0)

        assert {video.path: (video.content, video.stat) for video in videos.values()} == {
            path: (made_of, f"{made_of}:{time}") for path, (made_of, time) in after.items()
        }
        assert len(found.pending) + found.unchanged + found.moved == len(after)
        again = compare(Scan(listed(after)), videos.values(), {})
        assert again == changes.Changes(unchanged=len(after))


@given(FOLDERS, FOLDERS)
def test_nothing_is_indexed_that_is_known(before, after):
    with patch.object(changes, "content", lambda found: str(found.file)):
        found = compare(Scan(listed(after)), indexed(before), {})
    contents = sorted(made_of for made_of, _ in before.values())
    for made_of in sorted(made_of for made_of, _ in after.values()):
        if made_of in contents:
            contents.remove(made_of)
    reused = len(before) - len(contents)
    assert len(found.pending) <= len(after) - reused + sum(path in before for path in after)


def test_what_a_closed_folder_holds_is_kept():
    videos = [replace(video, path=f"closed/{video.path}") for video in indexed({"a": ("x", 0), "b": ("y", 0)})]
    assert compare(Scan(closed=["closed"]), videos, {}).unchanged == 2
    assert compare(Scan(closed=["closed/a"]), videos, {}).unchanged == 1
    assert len(compare(Scan(closed=["close"]), videos, {}).dropped) == 2


def test_several_videos_of_a_folder_that_is_away_are_kept():
    several = [replace(video, path=f"disk/{video.path}") for video in indexed({"a": ("x", 0), "b": ("y", 0)})]
    found = compare(Scan(away=["disk"]), several, {})
    assert (found.unchanged, found.deleted) == (2, 0) and "2 videos were in it" in found.away["disk"]
    assert compare(Scan(away=["disk"]), several[:1], {}).deleted == 1


def test_videos_that_were_moved_out_of_a_folder_that_is_empty_now_are_moved():
    several = [replace(video, path=f"disk/{video.path}") for video in indexed({"a": ("x", 0), "b": ("y", 0)})]
    with patch.object(changes, "content", lambda found: str(found.file)):
        found = compare(Scan(listed({"a": ("x", 0), "b": ("y", 0)}), away=["disk"]), several, {})
    assert (found.moved, found.away, found.pending) == (2, {}, [])


def test_content_sees_every_part_of_a_small_file_and_its_subtitles(tmp_path):
    file, beside = tmp_path / "a.mp4", tmp_path / "a.srt"
    file.write_bytes(bytes(100_000))
    beside.write_text("one")
    found = MediaEntry("a.mp4", file, 100_000, "", (beside,))
    seen = {content(found), content(replace(found, side_cars=()))}
    for place in (0, 50_000, 99_999):
        changed = bytearray(100_000)
        changed[place] = 1
        file.write_bytes(changed)
        seen.add(content(found))
    beside.write_text("two")
    seen.add(content(found))
    assert len(seen) == 6


def test_ids_are_repeatable_and_never_taken():
    first = video_id("a.mp4", "content", "none", set())
    assert first == video_id("a.mp4", "content", "none", set())
    assert len({first, video_id("a.mp4", "content", "none", {first}), video_id("a.mp4", "content", "x", set())}) == 3


def test_subtitles_that_are_gone_are_no_obstacle(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"film")
    gone = MediaEntry("a.mp4", tmp_path / "a.mp4", 4, "4:0", (tmp_path / "gone.srt",))
    assert content(gone) == content(replace(gone, side_cars=()))
