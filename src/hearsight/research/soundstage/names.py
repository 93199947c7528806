"""What clips are called in the field's data sets. Each name follows from the clip's own id, or split and number, alone.

Names have what makes the real ones hard to handle: hyphens in front, file suffixes, full stops, only digits.
"""

from __future__ import annotations

import string
from base64 import urlsafe_b64encode
from hashlib import blake2b
from math import ceil

SPLITS = ("train", "validation", "test")
CLIPS_A_FILM = 200
SECONDS_A_CLIP = 30  # of film, from one clip's start to the next one's

DIGITS = string.digits + string.ascii_uppercase
CHARADES = len(DIGITS) ** 5


def youtube(id: str) -> str:
    """Eleven characters, which is 64 bits in base 64, such as "-4wsuPCjDBc"."""
    return urlsafe_b64encode(_digest(id, 8)).decode().rstrip("=")


def vatex(id: str) -> str:
    """A YouTube name and ten seconds of that video, such as "-4wsuPCjDBc_000005_000015"."""
    start = _digest(id, 1)[0]
    return f"{youtube(id)}_{start:06}_{start + 10:06}"


def msvd(id: str, duration: float) -> str:
    """A YouTube name and whole seconds of that video, such as "-4wsuPCjDBc_5_15"."""
    start = _digest(id, 1)[0]
    return f"{youtube(id)}_{start}_{start + ceil(duration)}"


def charades(split: str, number: int) -> str:
    """Five characters, such as "46GP8"; no two clips have the same, up to 20 million in a split."""
    place = number * len(SPLITS) + SPLITS.index(split)
    left = (place * 24_036_583 + 7_654_321) % CHARADES  # a factor without 2 and 3 in it visits every name once
    characters = []
    for _ in range(5):
        left, digit = divmod(left, len(DIGITS))
        characters.append(DIGITS[digit])
    return "".join(characters)


def didemo(id: str) -> str:
    """A person on Flickr, a picture and its secret, with the suffix: "54322086@N00_2408598493_274c77d26a.mp4"."""
    digest = _digest(id, 14)
    person, picture = int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:8], "big")
    return f"{person}@N0{digest[8] % 10}_{picture}_{digest[9:].hex()}.mp4"


def lsmdc(split: str, number: int, duration: float) -> str:
    """A film and the clip's times in it, such as "1001_Soundstage_Train_00.00.30.000-00.00.36.400"."""
    film = f"{1001 + number // CLIPS_A_FILM}_Soundstage_{split.title()}"
    start = number % CLIPS_A_FILM * SECONDS_A_CLIP
    return f"{film}_{_clock(start)}-{_clock(start + duration)}"


def _digest(id: str, size: int) -> bytes:
    return blake2b(id.encode(), digest_size=size).digest()


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}.{whole // 60 % 60:02}.{whole % 60:02}.{thousandths:03}"
