"""The papers' claims, each as a difference between two rows of the report, and whether it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hearsight.research.evaluation.bootstrap import Estimate
from hearsight.research.evaluation.ranking import ALL
from hearsight.research.evaluation.report import Report
from hearsight.research.evaluation.tables import signed

GUESSING = "CLIP4Clip, ties at chance"


class Claim(NamedTuple):
    """The claim that the row `better` has a greater SumR than the row `worse`, for the queries of a group."""

    text: str
    better: str
    worse: str
    group: str = ALL


CLAIMS = (
    Claim("AVIGATE: gated audio beats ignoring it", "AVIGATE", GUESSING),
    Claim("AVIGATE: gated audio beats fusing it blindly", "AVIGATE", "blind fusion"),
    Claim("SAVE: speech and soft-ALBEF add to that", "SAVE", "AVIGATE"),
    Claim("SAVE: for queries about sound", "SAVE", "AVIGATE", "sound"),
    Claim("SAVE: for queries about speech", "SAVE", "AVIGATE", "speech"),
    Claim("SAVE: for queries about both", "SAVE", "AVIGATE", "sound+speech"),
    Claim("SAVE: for queries about sight, too", "SAVE", "AVIGATE", "sight"),
    Claim("its gates help", "SAVE", "SAVE, no gates"),
    Claim("its adaptive margin helps", "SAVE", "SAVE, no margin"),
    Claim("its speech branch helps", "SAVE", "SAVE, no speech"),
    Claim("its soft-ALBEF helps", "SAVE", "SAVE, no soft-ALBEF"),
    Claim("Chorus beats SAVE", "Chorus", "SAVE"),
    Claim("Chorus: for queries about sight, too", "Chorus", "SAVE", "sight"),
    Claim("Chorus beats SAVE where both learn from mixed clips", "Chorus, mixed clips", "SAVE, mixed clips"),
)


def judge(reports: Mapping[str, Report]) -> list[list[str]]:
    """Return claim, difference in SumR and verdict of each claim whose rows exist."""
    rows = []
    for claim in CLAIMS:
        if {claim.better, claim.worse} <= reports.keys():
            difference = reports[claim.better].over(reports[claim.worse])[claim.group]["sumr"]
            rows.append([claim.text, signed(difference), verdict(difference)])
    return rows


def verdict(difference: Estimate) -> str:
    if difference.low > 0:
        return "holds"
    return "the opposite holds" if difference.high < 0 else "not shown: the interval holds 0"
