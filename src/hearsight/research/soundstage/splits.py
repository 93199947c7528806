"""Which combinations belong to which split, so that nothing in a test was seen in training.

Every word, icon, background and sound occurs in every split; what a split owns are *combinations*: an icon over a
background, an icon with a sound, a whole sentence. A stable hash decides, so that the answer is the same on every
machine and needs no stored list.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal, get_args

Split = Literal["train", "validation", "test", "demo"]
SPLITS: tuple[Split, ...] = get_args(Split)

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.1


def owner(*combination: str) -> Split:
    """The split that a combination belongs to: "train", "validation" or "test" (which "demo" draws from too)."""
    digest = blake2b("|".join(combination).encode(), digest_size=4).digest()
    share = int.from_bytes(digest, "big") / 2**32
    if share < TEST_SHARE:
        return "test"
    return "validation" if share < TEST_SHARE + VALIDATION_SHARE else "train"


def allowed(split: Split, *combination: str) -> bool:
    """Whether clips of the split may show this combination."""
    return owner(*combination) == ("test" if split == "demo" else split)
