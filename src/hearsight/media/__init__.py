"""Read media files: clips, pictures, sound and subtitles.

PyAV is used here, and in Soundstage, which writes films.
"""

from hearsight.media.audio import SAMPLE_RATE, cut_audio, read_audio
from hearsight.media.frames import read_frames
from hearsight.media.probe import (
    MEDIA_SUFFIXES,
    AudioStream,
    MediaInfo,
    SubtitleStream,
    VideoStream,
    probe,
)
from hearsight.media.segments import cut
from hearsight.media.subtitles import Subtitles, read_subtitles

__all__ = [
    "MEDIA_SUFFIXES",
    "SAMPLE_RATE",
    "AudioStream",
    "MediaInfo",
    "SubtitleStream",
    "Subtitles",
    "VideoStream",
    "cut",
    "cut_audio",
    "probe",
    "read_audio",
    "read_frames",
    "read_subtitles",
]
