"""The splits, and which combinations of things belong to which, so that nothing in a test was seen in training.

Every word, icon, background and sound occurs in every split. What a split owns are *combinations*: an icon over a
background, an icon with a sound, a whole sentence. A stable hash decides, so the answer is the same on every machine
and no list needs to be stored.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal, get_args

SplitName = Literal["train", "validation", "test", "demo"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.1


def split_of(*combination: str) -> SplitName:
    """Return the split that owns a combination: "train", "validation" or "test" ("demo" uses those of "test")."""
    digest = blake2b("|".join(combination).encode(), digest_size=4).digest()
    share = int.from_bytes(digest, "big") / 2**32
    if share < TEST_SHARE:
        return "test"
    return "validation" if share < TEST_SHARE + VALIDATION_SHARE else "train"


def allowed(split: SplitName, *combination: str) -> bool:
    """Return whether clips of the split may show this combination."""
    return split_of(*combination) == ("test" if split == "demo" else split)
