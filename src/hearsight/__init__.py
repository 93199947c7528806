"""Hearsight: video search that listens.

    import hearsight

    library = hearsight.index("~/Videos")
    for hit in library.search("a bell rings", limit=5).hits:
        print(hit.video, hit.moment)

Names are imported on first use, so that `import hearsight` and `hearsight --help` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hearsight.errors import HearsightError
from hearsight.types import Clip, ClipFeatures, Line, VideoEmbedding, Word
from hearsight.version import VERSION

if TYPE_CHECKING:
    from hearsight.client import Client
    from hearsight.experts.registry import register_expert
    from hearsight.experts.sound_registry import register_sound_expert
    from hearsight.library import Collection, Filters, Library
    from hearsight.library.api import index, open
    from hearsight.models.convert.convert import load_published
    from hearsight.models.load import load
    from hearsight.models.registry import register
    from hearsight.research.datasets.readers import register_reader
    from hearsight.research.training.teacher_models import register_teacher
    from hearsight.speech.load import register_recogniser

__version__ = VERSION

__all__ = [
    "Client",
    "Clip",
    "ClipFeatures",
    "Collection",
    "Filters",
    "HearsightError",
    "Library",
    "Line",
    "VideoEmbedding",
    "Word",
    "index",
    "load",
    "load_published",
    "open",
    "register",
    "register_expert",
    "register_reader",
    "register_recogniser",
    "register_sound_expert",
    "register_teacher",
]

_LAZY = {
    "Client": "hearsight.client",
    "Collection": "hearsight.library",
    "Filters": "hearsight.library",
    "Library": "hearsight.library",
    "index": "hearsight.library.api",
    "load": "hearsight.models.load",
    "load_published": "hearsight.models.convert.convert",
    "open": "hearsight.library.api",
    "register": "hearsight.models.registry",
    "register_reader": "hearsight.research.datasets.readers",
    "register_expert": "hearsight.experts.registry",
    "register_recogniser": "hearsight.speech.load",
    "register_sound_expert": "hearsight.experts.sound_registry",
    "register_teacher": "hearsight.research.training.teacher_models",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'hearsight' has no attribute '{name}'")
