"""Describe a media file: its length, and the streams that are used."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Stream

from hearsight.media.audio_track import audio_stream, track_number, track_title
from hearsight.media.container import decode, open_media, packets, start_time, video_stream
from hearsight.media.file_checks import MOST_PIXELS, read_error
from hearsight.media.frames import display_matrix, upright_rgb
from hearsight.media.pictures import describe_picture, is_picture
from hearsight.media.track_choice import ANY_TRACK, TrackChoice

LONGEST = 100 * 3600.0
# Of files over an hour: bytes a second. One with a picture that stands for an hour has ten times as much.
LEAST_BYTES = 2.0
# Metadata with the date of a recording; the first one has a time zone, and editing keeps it.
DATES = ("com.apple.quicktime.creationdate", "creation_time")
TIMECODE = re.compile(r"\d\d:\d\d:\d\d[:;.]\d\d")
ONE_HOUR, ONE_DAY, ONE_YEAR = 3600.0, 24 * 3600.0, 366 * 24 * 3600.0


@dataclass(frozen=True)
class VideoStream:
    """A stream of pictures.

    width, height: pixels as shown: upright, with square pixels. rate: frames a second, on average; None for a picture.
    """

    index: int
    codec: str
    width: int
    height: int
    rate: float | None


@dataclass(frozen=True)
class AudioStream:
    """The stream of sound that is heard.

    rate: in Hz, as stored. language: as the file names it ("eng"), if it does. track: its number among the `tracks`
    sound tracks of the file, from 1. title: that of the track, if it has one.
    """

    index: int
    codec: str
    rate: int
    channels: int
    language: str | None
    track: int = 1
    tracks: int = 1
    title: str | None = None


@dataclass(frozen=True)
class SubtitleStream:
    """A stream of subtitles. language: as the file names it, if it does."""

    index: int
    codec: str
    language: str | None


@dataclass(frozen=True)
class MediaInfo:
    """A media file, which has video or audio or both, or is a picture.

    duration: in seconds; 0 for a picture, which has no time. claimed_duration: that in the file's own header, 0 if it
    has none; it is longer than the duration if the file was cut short. created: the date in the file, in seconds
    since 1970, if it has one.
    timecode: of the first picture, as the camera wrote it ("01:00:00:00", with ";" before the frames if some numbers of
    frames are left out), if it did.
    Streams of which no frame can be decoded are left out, as is cover art.
    """

    path: Path
    duration: float
    video: VideoStream | None
    audio: AudioStream | None
    subtitles: tuple[SubtitleStream, ...]
    claimed_duration: float = 0.0
    created: float | None = None
    timecode: str | None = None

    @property
    def is_picture(self) -> bool:
        return self.duration == 0


def probe(path: Path, choice: TrackChoice = ANY_TRACK) -> MediaInfo:
    """Describe a media file, decoding no more than a first frame of each stream, and of a picture nothing.

    choice: which sound track is wanted; one that cannot be decoded counts as missing.
    Raises HearsightError if it is not there, is not a media file, or has nothing that can be decoded.
    """
    if is_picture(path):
        return _probe_picture(path)
    with open_media(path) as container:
        video, audio = video_stream(container), audio_stream(container, path, choice)
        streams = [stream for stream in (video, audio) if stream is not None]
        if not streams:
            raise read_error(path, "no video or audio stream that can be decoded; remove it")
        first = _first_frames(container, streams)
        if audio is not None and audio.index not in first and choice.number is not None:
            return probe(path, replace(choice, number=None))
        streams = [stream for stream in streams if stream.index in first]
        if not streams:
            large = f", or its pictures have more than {MOST_PIXELS:,} pixels" if video is not None else ""
            raise read_error(path, f"not one frame can be decoded{large}; replace or remove it")
        return MediaInfo(
            path=path,
            duration=_duration(path, container, streams),
            video=_describe_video(video, first[video.index]) if video is not None and video.index in first else None,
            audio=_describe_audio(audio, first[audio.index]) if audio is not None and audio.index in first else None,
            subtitles=tuple(
                SubtitleStream(stream.index, stream.codec_context.codec.canonical_name, stream.language)
                for stream in container.streams.subtitles
                if stream.codec_context is not None
            ),
            claimed_duration=_claimed_duration(container),
            created=_creation_time(container),
            timecode=_timecode(container),
        )


def _probe_picture(path: Path) -> MediaInfo:
    facts = describe_picture(path)
    video = VideoStream(0, facts.format, facts.width, facts.height, None)
    return MediaInfo(path, 0.0, video, None, (), created=facts.created)


def _creation_time(container: InputContainer) -> float | None:
    """Return the date in a file's metadata, in seconds since 1970.

    Dates of 1970 and before are those of cameras without a clock, and of tools that write zeros.
    """
    for name in DATES:
        try:
            time = datetime.fromisoformat(container.metadata.get(name, "")).timestamp()
        except (ValueError, OverflowError, OSError):
            continue
        if ONE_YEAR < time <= datetime.now().timestamp() + ONE_DAY:
            return time
    return None


def _timecode(container: InputContainer) -> str | None:
    """Return the timecode that a camera wrote into the file, for the file, its pictures, or as a stream of its own."""
    written = (each.metadata.get("timecode", "") for each in (container, *container.streams))
    return next((timecode for timecode in written if TIMECODE.fullmatch(timecode)), None)


def _describe_video(stream: av.VideoStream, frame: Any) -> VideoStream:
    height, width, _ = upright_rgb(frame, stream.sample_aspect_ratio, display_matrix(frame)).shape
    rate = float(stream.average_rate) if stream.average_rate else None
    return VideoStream(stream.index, stream.codec_context.codec.canonical_name, width, height, rate)


def _describe_audio(stream: av.AudioStream, frame: Any) -> AudioStream:
    channels = frame.layout.nb_channels
    return AudioStream(
        stream.index,
        stream.codec_context.codec.canonical_name,
        frame.sample_rate,
        channels,
        stream.language,
        track_number(stream),
        len(stream.container.streams.audio),
        track_title(stream),
    )


def _first_frames(container: InputContainer, streams: list[Stream]) -> dict[int, Any]:
    """Return the first frame of each stream that can be decoded, by the stream's index."""
    frames: dict[int, Any] = {}
    for packet in packets(container, *streams):
        if packet.stream.index in frames:
            continue  # without decoding it: the other stream may begin late, or hold nothing
        for frame in decode(packet):
            frames.setdefault(packet.stream.index, frame)
        if len(frames) == len(streams):
            break
    return frames


def _duration(path: Path, container: InputContainer, streams: list[Stream]) -> float:
    """Return the seconds from the start of the file to its end: the claimed length if the last packets are there.

    A truncated or badly written file claims a wrong length: then all its packets are read.
    """
    claimed = _claimed_duration(container)
    slack = min(max(0.1 * claimed, 0.5), 5.0)
    duration = claimed
    if not claimed or abs(_end_after(container, streams, claimed - slack) - claimed) > slack:
        with open_media(path) as reopened:
            duration = _measured_duration(reopened, [reopened.streams[stream.index] for stream in streams])
    if duration <= 0:
        raise read_error(path, "its length cannot be determined; replace or remove it")
    size = path.stat().st_size
    if duration > ONE_HOUR and size < LEAST_BYTES * duration:
        raise read_error(
            path, f"{size:,} bytes cannot last {duration / ONE_HOUR:.0f} hours, as they claim; replace or remove it"
        )
    return duration


def _claimed_duration(container: InputContainer) -> float:
    claimed = float((container.duration or 0) / av.time_base)
    return claimed if 0 < claimed <= LONGEST else 0.0


def _end_after(container: InputContainer, streams: list[Stream], time: float) -> float:
    """Return when the last packet after a time ends, in seconds; 0 without one."""
    start = start_time(container)
    try:
        container.seek(int((start + max(time, 0.0)) * av.time_base))
    except av.FFmpegError:
        return 0.0
    ends = (_end(packet) for packet in packets(container, *streams))
    return max((end - start for end in ends if end is not None), default=0.0)


def _measured_duration(container: InputContainer, streams: list[Stream]) -> float:
    """Return the length by the times of all packets or, if those make no sense, by the durations of the packets."""
    start, end = start_time(container), 0.0
    durations: defaultdict[int, float] = defaultdict(float)
    for packet in packets(container, *streams):
        end = max(end, (_end(packet) or 0.0) - start)
        durations[packet.stream.index] += float(packet.duration * packet.time_base) if packet.duration else 0.0
    return end if 0 < end <= LONGEST else min(max(durations.values(), default=0.0), LONGEST)


def _end(packet: Any) -> float | None:
    """Return when a packet ends, in the file's own time; None if it does not tell."""
    time = packet.pts if packet.pts is not None else packet.dts
    return None if time is None else float((time + (packet.duration or 0)) * packet.time_base)
