"""Versions of the libraries and programs that a clip's bytes depend on, to explain differences between machines."""

from __future__ import annotations

import re
import subprocess
from hashlib import sha256

import av
import numpy as np
import PIL
from PIL import features

from hearsight.research.soundstage.icons import FONT
from hearsight.research.soundstage.text_to_speech import find_flite

FFMPEG_LIBRARIES = ("libavcodec", "libavformat", "libswscale")


def tool_versions() -> dict[str, str]:
    """Return the versions of all that draws, sounds, speaks and encodes, and a digest of the font.

    Raises HearsightError if flite is missing.
    """
    output = subprocess.run([find_flite(), "--version"], capture_output=True, text=True)
    flite = re.search(r"flite-(\S+)", output.stdout + output.stderr)
    return {
        "av": av.__version__,
        **{name: ".".join(map(str, av.library_versions[name])) for name in FFMPEG_LIBRARIES},
        "numpy": np.__version__,
        "pillow": PIL.__version__,
        "freetype": str(features.version_module("freetype2")),
        "flite": flite[1] if flite else "unknown",
        "font": f"{FONT.name} sha256:{sha256(FONT.read_bytes()).hexdigest()[:16]}",
    }
