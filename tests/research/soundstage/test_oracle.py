"""What a perfect searcher of some senses reaches, on made-up clips and on the standard test."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hearsight.errors import HearsightError
from hearsight.research.soundstage.facts import facts
from hearsight.research.soundstage.oracle import ceilings
from hearsight.research.soundstage.plans import plan
from hearsight.research.soundstage.queries import split_queries


def written(folder: Path, rows: list[Mapping[str, Any]]) -> Path:
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_twins_leave_a_guess_to_who_only_sees(tmp_path: Path) -> None:
    told = [["icon: dog", "sound: bell"], ["icon: dog", "sound: horn"], ["icon: cow", "sound: bell"]]
    rows = [{"facts": each, "captions": [{"group": "sound", "facts": each}]} for each in told]
    report = ceilings(written(tmp_path, rows))
    assert report["sees"]["sound"].r1 == pytest.approx(100 * (0.5 + 0.5 + 1) / 3)
    assert report["sees"]["sound"].r5 == 100
    assert report["reads"]["sound"].r1 == pytest.approx(100 / 3)
    assert report["sees and hears"]["all queries"].r1 == 100


@pytest.fixture(scope="module")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plans = plan("test", 1000, seed=0)
    asked = split_queries(plans, seed=0)
    rows = [{"facts": sorted(facts(one.scene)), "captions": [query]} for one, query in zip(plans, asked, strict=True)]
    return written(tmp_path_factory.mktemp("test"), rows)


def test_hearing_and_reading_are_needed_where_the_group_says_so(standard: Path) -> None:
    report = ceilings(standard)
    assert all(report["all"][group].r1 == 100 for group in report["all"])
    assert report["sees"]["sight"].r1 == 100
    assert max(report[blind]["sight"].r10 for blind in ("hears", "reads")) < 2
    assert max(report[deaf]["sound"].r1 for deaf in ("sees", "hears", "reads", "sees and reads")) <= 50
    assert report["sees and hears"]["sound"].r1 == 100
    assert max(report[deaf]["speech"].r1 for deaf in ("sees", "hears", "sees and hears")) <= 50
    assert report["sees and reads"]["speech"].r1 == 100
    half = {"sees", "hears", "reads", "sees and hears", "sees and reads"}
    assert max(report[one]["sound+speech"].r1 for one in half) <= 50


def test_a_split_with_captions_has_no_ceilings(tmp_path: Path) -> None:
    with pytest.raises(HearsightError, match="no manifest"):
        ceilings(tmp_path)
    with pytest.raises(HearsightError, match="give the test or the validation split"):
        ceilings(written(tmp_path, [{"facts": ["icon: dog"], "captions": [{"kind": "sight", "facts": []}]}]))


@pytest.mark.parametrize("line", ['{"id": "a", "path": "a.mp4", "captions": []}', "{", "[]"])
def test_a_manifest_of_something_else_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "manifest.jsonl").write_text(line + "\n")
    with pytest.raises(HearsightError, match="line 1 tells no facts"):
        ceilings(tmp_path)
