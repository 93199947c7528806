"""Choose the sound track of a file: the one that is asked for, or what a listener would choose and can hear."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition

from hearsight.media.channels import channels_of
from hearsight.media.container import decode, is_default, open_media, packets
from hearsight.media.track_choice import ANY_TRACK, TrackChoice, is_in_language

# Tracks on which somebody speaks about the film, or tells the blind what is seen in it.
SPOKEN_OVER = Disposition.comment | Disposition.visual_impaired | Disposition.descriptions
SPOKEN_OVER_TITLE = re.compile(
    r"comm?ent|kommenta|koment|коммент|audio.?desk?[rc]|descri[pbv]|hörfilm|tyflo|syn.?s?tolk|тифло|\bAD\b|\bDVS\b|"
    "解説|コメンタリ|评论|評論|해설|코멘터리",
    re.IGNORECASE,
)
# Titles that programs write where a person gave none.
HANDLERS = ("SoundHandler", "Sound Media Handler", "Apple Sound Media Handler", "Core Media Audio", "Mainconcept")
# A track counts as silent if it is at all of these positions, shares of the file's length.
POSITIONS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
LOWEST_RATE = 1000  # Hz; with less a few bytes last for days
SECONDS = 2.0  # that are heard at each
AUDIBLE = 1e-3  # the smallest loudness, of 1
MOST_PACKETS = 2000  # that are read at each


def audio_stream(container: InputContainer, path: Path, choice: TrackChoice = ANY_TRACK) -> av.AudioStream | None:
    """Return the sound track to hear; None if there is none.

    It is the one with the number of the choice, if there is one. Else a silent one comes last, and before it one on
    which somebody speaks over the film. Of the others, those in the language of the choice come first, and then the
    default one.
    path: of the container's file, which is opened again to hear the tracks if it has several.
    """
    streams = _tracks(container)
    for stream in streams:
        if track_number(stream) == choice.number:
            return stream
    if len(streams) < 2:
        return streams[0] if streams else None
    audible = _audible_tracks(path, _stamp(path))
    return min(
        streams,
        key=lambda stream: (
            stream.index not in audible,
            _is_spoken_over(stream),
            choice.language is not None and not is_in_language(choice.language, stream.language, track_title(stream)),
            not is_default(stream),
            stream.index,
        ),
    )


def track_number(stream: av.AudioStream) -> int:
    """Return the number of a sound track among those of its file, from 1."""
    return [each.index for each in stream.container.streams.audio].index(stream.index) + 1


def track_title(stream: av.AudioStream) -> str | None:
    """Return the title of a track, as players show it; None for one without."""
    title = stream.metadata.get("title") or stream.metadata.get("handler_name") or ""
    return None if title in HANDLERS else title.strip() or None


def _tracks(container: InputContainer) -> list[av.AudioStream]:
    return [
        stream
        for stream in container.streams.audio
        if stream.codec_context is not None and not 0 < stream.codec_context.sample_rate < LOWEST_RATE
    ]


def _is_spoken_over(stream: av.AudioStream) -> bool:
    title = f"{stream.metadata.get('title', '')} {stream.metadata.get('handler_name', '')}"
    return bool(stream.disposition & SPOKEN_OVER) or bool(SPOKEN_OVER_TITLE.search(title))


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=16)
def _audible_tracks(path: Path, stamp: tuple[int, int]) -> frozenset[int]:
    """Return the indices of the tracks that are heard at one of POSITIONS. stamp: changes with the file."""
    audible = set[int]()
    with open_media(path) as container:
        tracks = _tracks(container)
        for position in POSITIONS:
            if position and not _seek(container, position):
                break
            silent = [stream for stream in tracks if stream.index not in audible]
            audible |= _audible_here(packets(container, *silent), len(silent)) if silent else set()
    return frozenset(audible)


def _seek(container: InputContainer, position: float) -> bool:
    """Go to a position, a share of the file's length; return whether that is possible."""
    if not container.duration:
        return False
    try:
        container.seek(int((container.start_time or 0) + position * container.duration))
    except av.FFmpegError:
        return False
    return True


def _audible_here(packets: Iterable[Any], tracks: int) -> set[int]:
    """Return the indices of the tracks in whose next seconds something is heard. tracks: how many there are."""
    audible, heard = set[int](), dict[int, float]()
    for number, packet in enumerate(packets):
        index = packet.stream.index
        if number > MOST_PACKETS or (len(heard) == tracks and min(heard.values()) >= SECONDS):
            break
        for frame in decode(packet) if index not in audible else ():
            heard[index] = heard.get(index, 0.0) + frame.samples / frame.sample_rate
            if np.abs(channels_of(frame)).max(initial=0.0) > AUDIBLE:
                audible.add(index)
                heard[index] = SECONDS
    return audible
