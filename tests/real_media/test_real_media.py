"""Real media files are probed, read and transcribed as their makers meant them.

The folder that HEARSIGHT_REAL_MEDIA names (by default `shared/media` next to the repository) must hold these files of
torchcodec, torchvision, PyAV and whisper.cpp: bunny_one_second.webm, corrupted.mp4, dog.mp4, dog_bark.wav,
example2.mp4, nasa_two_audio_streams.mp4 (NASA; two tracks each of pictures, sound and subtitles), no_duration.webm,
rotated_90.mov, speech_jfk.flac, ten_bit_no_audio.mp4. The tests are skipped without the folder. What they check is
checked on generated files, too, in tests/media and tests/speech.
"""

import numpy as np
import pytest

from hearsight.media.audio import SAMPLE_RATE, read_audio
from hearsight.media.frames import read_frames
from hearsight.media.probe import probe
from hearsight.media.subtitles import read_subtitles
from hearsight.speech import find_speech, transcribe
from hearsight.types import Line


def sound_of(path):
    return np.concatenate([np.empty(0, np.float32), *read_audio(path)])


def test_best_streams_of_a_file_with_two_of_each(real_media):
    info = probe(real_media / "nasa_two_audio_streams.mp4")
    assert info.duration == pytest.approx(13.056)
    assert info.video is not None and (info.video.width, info.video.height) == (480, 270)
    assert info.audio is not None and info.audio.index == 1
    assert [stream.language for stream in info.subtitles] == ["eng", "eng"]


@pytest.mark.parametrize(
    ("name", "duration"),
    [("dog_bark.wav", 2.61), ("speech_jfk.flac", 11.0), ("no_duration.webm", 4.94), ("corrupted.mp4", 5.0)],
)
def test_durations(real_media, name, duration):
    assert probe(real_media / name).duration == pytest.approx(duration, abs=0.01)


@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("dog.mp4", 10),
        ("corrupted.mp4", 10),
        ("no_duration.webm", 10),
        ("ten_bit_no_audio.mp4", 2),
        ("rotated_90.mov", 1),
        ("bunny_one_second.webm", 2),
        ("example2.mp4", 5),
        ("nasa_two_audio_streams.mp4", 26),
    ],
)
def test_frames_every_half_second(real_media, name, frames):
    info = probe(real_media / name)
    pictures = list(read_frames(info.path, np.arange(0, info.duration, 0.5).tolist()))
    assert len(pictures) in (frames, frames - 1, frames + 1)
    assert {picture.shape for _, picture in pictures} == {(info.video.height, info.video.width, 3)}


def test_a_video_filmed_upright_is_upright(real_media):
    """The keyboard's dark space bar is at the bottom left; the light table shows at the right edge below it."""
    path = real_media / "rotated_90.mov"
    video = probe(path).video
    assert video is not None and (video.width, video.height) == (320, 568)
    ((_, picture),) = read_frames(path, [0])
    assert picture.shape == (568, 320, 3)
    assert picture[470:560, 20:150].mean() + 20 < picture[:, 310:].mean()


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("speech_jfk.flac", 11.0),
        ("nasa_two_audio_streams.mp4", 13.06),
        ("example2.mp4", 2.01),
        ("bunny_one_second.webm", 1.0),
        ("no_duration.webm", 4.86),
        ("dog.mp4", 0),
        ("corrupted.mp4", 0),
    ],
)
def test_lengths_of_sound(real_media, name, seconds):
    assert len(sound_of(real_media / name)) / SAMPLE_RATE == pytest.approx(seconds, abs=0.02)


def test_stereo_is_resampled_and_mixed(real_media):
    sound = sound_of(real_media / "dog_bark.wav")
    assert len(sound) == pytest.approx(2.61 * SAMPLE_RATE, abs=20)
    assert 0.05 < np.abs(sound).max() <= 1


def test_a_barking_dog_does_not_speak(real_media):
    assert list(find_speech([sound_of(real_media / "dog_bark.wav")])) == []


def test_subtitles_inside_the_file(real_media):
    path = real_media / "nasa_two_audio_streams.mp4"
    subtitles = read_subtitles(path)
    assert subtitles.language == "en"
    assert subtitles.lines[0] == Line(0.21, 4.26, "NAR: This is the optical and science segment of the Webb")
    assert len(subtitles.lines) == 4
    transcript = transcribe(probe(path), None)
    assert transcript.source == "subtitles"
    assert "telescope" in transcript.between(0, 15).lower()


@pytest.mark.recogniser
def test_a_recorded_speech_is_recognised(real_media):
    from hearsight.speech import load_recogniser

    transcript = transcribe(probe(real_media / "speech_jfk.flac"), load_recogniser("moonshine"))
    assert (transcript.source, transcript.language) == ("moonshine", "en")
    assert "not what your country can do for you" in transcript.text
    assert "what you can do for your country" in transcript.text
