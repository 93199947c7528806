"""Tensors in files: writing a model's folder, reading weights in every format, and filling a module with them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from hearsight.errors import HearsightError
from hearsight.models.config import ModelConfig
from hearsight.models.download import OLDER_WEIGHTS
from hearsight.models.tokenizer import Tokenizer
from hearsight.models.torch_file import read_torch_file
from hearsight.util.atomic import atomic_file, write_atomic
from hearsight.util.plain_pickle import ForeignObjectError
from hearsight.util.safetensors_header import read_header

MODEL_TYPE = "hearsight"


def save_model(folder: Path, config: ModelConfig, weights: Mapping[str, Tensor], tokenizer: Tokenizer) -> None:
    """Write a model's folder for `hearsight.load`: config.json, model.safetensors, and the tokenizer's files.

    Weights that lose nothing by it are written as float16, such as those of frozen towers. Each file is complete or
    absent, and the weights are written last: a kill leaves the model of the same configuration that was there before
    (such as that of an earlier epoch), or this one, or none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        tokenizer.save(Path(temporary))
        for file in Path(temporary).iterdir():
            write_atomic(folder / file.name, file.read_bytes())
    values = {"model_type": MODEL_TYPE, **config.to_dict()}
    write_atomic(folder / "config.json", json.dumps(values, indent=2) + "\n")
    tensors = {name: _compact(tensor.detach().cpu().contiguous()) for name, tensor in weights.items()}
    with atomic_file(folder / "model.safetensors") as part:
        save_file(tensors, part, metadata={"format": "pt"})
        shutil.copymode(folder / "config.json", part)  # as in share_weights


def _compact(tensor: Tensor) -> Tensor:
    """Return the same numbers in half the bytes, if float16 can hold all of them."""
    half = tensor.half()
    return half if tensor.is_floating_point() and torch.equal(half.to(tensor.dtype), tensor) else tensor


def share_weights(folder: Path) -> None:
    """Give the weights the permissions of the configuration: safetensors writes for the owner alone."""
    shutil.copymode(folder / "config.json", folder / "model.safetensors")


def read_weights(folder: Path) -> dict[str, Tensor]:
    """Read every tensor of a folder, whether in one safetensors file, several, or an older pickled checkpoint.

    Raises HearsightError for weights that are missing, damaged, or not plain tensors.
    """
    files = sorted(folder.glob("*.safetensors"))
    try:
        if files:
            return {name: tensor for file in files for name, tensor in read_safetensors(file).items()}
        weights = read_torch_file(folder / OLDER_WEIGHTS)
    except FileNotFoundError as error:
        raise HearsightError(
            f"cannot load {folder}: no model.safetensors in it; download or save the model again"
        ) from error
    except ForeignObjectError as error:
        raise HearsightError(f"cannot load {folder}: its weights are not plain tensors; use safetensors") from error
    except Exception as error:  # a damaged archive may raise anything
        reason = str(error).partition("\n")[0]
        raise HearsightError(
            f"cannot load {folder}: its weights are damaged ({reason}); download or save them again"
        ) from error
    if not isinstance(weights, dict) or not all(isinstance(tensor, Tensor) for tensor in weights.values()):
        raise HearsightError(f"cannot load {folder}: its weights are not plain tensors; use safetensors")
    return {str(name): tensor for name, tensor in weights.items()}


def read_safetensors(file: Path) -> dict[str, Tensor]:
    """Return the tensors of a file by name. They are in the file, and do not overlap: the library checks it.

    Raises ValueError, SafetensorError and others for a damaged one.
    """
    with file.open("rb") as opened:
        read_header(opened)
    tensors: dict[str, Tensor] = load_file(file)
    return tensors


def load_weights(
    model: nn.Module, weights: Mapping[str, Tensor], source: str, method: str, advice: str | None = None
) -> None:
    """Load weights into a model of a method, in place.

    advice: what to do if they do not fit. Raises HearsightError that says which tensors are missing, unknown or of
    another shape.
    """
    expected = model.state_dict()
    problems = misfit(
        missing=expected.keys() - weights.keys(),
        unknown=weights.keys() - expected.keys(),
        wrong=[
            f"{name} is {tuple(weights[name].shape)}, not {tuple(expected[name].shape)}"
            for name in expected.keys() & weights.keys()
            if weights[name].shape != expected[name].shape
        ],
    )
    if problems:
        raise HearsightError(
            f"the tensors of {source} do not fit a '{method}' model ({problems}); "
            f"{advice or 'is it a checkpoint of another method?'}"
        )
    check_memory(sum(tensor.nbytes for tensor in expected.values()), source)
    # Copied, because a tensor that was read may be a view of the file. Two copies of one tensor at a time.
    filled = {name: weights[name].to(expected[name].dtype, copy=True) for name in expected}
    model.load_state_dict(filled, assign=True)


def check_memory(size: int, source: str) -> None:
    """Raise HearsightError for a model of more bytes than the memory of this machine."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows
        return
    if 0 < memory < size:
        raise HearsightError(
            f"cannot load {source}: it takes {size / 1e9:,.0f} GB, and this machine has {memory / 1e9:,.0f} GB of "
            "memory; choose a smaller model (hearsight models)"
        )


def misfit(missing: Collection[str], unknown: Collection[str], wrong: Collection[str]) -> str:
    """Return what is wrong with a set of tensors, by name, as a part of a message; "" if they fit."""
    kinds = (("missing", missing), ("unknown", unknown), ("of another shape", wrong))
    return "; ".join(f"{kind}: {first_names(names)}" for kind, names in kinds if names)


def first_names(names: Collection[str], limit: int = 5) -> str:
    """Return the first names in order, and how many more there are."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(sorted(names)[:limit]) + more
