"""What `hearsight index` prints at its end."""

import pytest

from hearsight.cli.update_summary import describe_update
from hearsight.library import Failure, UpdateReport


def test_the_summary_of_a_long_run():
    failed = [Failure(f"{n}.mp4", "broken", "2026-01-01") for n in range(5)]
    report = UpdateReport(added=1200, changed=1, moved=2, deleted=3, failed=failed, clips=34000, seconds=7500)
    lines = [line.plain for line in describe_update(report, failures=7)]
    assert lines[0] == "1,200 added, 1 changed, 2 moved, 3 deleted, 5 failed; 34,000 clips in 2 h 5 min"
    assert lines[1:] == [
        "  0.mp4: broken", "  1.mp4: broken", "  2.mp4: broken", "  7 files failed in all: hearsight info --failures",
    ]  # fmt: skip


def test_the_summary_says_that_speech_was_not_understood():
    lines = [
        line.plain for line in describe_update(UpdateReport(added=3, not_understood=2, clips=3, seconds=1), failures=0)
    ]
    assert lines[1].startswith("  the speech in 2 files was not understood: another language, or too unclear; add")


def test_the_summary_of_a_run_without_changes():
    assert [line.plain for line in describe_update(UpdateReport(), failures=0)] == ["nothing to do"]


def test_the_summary_counts_what_was_left_out():
    report = UpdateReport(others={".txt": 2, ".pdf": 12, "": 1, ".a": 1, ".b": 1, ".c": 3})
    lines = [line.plain for line in describe_update(report, failures=0)]
    counts = "12 .pdf, 3 .c, 2 .txt, 1 without suffix, 1 .a, 1 others"
    assert f"  left out, not called video, sound or picture: {counts}" in lines


@pytest.mark.parametrize(
    ("pictures", "reason"),
    [
        (True, "as nothing looks at them without a model or --read"),
        (False, "as --no-pictures asks"),
        (None, "as this index was made before pictures were indexed; to add them: --pictures"),
    ],
)
def test_the_summary_says_why_pictures_are_left_out(pictures, reason):
    report = UpdateReport(left_out={"pictures": 1200, "artwork": 1, "heif": 3})
    lines = [line.plain for line in describe_update(report, 0, pictures)]
    assert lines[1:] == [
        f"  left out: 1,200 pictures, {reason}",
        "  left out: 1 picture, by name a cover or thumbnail",
        "  left out: 3 pictures in HEIF (.heic); to read them: pip install pi-heif",
    ]
