"""Speech in a file: voice activity, recognisers, transcripts."""

from hearsight.speech.load import load_recogniser, register_recogniser
from hearsight.speech.recogniser import RecognisedSpeech, Recogniser
from hearsight.speech.transcribe import transcribe
from hearsight.speech.transcript import Transcript
from hearsight.speech.vad import find_speech

__all__ = [
    "RecognisedSpeech",
    "Recogniser",
    "Transcript",
    "find_speech",
    "load_recogniser",
    "register_recogniser",
    "transcribe",
]
