"""Folders of an audio tower as the hub has them: config.json and weights, in the format of transformers' ASTModel.

The files name the parts of a layer as transformers did when AST was published.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.models.weights import misfit, read_weights, share_weights
from hearsight.towers.ast import AudioTower
from hearsight.util.config_file import read_config

MODEL_TYPE = "audio-spectrogram-transformer"
CLASSIFIER_PREFIX = "audio_spectrogram_transformer."  # of the tower's tensors in a model that ends in a classifier

# The name of a part of a layer here -> its name in the files.
_PARTS = {
    "attention.q_proj": "attention.attention.query",
    "attention.k_proj": "attention.attention.key",
    "attention.v_proj": "attention.attention.value",
    "attention.o_proj": "attention.output.dense",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}


def read_ast(folder: Path) -> AudioTower:
    """Read the tower of a folder; a classifier that the folder may have, too, is left out.

    Raises HearsightError for another kind of model, and for one that lacks weights.
    """
    values = read_config(folder)
    if not values:
        raise HearsightError(f"cannot load the AST of {folder}: no readable config.json; fetch or save it again")
    kind = values.get("model_type")
    if kind != MODEL_TYPE:
        raise HearsightError(
            f"{folder} is a model of the type '{kind}', no AST; give a folder whose model_type is '{MODEL_TYPE}'"
        )
    tower = AudioTower(values)
    tensors = {name.removeprefix(CLASSIFIER_PREFIX): tensor for name, tensor in read_weights(folder).items()}
    expected = tower.state_dict()
    # transformers may one day write the names that it uses internally now, which are those of this package.
    weights = {name: tensors.get(_name_in_file(name), tensors.get(name.removeprefix("model."))) for name in expected}
    problems = misfit(
        missing=[_name_in_file(name) for name, tensor in weights.items() if tensor is None],
        unknown=[],
        wrong=[_name_in_file(name) for name, t in weights.items() if t is not None and t.shape != expected[name].shape],
    )
    if problems:
        raise HearsightError(f"the AST of {folder} lacks weights ({problems}); fetch or save it again")
    tower.load_state_dict(weights)
    return tower


def write_ast(folder: Path, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
    """Write the folder of a tower.

    config: a dictionary as transformers' ASTConfig has it. weights: an `AudioTower`'s, by name.
    """
    values = {"architectures": ["ASTModel"], "model_type": MODEL_TYPE, "dtype": "float32", **config}
    (folder / "config.json").write_text(json.dumps(values, indent=2) + "\n")
    tensors = {_name_in_file(name): tensor.contiguous() for name, tensor in weights.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    share_weights(folder)


def _name_in_file(name: str) -> str:
    """Translate model.layers.0.mlp.fc1.bias to encoder.layer.0.intermediate.dense.bias; other names stay."""
    name = name.removeprefix("model.")
    if not name.startswith("layers."):
        return name
    _, number, inner = name.split(".", 2)
    part, _, kind = inner.rpartition(".")
    return f"encoder.layer.{number}.{_PARTS.get(part, part)}.{kind}"
