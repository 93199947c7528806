"""Encode a part of a media file anew: as H.264 and AAC, upright and with square pixels, exactly from start to end."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from hearsight.media.container import all_frames, open_media, start_time, timed_frames
from hearsight.media.frames import display_matrix, upright_rgb
from hearsight.media.key_frame import key_frame_before, seek
from hearsight.media.output_file import OutputFile
from hearsight.media.probe import AudioStream, VideoStream, probe
from hearsight.media.track_choice import ANY_TRACK, TrackChoice

CLOCK = Fraction(1, 90_000)  # seconds of a tick
QUALITY = {"crf": "18", "preset": "veryfast"}
AAC_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
DEFAULT_RATE = 48_000
JITTER = 0.05  # seconds: a smaller gap in the sound is a rounded time


def encode_frames(source: Path, start: float, end: float, output: OutputFile, choice: TrackChoice = ANY_TRACK) -> None:
    """Encode the pictures that a player would choose, and the sound, from start to end, in seconds.

    choice: which sound track is wanted.
    """
    info = probe(source, choice)
    with open_media(source) as container:
        encoders: dict[int, VideoEncoder | AudioEncoder] = {}
        seek_time = start_time(container) + start
        with output.errors():
            if info.video is not None:
                stream = container.streams[info.video.index]
                encoders[stream.index] = VideoEncoder(output, info.video, stream)
            if info.audio is not None:
                encoders[info.audio.index] = AudioEncoder(output, info.audio, end - start)
    if info.video is not None:
        seek_time = key_frame_before(source, info.video.index, seek_time).seek_time
    parts = [_frames_between(source, index, seek_time, end) for index in encoders]
    for time, index, frame in merge(*parts, key=itemgetter(0)):
        encoders[index].add(frame, time - start)
    for encoder in encoders.values():
        encoder.finish()


def _frames_between(source: Path, index: int, seek_time: float, end: float) -> Iterator[tuple[float, int, Any]]:
    """Yield the time, the stream and the frame for each frame of a stream that is shown before the end.

    seek_time: where decoding begins, in the file's own time. end: in seconds from the start of the file.
    """
    with open_media(source) as container:
        stream = container.streams[index]
        seek(container, seek_time)
        for time, frame in timed_frames(container, all_frames(container, stream)):  # type: ignore[arg-type]
            if time is None:
                continue
            if time >= end:
                return
            yield time, index, frame


class VideoEncoder:
    """Encodes pictures. The last one before the start is shown at the start."""

    def __init__(self, output: OutputFile, video: VideoStream, stream: av.VideoStream) -> None:
        self._output = output
        self._pixel_shape = stream.sample_aspect_ratio
        self._stream = output.container.add_stream("libx264", options=QUALITY)
        self._stream.pix_fmt = "yuv420p"
        self._stream.width, self._stream.height = (max(side // 2 * 2, 2) for side in (video.width, video.height))
        self._stream.codec_context.time_base = CLOCK
        self._matrix: Any = None
        self._is_first = True
        self._at_start: Any = None
        self._last_tick = -1

    def add(self, frame: Any, time: float) -> None:
        """Add a frame. time: in seconds from the start."""
        if self._is_first:
            self._is_first, self._matrix = False, display_matrix(frame)
        if time <= 0:
            self._at_start = frame
        else:
            self._show_start()
            self._encode(frame, time)

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._show_start()
        if self._last_tick >= 0:
            with self._output.errors():
                self._output.mux(self._stream.encode(None))

    def _show_start(self) -> None:
        if self._at_start is not None:
            self._encode(self._at_start, 0.0)
            self._at_start = None

    def _encode(self, frame: Any, time: float) -> None:
        picture = av.VideoFrame.from_ndarray(upright_rgb(frame, self._pixel_shape, self._matrix), format="rgb24")
        self._last_tick = max(round(time / CLOCK), self._last_tick + 1)
        picture.pts, picture.time_base = self._last_tick, CLOCK
        with self._output.errors():
            self._output.mux(self._stream.encode(picture))


class AudioEncoder:
    """Encodes sound, in stereo if it has several channels."""

    def __init__(self, output: OutputFile, audio: AudioStream, length: float) -> None:
        self._output, self._length = output, length
        self._rate = audio.rate if audio.rate in AAC_RATES else DEFAULT_RATE
        self._layout = "mono" if audio.channels == 1 else "stereo"
        self._stream = output.container.add_stream("aac", rate=self._rate, layout=self._layout)
        self._resampler: Any = None
        self._form: Any = None
        self._next = 0  # the sample that follows the last one

    def add(self, frame: Any, time: float) -> None:
        """Add a frame. time: in seconds from the start; samples before the start or after the end are left out."""
        if self._form != (form := (frame.format.name, frame.layout.name, frame.sample_rate)):
            self._form, self._resampler = form, av.AudioResampler("fltp", self._layout, self._rate)
        frame.pts = None  # a resampler would fill gaps, and count from the first frame
        blocks = [block.to_ndarray() for block in self._resampler.resample(frame)]
        if not blocks:
            return
        samples = np.concatenate(blocks, axis=1)
        position = round(time * self._rate)
        if self._next and position - self._next < self._rate * JITTER:
            position = self._next  # also for a time that runs backward
        before, last = max(0, -position), round(self._length * self._rate) - position
        samples = samples[:, before : max(last, 0)]
        if samples.shape[1]:
            self._encode(samples, max(position, 0))

    def finish(self) -> None:
        """Write what the encoder still holds."""
        if self._next:
            with self._output.errors():
                self._output.mux(self._stream.encode(None))

    def _encode(self, samples: NDArray[np.float32], position: int) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, position, Fraction(1, self._rate)
        self._next = position + samples.shape[1]
        with self._output.errors():
            self._output.mux(self._stream.encode(frame))
