"""Transcripts of files: from subtitles, or from a recogniser that gets the speech alone."""

import numpy as np
import pytest

from hearsight.media import probe
from hearsight.speech import RecognisedSpeech, Transcript, load_recogniser, transcribe
from hearsight.types import Word
from tests.media_files import grey, make_media
from tests.speech.sounds import NOT_SPEECH, music, say, silence, spoken_sentences

SRT = "1\n00:00:01,000 --> 00:00:02,500\nNobody knows.\n"


class Parrot:
    """A recogniser that hears two words with a pause in every stretch."""

    name = "parrot"

    def transcribe(self, samples: np.ndarray) -> RecognisedSpeech:
        return RecognisedSpeech((Word(0.0, 0.5, "pretty"), Word(1.5, 2.0, "polly")), "en")


@pytest.fixture(scope="module")
def pocketsphinx():
    return load_recogniser("pocketsphinx")


def test_no_words_from_music_noise_and_silence(tmp_path, pocketsphinx):
    path = make_media(tmp_path / "noises.wav", sounds=[np.concatenate(list(NOT_SPEECH.values()))])
    assert transcribe(probe(path), pocketsphinx) == Transcript((), "pocketsphinx")


def test_a_voice_over_music_is_transcribed(tmp_path, pocketsphinx):
    spoken = say(tmp_path, "nobody knows where the captain hid the treasure")
    sound = 0.1 * music(10)
    sound[64_000 : 64_000 + len(spoken)] += spoken
    transcript = transcribe(probe(make_media(tmp_path / "a.wav", sounds=[sound])), pocketsphinx)
    assert transcript.between(0, 3.8) == ""
    assert {"nobody", "knows"} <= set(transcript.between(3.8, 8).split())
    assert transcript.between(8, 10) == ""


def test_times_count_from_the_start_of_the_file_and_pauses_end_lines(tmp_path):
    speech = spoken_sentences()[: 2 * 16_000]
    path = make_media(tmp_path / "late.wav", sounds=[np.concatenate([silence(5), speech, silence(5)])])
    pretty, polly = transcribe(probe(path), Parrot()).lines
    assert (pretty.text, polly.text) == ("pretty", "polly")
    assert 4.5 < pretty.start < 5.5
    assert polly.start == pytest.approx(pretty.start + 1.5)
    assert polly.words[0].start == polly.start


def test_subtitles_go_before_recognised_speech(tmp_path):
    path = make_media(tmp_path / "a.wav", sounds=[spoken_sentences()[: 4 * 16_000]])
    assert transcribe(probe(path), Parrot()).source == "parrot"
    path.with_suffix(".de.srt").write_text(SRT)
    transcript = transcribe(probe(path), Parrot())
    assert (transcript.source, transcript.language) == ("subtitles", "de")
    assert transcript.between(0, 15) == "Nobody knows."


def test_embedded_subtitles_are_the_transcript_the_file_win(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(100)] * 30, sounds=[music(3)], subtitles=SRT)
    transcript = transcribe(probe(path), Parrot())
    assert (transcript.source, transcript.between(0, 3)) == ("subtitles", "Nobody knows.")


def test_without_sound_or_recogniser_the_transcript_is_empty(tmp_path):
    silent = make_media(tmp_path / "silent.mp4", pictures=[grey(100)] * 5)
    assert transcribe(probe(silent), Parrot()) == Transcript()
    beeping = make_media(tmp_path / "beep.wav", sounds=[music(1)])
    assert transcribe(probe(beeping), None) == Transcript()
