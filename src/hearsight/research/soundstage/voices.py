"""The voices: flite, a small speech synthesiser that speaks offline and says the same bytes for the same words."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from hearsight.errors import HearsightError

SAMPLE_RATE = 16000
# With the pitch in Hz at which a recogniser understands them best; flite's other voices it mostly does not.
VOICES = {"rms": 125, "slt": 170, "awb": 110}


def speak(text: str, voice: str = "rms", stretch: float = 1.0) -> np.ndarray:
    """The text spoken by one of VOICES: float32 mono samples at 16 kHz, as loud as flite makes them.

    stretch lengthens every sound: 1.2 is slow speech. Raises HearsightError where flite is missing or fails.
    """
    program = find_flite()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "speech.wav")
        manner = ["--setf", f"duration_stretch={stretch}", "--setf", f"int_f0_target_mean={VOICES[voice]}"]
        command = [program, "-voice", voice, *manner, "-t", text, "-o", str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or not path.exists():
            raise HearsightError(f"cannot speak with flite's voice {voice}: {done.stderr.strip()}; see flite -lv")
        with wave.open(str(path)) as file:
            if file.getframerate() != SAMPLE_RATE:
                raise HearsightError(f"flite's voice {voice} is not at 16 kHz; use one of {', '.join(VOICES)}")
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return samples.astype(np.float32) / 32768


def find_flite() -> str:
    """Where the program is; raises HearsightError where it is not."""
    program = shutil.which("flite")
    if program is None:
        raise HearsightError("cannot speak: the program flite is missing; apt-get install flite")
    return program
