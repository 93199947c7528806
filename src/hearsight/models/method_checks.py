"""Checks that a method of your own does not reuse names that Hearsight needs, when it is registered and built."""

from __future__ import annotations

import re

from torch import nn

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.config import ModelConfig
from hearsight.models.layers import Resampler
from hearsight.models.method_options import check_options
from hearsight.models.tokenizer import Tokenizer
from hearsight.towers.ast import AudioTower
from hearsight.towers.blank_towers import BlankTowers
from hearsight.towers.clip import ClipTowers
from hearsight.towers.pe_av_towers import PeAvTowers
from hearsight.towers.siglip import SiglipTowers

# Names that a method of your own must not define in its class.
RESERVED = (
    "config", "options", "tokenizer", "clip", "ast", "audio_projection", "resampler", "frame_position",
    "width", "device", "heads", "audio_rows", "audio_rate", "fingerprint", "towers_fingerprint",
    "extract", "features", "prepare", "encode_video", "encode_texts", "encode_files", "save_pretrained",
)  # fmt: skip
# On `self`, a method must not overwrite any method or property of its class or of nn.Module, nor replace by something
# of another type what `VideoTextModel.__init__` and `AudioVisualModel.__init__` have set.
ATTRIBUTES: dict[str, type | tuple[type, ...]] = {
    "config": ModelConfig,
    "clip": (ClipTowers, SiglipTowers, PeAvTowers, BlankTowers),
    "ast": AudioTower,
    "audio_projection": nn.Linear,
    "resampler": Resampler,
    "frame_position": nn.Embedding,
}
PAGE = "hearsight/models/method_checks.py lists the reserved names"


def check_class(method: type[VideoTextModel]) -> None:
    """Raises HearsightError for a class that defines a reserved name, or declares something in a wrong form."""
    for cls in method.__mro__:
        if cls.__module__.partition(".")[0] in ("hearsight", "torch", "builtins", "typing"):
            continue
        for name, value in vars(cls).items():
            hides = not name.startswith("_") and callable(getattr(nn.Module, name, None)) and not callable(value)
            if name in RESERVED or hides:
                raise HearsightError(
                    f"the class {cls.__name__} defines '{name}', which Hearsight needs for itself; "
                    f"give the attribute another name ({PAGE})"
                )
    for name in ("branches", "needs"):
        if not isinstance(getattr(method, name), tuple):
            raise HearsightError(
                f"the class {method.__name__} declares {name} = {getattr(method, name)!r}, which is not a tuple; "
                f'write it as ("audio",)'
            )
    check_options(method)


def build_checked(method: type[VideoTextModel], config: ModelConfig, tokenizer: Tokenizer | None) -> VideoTextModel:
    """Build a model. Raises HearsightError if its `__init__` overwrites something that Hearsight needs."""
    try:
        model = method(config, tokenizer)
    except AttributeError as error:
        if property_name := re.match(r"property '(\w+)' of '\w+' object has no setter", str(error)):
            raise _overwritten(method, property_name[1]) from error
        raise
    expected = {**ATTRIBUTES, "options": method.Options}
    for name in [*vars(model), *model._modules, *model._parameters, *model._buffers]:
        if name in expected:
            overwritten = not isinstance(getattr(model, name), expected[name])
        else:  # a method or property that the attribute hides, or that hides a submodule
            inherited = getattr(method, name, None)
            overwritten = callable(inherited) or isinstance(inherited, property)
        if overwritten:
            raise _overwritten(method, name)
    return model


def _overwritten(method: type[VideoTextModel], name: str) -> HearsightError:
    return HearsightError(
        f"the class {method.__name__} sets self.{name}, which Hearsight needs for itself; "
        f"give the attribute another name ({PAGE})"
    )
