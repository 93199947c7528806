"""Hearsight: video search that listens.

    import hearsight

    model = hearsight.load("demo")
    text = model.encode_text(model.tokenize(["a bell rings"]))

Names are imported on first use, so that `import hearsight` and `hearsight --help` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hearsight.errors import HearsightError
from hearsight.types import Clip, ClipFeatures, Line, VideoEmbedding, Word
from hearsight.version import VERSION

if TYPE_CHECKING:
    from hearsight.library import Library
    from hearsight.models.convert.convert import load_published
    from hearsight.models.load import load
    from hearsight.models.registry import register
    from hearsight.research.datasets.readers import register_reader
    from hearsight.research.training.teacher_models import register_teacher
    from hearsight.speech.load import register_recogniser

__version__ = VERSION

__all__ = [
    "Clip",
    "ClipFeatures",
    "HearsightError",
    "Library",
    "Line",
    "VideoEmbedding",
    "Word",
    "load",
    "load_published",
    "register",
    "register_reader",
    "register_recogniser",
    "register_teacher",
]

_LAZY = {
    "Library": "hearsight.library",
    "load": "hearsight.models.load",
    "load_published": "hearsight.models.convert.convert",
    "register": "hearsight.models.registry",
    "register_reader": "hearsight.research.datasets.readers",
    "register_recogniser": "hearsight.speech.load",
    "register_teacher": "hearsight.research.training.teacher_models",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'hearsight' has no attribute '{name}'")
