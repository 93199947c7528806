"""The best recall that a searcher with only some senses can reach: an upper bound for any method with those senses.

An oracle knows every fact that its senses perceive, of the query and of all clips, and nothing else. It cannot tell
apart the clips for which all of these facts are true, and ranks them in random order. A method that only sees cannot be
expected to beat the oracle that only sees, so whatever lies above that bound was heard or understood.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hearsight.errors import HearsightError
from hearsight.research.soundstage.facts import FactIndex, Sense, facts_of_senses
from hearsight.research.soundstage.manifest import read_manifest_rows
from hearsight.research.soundstage.query_groups import QUERIES_PER_THOUSAND

ORACLES: dict[str, tuple[Sense, ...]] = {
    "sees": ("sight",),
    "hears": ("sound",),
    "reads": ("speech",),
    "sees and hears": ("sight", "sound"),
    "sees and reads": ("sight", "speech"),
    "all": ("sight", "sound", "speech"),
}


@dataclass(frozen=True)
class OracleRecall:
    """The expected recall of an oracle at 1, 5 and 10, in percent."""

    queries: int
    r1: float
    r5: float
    r10: float


def oracle_recalls(folder: Path) -> dict[str, dict[str, OracleRecall]]:
    """Return each oracle's recall in every group of queries and in "all queries". Only the manifest is read.

    Raises HearsightError if the split has no queries that belong to groups.
    """
    rows = read_manifest_rows(folder)
    queries = [(query["group"], query["facts"]) for row in rows for query in row["captions"] if "group" in query]
    if not queries:
        raise HearsightError(f"no groups of queries in {folder}; give the test or the validation split")
    index = FactIndex(row["facts"] for row in rows)
    groups = {
        str(group): [facts for query_group, facts in queries if query_group == group] for group in QUERIES_PER_THOUSAND
    }
    groups["all queries"] = [facts for _, facts in queries]
    return {
        oracle: {group: expected_recall(members, senses, index) for group, members in groups.items() if members}
        for oracle, senses in ORACLES.items()
    }


def expected_recall(queries: list[list[str]], senses: tuple[Sense, ...], index: FactIndex) -> OracleRecall:
    """Return the expected recall with ties in random order.

    One right clip among n that look the same is among the first k with probability min(1, k / n).
    """
    tied = np.array([len(index.matching(facts_of_senses(facts, *senses))) for facts in queries])
    r1, r5, r10 = (100 * float(np.minimum(1, k / tied).mean()) for k in (1, 5, 10))
    return OracleRecall(len(queries), r1, r5, r10)
