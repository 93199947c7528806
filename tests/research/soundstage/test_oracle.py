"""Bounds on recall for searchers with some senses, on hand-written clips and on the standard test split."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hearsight.errors import HearsightError
from hearsight.research.soundstage.clip_plans import plan_clips
from hearsight.research.soundstage.facts import scene_facts
from hearsight.research.soundstage.oracle import oracle_recalls
from hearsight.research.soundstage.queries import split_queries


def write_manifest(folder: Path, rows: list[Mapping[str, Any]]) -> Path:
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_searcher_that_only_sees_can_only_guess_among_twins(tmp_path: Path) -> None:
    facts = [["icon: dog", "sound: bell"], ["icon: dog", "sound: horn"], ["icon: cow", "sound: bell"]]
    rows = [{"facts": each, "captions": [{"group": "sound", "facts": each}]} for each in facts]
    report = oracle_recalls(write_manifest(tmp_path, rows))
    assert report["sees"]["sound"].r1 == pytest.approx(100 * (0.5 + 0.5 + 1) / 3)
    assert report["sees"]["sound"].r5 == 100
    assert report["reads"]["sound"].r1 == pytest.approx(100 / 3)
    assert report["sees and hears"]["all queries"].r1 == 100


@pytest.fixture(scope="module")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clips = plan_clips("test", 1000, seed=0)
    pairs = zip(clips, split_queries(clips, seed=0), strict=True)
    rows = [{"facts": sorted(scene_facts(clip.scene)), "captions": [query]} for clip, query in pairs]
    return write_manifest(tmp_path_factory.mktemp("test"), rows)


def test_each_group_needs_the_senses_in_its_name(standard: Path) -> None:
    report = oracle_recalls(standard)
    assert all(report["all"][group].r1 == 100 for group in report["all"])
    assert report["sees"]["sight"].r1 == 100
    assert max(report[oracle]["sight"].r10 for oracle in ("hears", "reads")) < 2
    assert max(report[oracle]["sound"].r1 for oracle in ("sees", "hears", "reads", "sees and reads")) <= 50
    assert report["sees and hears"]["sound"].r1 == 100
    assert max(report[oracle]["speech"].r1 for oracle in ("sees", "hears", "sees and hears")) <= 50
    assert report["sees and reads"]["speech"].r1 == 100
    partial = ("sees", "hears", "reads", "sees and hears", "sees and reads")
    assert max(report[oracle]["sound+speech"].r1 for oracle in partial) <= 50


def test_a_split_with_captions_has_no_bounds(tmp_path: Path) -> None:
    with pytest.raises(HearsightError, match="no manifest"):
        oracle_recalls(tmp_path)
    with pytest.raises(HearsightError, match="give the test or the validation split"):
        oracle_recalls(
            write_manifest(tmp_path, [{"facts": ["icon: dog"], "captions": [{"kind": "sight", "facts": []}]}])
        )


@pytest.mark.parametrize("line", ['{"id": "a", "path": "a.mp4", "captions": []}', "{", "[]"])
def test_another_kind_of_manifest_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "manifest.jsonl").write_text(line + "\n")
    with pytest.raises(HearsightError, match="line 1 has no facts"):
        oracle_recalls(tmp_path)
