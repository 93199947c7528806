"""Transcripts of files: from subtitles, or from a recogniser that gets the speech alone."""

import numpy as np
import pytest

from hearsight.media.probe import probe
from hearsight.speech import RecognisedSpeech, Transcript, transcribe
from hearsight.types import Line, Word
from tests.media_files import grey, make_media
from tests.speech.sounds import RATE, music, silence, spoken_sentences

SRT = "1\n00:00:01,000 --> 00:00:02,500\nNobody knows.\n"


class Parrot:
    """A recogniser that hears two words with a pause in every stretch."""

    name = "parrot"

    def transcribe(self, samples: np.ndarray) -> RecognisedSpeech:
        return RecognisedSpeech((Word(0.0, 0.5, "pretty"), Word(1.5, 2.0, "polly")), "en")


class Scribe:
    """A recogniser that hears two lines, and does not time their words; the languages are those of its stretches."""

    name = "scribe"

    def __init__(self, *languages: str | None) -> None:
        self.languages = iter(languages)

    def transcribe(self, samples: np.ndarray) -> RecognisedSpeech:
        language = next(self.languages)
        lines = () if language == "und" else (Line(0.0, 1.0, "Pretty Polly!"), Line(1.0, 2.5, "Says who?"))
        return RecognisedSpeech((), language, lines)


def speech(tmp_path, *starts: float):
    """Return a file in which someone speaks for 2 s from each of these times on."""
    sound = silence(max(starts) + 5)
    for start in starts:
        first = round(start * RATE)
        sound[first : first + 2 * RATE] = spoken_sentences()[: 2 * RATE]
    return probe(make_media(tmp_path / "speech.wav", sounds=[sound]))


def test_lines_without_times_of_words_keep_their_text_and_count_from_the_start_of_the_file(tmp_path):
    transcript = transcribe(speech(tmp_path, 5), Scribe("en"))
    assert [line.text for line in transcript.lines] == ["Pretty Polly!", "Says who?"]
    polly, who = transcript.lines
    assert 4.5 < polly.start < 5.5
    assert (polly.end, who.end) == (pytest.approx(polly.start + 1), pytest.approx(polly.start + 2.5))
    assert (transcript.source, transcript.language, polly.words) == ("scribe", "en", ())
    assert Transcript.from_dict(transcript.to_dict()) == transcript


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (("en", "de", "de"), "de"),
        (("und", "und", "en"), "und"),
        (("und", None, None), None),
        (("en", "en", "und"), "en"),
    ],
)
def test_the_language_is_the_one_that_is_spoken_longest(tmp_path, languages, expected):
    assert transcribe(speech(tmp_path, 1, 6, 11), Scribe(*languages)).language == expected


def test_stretches_without_words_have_no_language(tmp_path):
    class Deaf:
        name = "deaf"

        def transcribe(self, samples):
            return RecognisedSpeech((), "en")

    assert transcribe(speech(tmp_path, 1), Deaf()) == Transcript((), "deaf", None)


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
