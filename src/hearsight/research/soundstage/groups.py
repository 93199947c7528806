"""What the queries of a test are about: four groups in the proportions of SAVE's table, each known by construction.

A family is made for each group: a single clip for sight, and for the others clips with the very same picture that
differ in what the group is about, so that nobody who only sees can do better than guess among them.
"""

from __future__ import annotations

from typing import Literal

Differs = Literal["sound", "speech", "sound+speech"]
Group = Literal["sight", "sound", "speech", "sound+speech"]

SHARES: dict[Group, int] = {"sight": 499, "sound": 226, "speech": 171, "sound+speech": 104}  # of 1,000 queries
FOUR = 4  # clips with two sounds and two sentences: either alone leaves two


def families(count: int) -> list[tuple[Group, int]]:
    """The group and the size of each family of a test of count clips, group after group."""
    fours = round(count * SHARES["sound+speech"] / 1000 / FOUR)
    wanted: dict[Group, list[int]] = {
        "sound": sizes(round(count * SHARES["sound"] / 1000)),
        "speech": sizes(round(count * SHARES["speech"] / 1000)),
        "sound+speech": [FOUR] * fours,
    }
    wanted["sight"] = [1] * (count - sum(map(sum, wanted.values())))
    return [(group, size) for group in SHARES for size in wanted[group]]


def sizes(clips: int) -> list[int]:
    """So many clips as pairs, about every fifth family one of three; none where there are not two."""
    if clips < 2:
        return []
    triplets = clips // 11
    triplets += (clips - triplets) % 2
    return [2] * ((clips - 3 * triplets) // 2) + [3] * triplets
