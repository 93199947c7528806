"""The four groups of queries in a test split, in the proportions of SAVE's table.

A query's group is known by construction, because a family of clips is made for each group: a single clip for sight; for
the other groups, clips with the same picture that differ in what the group is about. A model that only sees can do no
better than guess among them.
"""

from __future__ import annotations

from typing import Literal

Difference = Literal["sound", "speech", "sound+speech"]
QueryGroup = Literal["sight", "sound", "speech", "sound+speech"]

QUERIES_PER_THOUSAND: dict[QueryGroup, int] = {"sight": 499, "sound": 226, "speech": 171, "sound+speech": 104}
COMBINED_FAMILY_SIZE = 4  # two sounds by two sentences: either alone leaves two clips


def family_sizes(count: int) -> list[tuple[QueryGroup, int]]:
    """Return the group and the size of each family of a test with `count` clips, group after group."""
    combined = round(count * QUERIES_PER_THOUSAND["sound+speech"] / 1000 / COMBINED_FAMILY_SIZE)
    sizes: dict[QueryGroup, list[int]] = {
        "sound": pairs_and_triplets(round(count * QUERIES_PER_THOUSAND["sound"] / 1000)),
        "speech": pairs_and_triplets(round(count * QUERIES_PER_THOUSAND["speech"] / 1000)),
        "sound+speech": [COMBINED_FAMILY_SIZE] * combined,
    }
    sizes["sight"] = [1] * (count - sum(map(sum, sizes.values())))
    return [(group, size) for group in QUERIES_PER_THOUSAND for size in sizes[group]]


def pairs_and_triplets(clips: int) -> list[int]:
    """Split a number of clips into families of two, about every fifth of three. A single clip makes no family."""
    if clips < 2:
        return []
    triplets = clips // 11
    triplets += (clips - triplets) % 2
    return [2] * ((clips - 3 * triplets) // 2) + [3] * triplets
