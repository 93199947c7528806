"""Models by name: finding a folder (bundled, on disk, or from the hub), and building the model that it describes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.catalog import BUNDLED, DEMO, NONE, suggest_model
from hearsight.models.config import ModelConfig
from hearsight.models.hub import is_file, is_hub_id, local_folder, video_model
from hearsight.models.method_checks import build_checked
from hearsight.models.methods.words import CONFIG as WORDS
from hearsight.models.precision import dtype_of, set_precision
from hearsight.models.public_checkpoint import (
    KINDS,
    check_texts,
    public_config,
    read_tokenizer_of,
    weights_of_towers,
)
from hearsight.models.registry import class_of
from hearsight.models.tokenizer import Tokenizer
from hearsight.models.weights import MODEL_TYPE, load_weights, read_weights
from hearsight.towers.uninitialised import NoRandomNumbers
from hearsight.util.config_file import read_config
from hearsight.util.plugins import plugin_of

MOST_PIXELS = 200_000_000  # of a clip
TOWERS = "clip.model."  # before the names of the towers' weights in a saved model


def build(config: ModelConfig, tokenizer: Tokenizer | None = None) -> VideoTextModel:
    """Build a model of a configuration, with fresh weights.

    Raises HearsightError for a method that is not registered, for options that it does not have, and for a method whose
    class overwrites a reserved name (method_checks.py).
    """
    return build_checked(class_of(config.method), config, tokenizer)


def load(
    name_or_path: str | Path, device: str = "cpu", dtype: str = "float32", *, download: bool = True
) -> VideoTextModel:
    """Load a model, ready to encode.

    name_or_path: "demo" for the bundled model, "none" for one that neither sees nor hears, a folder, or a hub id. A
    plain CLIP ("openai/clip-vit-base-patch32") or a SigLIP loads as CLIP4Clip mean pooling, and a PE-AV as what it is
    ("pe-av"). device: "cpu", "cuda",
    "mps". dtype: in which the towers compute, "float32", "bfloat16" or "auto" (precision.py). download: whether a hub
    id that is not on this machine may be downloaded; not if a library names it, which may be a stranger's.
    Never runs code of the folder: no pickles, and no method but those that are registered. Raises HearsightError for a
    model that does not exist, an unknown method, and damaged files.
    """
    check_device(device)
    if name_or_path == NONE:
        return build(WORDS).to(device).eval()
    folder = _locate(str(name_or_path), download)
    config = _read_config(folder)
    model = _build_empty(config, read_tokenizer_of(folder, config), device, dtype)
    weights = read_weights(folder)
    is_public = not any(name.startswith(TOWERS) for name in weights)
    if is_public:
        weights = {f"{TOWERS}{name}": tensor for name, tensor in weights_of_towers(model, weights).items()}
    load_weights(model, weights, str(folder), config.method, "download it again" if is_public else None)
    model = model.to(device).eval()
    if is_public:
        check_texts(model, folder)
    return model


def check_device(device: str) -> None:
    """Raises HearsightError for a device that this machine lacks."""
    kind = device.split(":")[0]
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not present.get(kind, False):
        available = ", ".join(name for name, is_present in present.items() if is_present)
        raise HearsightError(f"no device '{device}' on this machine; choose one of {available}")


def _locate(name: str, download: bool) -> Path:
    """Return the folder of a model: bundled, on disk, or from the hub (and its cache)."""
    if name == BUNDLED:
        if not (DEMO / "config.json").is_file():
            raise HearsightError("the bundled demo model is missing from this installation; reinstall hearsight")
        return DEMO
    if folder := local_folder(name):
        return folder
    if is_file(name):
        raise HearsightError(
            f"cannot load '{name}': it is a file; give the model's folder, or make one from it (hearsight convert)"
        )
    if not is_hub_id(name):
        raise HearsightError(
            f"no model '{name}'{suggest_model(name)}: no such folder; give a name that hearsight models lists, a "
            "model's folder, or a hub id like 'org/name'"
        )
    model = video_model(name)
    folder = model.fetch() if download else model.cached()
    if folder is None:
        raise HearsightError(f"the model {name} is not on this machine; download it with: hearsight models pull {name}")
    return folder


def _read_config(folder: Path) -> ModelConfig:
    values = read_config(folder)
    if not values:
        raise HearsightError(f"cannot load {folder}: no readable config.json; give the folder of a model")
    kind = values.pop("model_type", None)
    if kind == MODEL_TYPE:
        return ModelConfig.from_dict(values)
    if kind in KINDS:
        return public_config(folder, kind, values)
    if kind == "siglip2":
        raise HearsightError(
            f"cannot load {folder}: it is a SigLIP2 for pictures of any size (NaFlex); give one of a fixed size, such "
            "as google/siglip2-base-patch32-256"
        )
    raise HearsightError(
        f"cannot load {folder}: its model_type is '{kind}'; give a Hearsight model, a CLIP, a SigLIP, a MetaCLIP 2 or "
        "a PE-AV"
    )


def _build_empty(config: ModelConfig, tokenizer: Tokenizer, device: str, dtype: str) -> VideoTextModel:
    """Build a model without initial weights: random ones would take seconds to draw, and twice the memory."""
    try:
        with NoRandomNumbers():
            model = build(config, tokenizer)
    except Exception as error:  # values that do not belong together, or take more memory than there is
        if isinstance(error, HearsightError) or plugin_of(error):
            raise
        reason = (str(error) or type(error).__name__).partition("\n")[0]
        raise HearsightError(
            f"cannot build the model of {tokenizer.source}: {reason}; correct its config.json, or download it again"
        ) from error
    _check_inputs(model)
    if any(True for _ in model.buffers()):  # a method of your own may compute buffers that no file has
        model = build(config, tokenizer)
    with NoConversion():
        set_precision(model, dtype_of(dtype, device, model.width))
    return model


def _check_inputs(model: VideoTextModel) -> None:
    """Raise HearsightError for inputs of a clip that no model takes: they would fill the memory."""
    frames, size, words = model.config.frames, model.clip.image_size, model.config.words
    if frames * size * size > MOST_PIXELS:
        raise HearsightError(
            f"the model of {model.tokenizer.source} takes {frames} pictures of {size} x {size} pixels for a clip, more "
            "than any model; correct its config.json"
        )
    sizes = getattr(getattr(model.clip, "config", None), "text_config", None)
    positions = getattr(sizes, "max_position_embeddings", words)
    if words > positions:
        raise HearsightError(
            f"the model of {model.tokenizer.source} reads texts of {words} words, and its tower has {positions} "
            "positions; correct its config.json"
        )


class NoConversion(TorchFunctionMode):
    """Changes the dtype of weights without converting their numbers: their memory is first touched when filled."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if function is Tensor.to and isinstance(args[0], torch.nn.Parameter):
            return torch.empty_like(args[0], dtype=next(value for value in args if isinstance(value, torch.dtype)))
        return function(*args, **(kwargs or {}))
