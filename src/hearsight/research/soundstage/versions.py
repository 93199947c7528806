"""What a clip's bytes depend on besides the seed, so that a difference between two machines can be explained."""

from __future__ import annotations

import re
import subprocess
from hashlib import sha256

import av
import numpy as np
import PIL
from PIL import features

from hearsight.research.soundstage.icons import FONT
from hearsight.research.soundstage.voices import find_flite

FFMPEG = ("libavcodec", "libavformat", "libswscale")


def versions() -> dict[str, str]:
    """The versions of the libraries and programs that draw, sound, speak and encode; of the font its digest.

    Raises HearsightError where flite is missing.
    """
    spoken = subprocess.run([find_flite(), "--version"], capture_output=True, text=True)
    found = re.search(r"flite-(\S+)", spoken.stdout + spoken.stderr)
    return {
        "av": av.__version__,
        **{name: ".".join(map(str, av.library_versions[name])) for name in FFMPEG},
        "numpy": np.__version__,
        "pillow": PIL.__version__,
        "freetype": str(features.version_module("freetype2")),
        "flite": found[1] if found else "unknown",
        "font": f"{FONT.name} sha256:{sha256(FONT.read_bytes()).hexdigest()[:16]}",
    }
