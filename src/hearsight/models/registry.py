"""The methods that a recipe or a config.json can name: those of the house, and those that a program registers.

A name is all that a model's folder tells of its method. It never makes `load` import anything: what a stranger's folder
names runs only if you have registered it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hearsight.errors import HearsightError
from hearsight.models.avigate import AVIGATE, Blind
from hearsight.models.base import VideoTextModel
from hearsight.models.chorus import Chorus
from hearsight.models.clip4clip import CLIP4Clip
from hearsight.models.save import SAVE

HOUSE: dict[str, type[VideoTextModel]] = {
    "clip4clip": CLIP4Clip,
    "blind": Blind,
    "avigate": AVIGATE,
    "save": SAVE,
    "chorus": Chorus,
}
METHODS = dict(HOUSE)
OfMethod = TypeVar("OfMethod", bound=type[VideoTextModel])


def register(name: str) -> Callable[[OfMethod], OfMethod]:
    """Make a class a method with a name of its own, for recipes and for `hearsight.load`.

        @hearsight.register("my-method")
        class MyMethod(Listener): ...

    Registered again, a name stands for the newer class, so that a notebook's cell can be run twice. Raises
    HearsightError for a name of the house's own, and for a class that does not extend VideoTextModel.
    """

    def add(method: OfMethod) -> OfMethod:
        if name in HOUSE:
            raise HearsightError(f"'{name}' is a method of Hearsight's own; register yours under another name")
        if not (isinstance(method, type) and issubclass(method, VideoTextModel)):
            raise HearsightError(
                f"cannot register '{name}': it does not extend VideoTextModel or AudioVisualModel; let it do so"
            )
        METHODS[name] = method
        return method

    return add


def class_of(name: str) -> type[VideoTextModel]:
    """The class of a method. Raises HearsightError for a name that nobody registered."""
    if name not in METHODS:
        raise HearsightError(
            f"unknown method '{name}'; choose one of {', '.join(METHODS)}, or first import the file that registers it "
            "(on the command line: hearsight --plugin FILE ...)"
        )
    return METHODS[name]
