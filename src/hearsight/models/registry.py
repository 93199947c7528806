"""The methods that a recipe or a config.json can name: Hearsight's own, and those that plugins register.

The name of its method is all that a model's folder says about code. `load` never imports a module for it: a method runs
only if it is Hearsight's own, installed as a plugin, or registered by your program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.method_checks import check_class
from hearsight.models.methods.avigate import AVIGATE, BlindFusion
from hearsight.models.methods.chorus import Chorus
from hearsight.models.methods.clip4clip import CLIP4Clip
from hearsight.models.methods.perception_encoder import PerceptionEncoder
from hearsight.models.methods.save import SAVE
from hearsight.models.methods.words import Words
from hearsight.util.registry import Registry

METHODS: Registry[type[VideoTextModel]] = Registry(
    "method",
    {
        "clip4clip": CLIP4Clip,
        "blind": BlindFusion,
        "avigate": AVIGATE,
        "save": SAVE,
        "chorus": Chorus,
        "pe-av": PerceptionEncoder,
        "words": Words,
    },
)
Method = TypeVar("Method", bound=type[VideoTextModel])


def register(name: str) -> Callable[[Method], Method]:
    """Return a decorator that makes a class a method, by a name that recipes and `hearsight.load` know.

        @hearsight.register("my-method")
        class MyMethod(AudioVisualModel): ...

    A name that is registered again stands for the newer class, so that a cell of a notebook can be run twice. Raises
    HearsightError for the name of one of Hearsight's own methods, for a class that does not extend VideoTextModel, and
    for one that defines a reserved name (method_checks.py).
    """

    def add(method: Method) -> Method:
        if not (isinstance(method, type) and issubclass(method, VideoTextModel)):
            raise HearsightError(
                f"cannot register the method '{name}': it is not a subclass of VideoTextModel; derive the class from "
                "it, or from AudioVisualModel"
            )
        check_class(method)
        return METHODS.register(name)(method)

    return add


def class_of(name: str) -> type[VideoTextModel]:
    """Return the class of a method. Raises HearsightError for a name that is not registered."""
    return METHODS.get(name)
