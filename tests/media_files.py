"""Makers of small media files. Apart from builders.py, so that tests of media need no torch."""

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

RATE = 16000


def grey(level: int, width: int = 64, height: int = 48) -> np.ndarray:
    """A picture of one grey, which survives coding and can be recognised by `level_of`."""
    return np.full((height, width, 3), level, np.uint8)


def level_of(picture: np.ndarray) -> int:
    """The level, to the nearest ten, of a picture made by `grey`."""
    return round(float(picture.mean()) / 10) * 10


def beep(seconds: float, silence_before: float = 0.0) -> np.ndarray:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE)
    return np.concatenate([np.zeros(round(silence_before * RATE)), tone]).astype(np.float32)


def make_media(
    path: Path,
    pictures: Sequence[np.ndarray] = (),
    times: Sequence[float] | None = None,
    sounds: Sequence[np.ndarray] = (),
    *,
    start: float = 0.0,
    sound_start: float = 0.0,
    subtitles: str = "",
    rotation: int = 0,
    pix_fmt: str = "yuv420p",
    pixel_shape: Fraction | None = None,
    options: dict[str, str] | None = None,
    coding: dict[str, str] | None = None,
    sound_codec: str = "pcm_s16le",
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a file with these pictures (at these times, else ten a second) and sound tracks (mono, 16 kHz).

    start is added to every time, sound_start to those of the sound. subtitles are in SRT (for .mkv). coding: options of
    x264, which else makes a key frame of every tenth and no B frames. metadata: of the whole file.
    """
    times = [i / 10 for i in range(len(pictures))] if times is None else times
    with av.open(f"file:{path}", "w", options=options or {}) as container:
        container.metadata.update(metadata or {})
        packets = []
        video = _video(container, pictures, rotation, pix_fmt, pixel_shape, coding or {}) if len(pictures) else None
        tracks = [container.add_stream(sound_codec, rate=RATE, layout="mono") for _ in sounds]
        text = av.open(io.BytesIO(subtitles.encode()), format="srt") if subtitles else None
        written = container.add_stream_from_template(text.streams[0]) if text else None
        if video is not None:
            packets += _encoded_pictures(video, pictures, [start + time for time in times])
        for track, sound in zip(tracks, sounds, strict=True):
            packets += encoded_sound(track, sound, start + sound_start)
        for packet in text.demux() if text else ():
            if packet.pts is not None:
                packet.pts = packet.dts = packet.pts + round(start / packet.time_base)
                packet.stream = written
                packets.append(packet)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def _video(container, pictures, rotation, pix_fmt, pixel_shape, coding):
    stream = container.add_stream("libx264", rate=10, options={"crf": "10", "bf": "0", "g": "10", **coding})
    stream.height, stream.width = pictures[0].shape[:2]
    stream.pix_fmt = pix_fmt
    stream.codec_context.thread_count = 1
    stream.codec_context.time_base = Fraction(1, 1000)
    if pixel_shape:
        stream.codec_context.sample_aspect_ratio = pixel_shape
    if rotation:
        stream.set_display_rotation(rotation)
    return stream


def _encoded_pictures(stream, pictures, times):
    packets = []
    for picture, time in zip(pictures, times, strict=True):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def encoded_sound(stream, sound, start):
    packets = []
    samples = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
    for first in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, first : first + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = round(start * RATE) + first
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def write_tracks(path: Path, *tracks: tuple[np.ndarray, str, dict[str, str]]) -> Path:
    """Write a file with sound tracks (AAC): what is heard (mono, 16 kHz), the disposition, the metadata."""
    with av.open(path, "w") as container:
        packets = []
        for sound, disposition, metadata in tracks:
            stream = container.add_stream("aac", rate=RATE, layout="mono")
            stream.disposition = Disposition[disposition] if disposition else Disposition(0)
            stream.metadata.update(metadata)
            packets += encoded_sound(stream, sound, 0.0)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path
