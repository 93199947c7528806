"""How well a perfect but partly blind or deaf searcher does: the ceiling that any method of its senses meets.

An oracle knows every fact that its senses tell, of the query and of all clips, and nothing else. The clips for which
all of that holds are one to it, and it puts them in any order. A method that sees only cannot be expected to do
better than the oracle that sees, so what is above that ceiling was heard or understood.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hearsight.errors import HearsightError
from hearsight.research.soundstage.facts import Answers, Sense, of_senses
from hearsight.research.soundstage.groups import SHARES
from hearsight.research.soundstage.rows import read_rows

ORACLES: dict[str, tuple[Sense, ...]] = {
    "sees": ("sight",),
    "hears": ("sound",),
    "reads": ("speech",),
    "sees and hears": ("sight", "sound"),
    "sees and reads": ("sight", "speech"),
    "all": ("sight", "sound", "speech"),
}


@dataclass(frozen=True)
class Ceiling:
    """The expected recall of an oracle in percent."""

    queries: int
    r1: float
    r5: float
    r10: float


def ceilings(folder: Path) -> dict[str, dict[str, Ceiling]]:
    """For each of ORACLES the ceiling in every group of queries and in "all queries", from a split's manifest alone.

    Raises HearsightError where the folder has no queries that belong to groups.
    """
    rows = read_rows(folder)
    asked = [(told["group"], told["facts"]) for row in rows for told in row["captions"] if "group" in told]
    if not asked:
        raise HearsightError(f"no groups of queries in {folder}; give the test or the validation split")
    answers = Answers(row["facts"] for row in rows)
    groups = {str(group): [told for of, told in asked if of == group] for group in SHARES}
    groups["all queries"] = [told for _, told in asked]
    return {
        oracle: {group: ceiling(queries, senses, answers) for group, queries in groups.items() if queries}
        for oracle, senses in ORACLES.items()
    }


def ceiling(queries: list[list[str]], senses: tuple[Sense, ...], answers: Answers) -> Ceiling:
    """What to expect where ties are broken by chance: a right clip among n alike is in the first k with min(1, k/n)."""
    alike = np.array([len(answers.to(of_senses(told, *senses))) for told in queries])
    r1, r5, r10 = (100 * float(np.minimum(1, k / alike).mean()) for k in (1, 5, 10))
    return Ceiling(len(queries), r1, r5, r10)
