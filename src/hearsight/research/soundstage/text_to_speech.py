"""Speech by flite, a small synthesiser that works offline and makes the same bytes for the same words."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from hearsight.errors import HearsightError

SAMPLE_RATE = 16000
# Each voice with the pitch in Hz at which pocketsphinx understands it best. It rarely understands flite's other voices.
VOICES = {"rms": 125, "slt": 170, "awb": 110}


def speak(text: str, voice: str = "rms", stretch: float = 1.0) -> np.ndarray:
    """Speak a text with one of VOICES and return float32 mono samples at 16 kHz, at flite's own loudness.

    `stretch` lengthens every sound: 1.2 is slow speech. Raises HearsightError if flite is missing or fails.
    """
    program = find_flite()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "speech.wav")
        settings = ["--setf", f"duration_stretch={stretch}", "--setf", f"int_f0_target_mean={VOICES[voice]}"]
        command = [program, "-voice", voice, *settings, "-t", text, "-o", str(path)]
        process = subprocess.run(command, capture_output=True, text=True)
        if process.returncode or not path.exists():
            reason = process.stderr.strip()
            raise HearsightError(f"cannot speak with flite's voice {voice}: {reason}; list its voices with flite -lv")
        with wave.open(str(path)) as file:
            if file.getframerate() != SAMPLE_RATE:
                raise HearsightError(f"flite's voice {voice} is not at 16 kHz; use one of {', '.join(VOICES)}")
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return samples.astype(np.float32) / 32768


def find_flite() -> str:
    """Return the path of the program flite. Raises HearsightError if it is not installed."""
    program = shutil.which("flite")
    if program is None:
        raise HearsightError("cannot speak: the program flite is missing; apt-get install flite")
    return program
