"""A model as a folder: config.json, model.safetensors and the tokenizer's files, as Hugging Face users expect it."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.overrides import TorchFunctionMode

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.config import ModelConfig
from hearsight.models.hub import MODEL_FILES, OLDER_WEIGHTS, fetch, has_model
from hearsight.models.precision import dtype_of, set_precision
from hearsight.models.registry import class_of
from hearsight.models.tokenizer import PUBLIC_SIZE, Tokenizer
from hearsight.util.atomic import atomic_file, write_atomic

MODEL_TYPE = "hearsight"
DEMO = Path(__file__).resolve().parents[1] / "demo" / "model"


def build(config: ModelConfig, tokenizer: Tokenizer | None = None) -> VideoTextModel:
    """A model of a configuration, with fresh weights."""
    return class_of(config.method)(config, tokenizer)


def load(name_or_path: str | Path, device: str = "cpu", dtype: str = "float32") -> VideoTextModel:
    """Load a model, ready to encode.

    name_or_path: "demo" for the bundled model, a folder, or a hub id. A plain CLIP ("openai/clip-vit-base-patch32")
    loads as CLIP4Clip mean pooling. device: "cpu", "cuda", "mps". dtype: in which the towers compute,
    "float32", "bfloat16" or "auto" (precision.py).
    Never runs code of the folder: no pickles, and no method but those that are registered. Raises HearsightError when
    there is no such model, its method is unknown, or its files are damaged.
    """
    check_device(device)
    folder = _locate(str(name_or_path))
    config = _read_config(folder)
    words = (config.clip.get("text_config") or {}).get("vocab_size", PUBLIC_SIZE)
    model = _unfilled(config, Tokenizer(folder, public=words == PUBLIC_SIZE), device, dtype)
    _fill(model, read_weights(folder), folder)
    return model.to(device).eval()


def check_device(device: str) -> None:
    """Raises HearsightError for a device that this machine lacks."""
    kind = device.split(":")[0]
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not here.get(kind, False):
        available = ", ".join(name for name, present in here.items() if present)
        raise HearsightError(f"no device '{device}' on this machine; available: {available}")


def save(model: VideoTextModel, folder: Path) -> None:
    """Write a model for `load`: as float16 the weights that lose nothing by it, such as those of frozen towers.

    Each file is whole or not there, the weights last: where a model of the same configuration was, as after an epoch
    before, a kill leaves that or this one; else it leaves none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as workshop:
        model.tokenizer.save(Path(workshop))
        for file in Path(workshop).iterdir():
            write_atomic(folder / file.name, file.read_bytes())
    config = {"model_type": MODEL_TYPE, **model.config.to_dict()}
    write_atomic(folder / "config.json", json.dumps(config, indent=2) + "\n")
    weights = {name: _compact(tensor.detach().cpu().contiguous()) for name, tensor in model.state_dict().items()}
    with atomic_file(folder / "model.safetensors") as part:
        save_file(weights, part, metadata={"format": "pt"})
        shutil.copymode(folder / "config.json", part)  # as in share_weights


def _compact(tensor: Tensor) -> Tensor:
    """The same numbers in half the bytes, if float16 has them all."""
    half = tensor.half()
    return half if tensor.is_floating_point() and torch.equal(half.to(tensor.dtype), tensor) else tensor


def share_weights(folder: Path) -> None:
    """Let whoever may read a model's configuration read its weights, too: safetensors writes for the owner alone."""
    shutil.copymode(folder / "config.json", folder / "model.safetensors")


def fingerprint(model: VideoTextModel) -> str:
    """12 hexadecimal digits of configuration and weights; a library records it and refuses another model's vectors."""
    return _digest(model.config.to_dict(), model.state_dict())


def towers_fingerprint(model: VideoTextModel) -> str:
    """The same of the image and the audio tower alone: what stored features depend on."""
    config = {name: getattr(model.config, name) for name in ("frames", "clip", "ast", "average_frequencies")}
    towers = ("clip.model.vision_model.", "clip.model.visual_projection.", "ast.")
    return _digest(config, {name: t for name, t in model.state_dict().items() if name.startswith(towers)})


def _digest(config: dict[str, Any], weights: dict[str, Tensor]) -> str:
    """Some values of each tensor, as bfloat16: any training changes them, the dtype a model is loaded in does not."""
    digest = hashlib.blake2b(json.dumps(config, sort_keys=True).encode(), digest_size=6)
    for name, tensor in sorted(weights.items()):
        values = tensor.detach().flatten()
        sample = values[:: max(1, values.numel() // 64)].to("cpu", torch.bfloat16).contiguous()
        digest.update(name.encode() + sample.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _locate(name: str) -> Path:
    """The folder of a model: bundled, on disk, or from the hub (and its cache)."""
    if name == "demo":
        if not (DEMO / "config.json").is_file():
            raise HearsightError("the bundled demo model is missing from this installation; reinstall hearsight")
        return DEMO
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise HearsightError(
            f"cannot load '{name}': it is a file; give the model's folder, or make one of it (hearsight convert)"
        )
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise HearsightError(
            f"no model '{name}': no such folder; give 'demo', a model's folder, or a hub id like 'org/name'"
        )
    folder = fetch(name, MODEL_FILES, has_model)
    return folder if has_model(folder) else fetch(name, [*MODEL_FILES, OLDER_WEIGHTS], has_model)


def _read_config(folder: Path) -> ModelConfig:
    try:
        values: dict[str, Any] = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError) as error:
        raise HearsightError(f"cannot load {folder}: no readable config.json; give the folder of a model") from error
    kind = values.pop("model_type", None)
    if kind == MODEL_TYPE:
        return ModelConfig.from_dict(values)
    if kind == "clip":
        return ModelConfig(method="clip4clip", clip=values)
    raise HearsightError(f"cannot load {folder}: its model_type is '{kind}'; give a Hearsight model or a CLIP")


def read_weights(folder: Path) -> dict[str, Tensor]:
    """Every tensor of a folder, whether in one safetensors file, several, or an older pickled checkpoint."""
    files = sorted(folder.glob("*.safetensors"))
    try:
        if files:
            return {name: tensor for file in files for name, tensor in load_file(file).items()}
        # weights_only: nothing that is pickled in the file can run.
        weights: dict[str, Tensor] = torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
        return weights
    except FileNotFoundError as error:
        raise HearsightError(
            f"cannot load {folder}: no model.safetensors in it; download or save the model again"
        ) from error
    except (SafetensorError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise HearsightError(
            f"cannot load {folder}: its weights are damaged ({error}); download or save them again"
        ) from error
    except Exception as error:  # pickle.UnpicklingError, raised for a file that holds code
        raise HearsightError(f"cannot load {folder}: its weights are not plain tensors; use safetensors") from error


def _unfilled(config: ModelConfig, tokenizer: Tokenizer, device: str, dtype: str) -> VideoTextModel:
    """A model that waits for its weights: random ones would take seconds to draw, and as much memory again."""
    with Undrawn():
        model = build(config, tokenizer)
    if any(True for _ in model.buffers()):  # which a method of someone's own keeps beside its weights, and no file has
        model = build(config, tokenizer)
    with Unconverted():
        set_precision(model, dtype_of(dtype, device, model.width))
    return model


class Undrawn(TorchFunctionMode):
    """Draws no random numbers: weights stay whatever they are. (The device "meta" would import torch's compiler.)"""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if getattr(function, "__module__", "") == "torch.nn.init" or function is torch.Tensor.normal_:
            return args[0] if args else named["tensor"]
        return torch.empty(*args, **named) if function is torch.randn else function(*args, **named)


class Unconverted(TorchFunctionMode):
    """Gives weights another dtype, and not their numbers: the memory is touched when it is filled."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if function is torch.Tensor.to and isinstance(args[0], torch.nn.Parameter):
            return torch.empty_like(args[0], dtype=next(value for value in args if isinstance(value, torch.dtype)))
        return function(*args, **(kwargs or {}))


def _fill(model: VideoTextModel, weights: dict[str, Tensor], folder: Path) -> None:
    """Load weights into a model; every tensor must be there and fit."""
    if not any(name.startswith("clip.model.") for name in weights):
        # A plain CLIP. Its older checkpoints carry position ids, which are no weights.
        weights = {f"clip.model.{k}": v for k, v in weights.items() if not k.endswith("position_ids")}
    load_weights(model, weights, str(folder))


def load_weights(model: VideoTextModel, weights: dict[str, Tensor], source: str) -> None:
    """model.load_state_dict, with an error that says which tensors are missing, unknown or of another shape."""
    expected = model.state_dict()
    missing = expected.keys() - weights.keys()
    unknown = weights.keys() - expected.keys()
    wrong = [
        f"{name} is {tuple(weights[name].shape)}, not {tuple(expected[name].shape)}"
        for name in expected.keys() & weights.keys()
        if weights[name].shape != expected[name].shape
    ]
    problems = misfit(missing, unknown, wrong)
    if problems:
        raise HearsightError(
            f"the tensors of {source} do not fit a '{model.config.method}' model ({problems}); "
            "is it a checkpoint of another method?"
        )
    # Copied, for what was read may be a view of the file. A tensor at a time is in memory twice.
    filled = {name: weights[name].to(expected[name].dtype, copy=True) for name in expected}
    model.load_state_dict(filled, assign=True)


def misfit(missing: Collection[str], unknown: Collection[str], wrong: Collection[str]) -> str:
    """What is wrong with a set of tensors, by name, as a part of a message; nothing if all is right."""
    kinds = (("missing", missing), ("unknown", unknown), ("of another shape", wrong))
    return "; ".join(f"{what}: {listed(names)}" for what, names in kinds if names)


def listed(names: Collection[str], most: int = 5) -> str:
    """The first names in order, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(sorted(names)[:most]) + more
