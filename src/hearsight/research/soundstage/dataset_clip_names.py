"""Names that a clip would have in public data sets. Each follows from the clip's id, or from its split and number.

They have what makes the real names hard to handle: leading hyphens, file suffixes, full stops, digits only.
"""

from __future__ import annotations

import string
from base64 import urlsafe_b64encode
from hashlib import blake2b
from math import ceil

SPLITS = ("train", "validation", "test")
CLIPS_PER_FILM = 200
CLIP_SPACING = 30  # seconds of a film from one clip's start to the next one's

DIGITS = string.digits + string.ascii_uppercase
CHARADES_NAMES = len(DIGITS) ** 5


def youtube_name(id: str) -> str:
    """Return eleven characters, which is 64 bits in base 64, such as "-4wsuPCjDBc"."""
    return urlsafe_b64encode(_digest(id, 8)).decode().rstrip("=")


def vatex_name(id: str) -> str:
    """Return a YouTube name and ten seconds of that video, such as "-4wsuPCjDBc_000005_000015"."""
    start = _digest(id, 1)[0]
    return f"{youtube_name(id)}_{start:06}_{start + 10:06}"


def msvd_name(id: str, duration: float) -> str:
    """Return a YouTube name and whole seconds of that video, such as "-4wsuPCjDBc_5_15"."""
    start = _digest(id, 1)[0]
    return f"{youtube_name(id)}_{start}_{start + ceil(duration)}"


def charades_name(split: str, number: int) -> str:
    """Return five characters, such as "46GP8". They are unique for up to 20 million clips in a split."""
    index = number * len(SPLITS) + SPLITS.index(split)
    # The factor has neither 2 nor 3 in it, so the product visits every name once.
    remainder = (index * 24_036_583 + 7_654_321) % CHARADES_NAMES
    characters = []
    for _ in range(5):
        remainder, digit = divmod(remainder, len(DIGITS))
        characters.append(DIGITS[digit])
    return "".join(characters)


def didemo_name(id: str) -> str:
    """Return a Flickr user, picture and secret with a suffix: "54322086@N00_2408598493_274c77d26a.mp4"."""
    digest = _digest(id, 14)
    user, picture = int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:8], "big")
    return f"{user}@N0{digest[8] % 10}_{picture}_{digest[9:].hex()}.mp4"


def lsmdc_name(split: str, number: int, duration: float) -> str:
    """Return a film and the clip's times in it, such as "1001_Soundstage_Train_00.00.30.000-00.00.36.400"."""
    film = f"{1001 + number // CLIPS_PER_FILM}_Soundstage_{split.title()}"
    start = number % CLIPS_PER_FILM * CLIP_SPACING
    return f"{film}_{_clock(start)}-{_clock(start + duration)}"


def _digest(id: str, size: int) -> bytes:
    return blake2b(id.encode(), digest_size=size).digest()


def _clock(seconds: float) -> str:
    whole_seconds, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole_seconds // 3600:02}.{whole_seconds // 60 % 60:02}.{whole_seconds % 60:02}.{milliseconds:03}"
