"""An audio tower's folder as the hub has them: config.json and weights, for transformers' ASTModel and from it.

Files call the parts of a layer as transformers did when AST was published.
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

MODEL_TYPE = "audio-spectrogram-transformer"
WHOLE = "audio_spectrogram_transformer."  # where the tower stands in a model that ends in a classifier

# Our name of a part of a layer -> the files'.
_PARTS = {
    "attention.q_proj": "attention.attention.query",
    "attention.k_proj": "attention.attention.key",
    "attention.v_proj": "attention.attention.value",
    "attention.o_proj": "attention.output.dense",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}


def read_ast(folder: Path) -> AudioTower:
    """The tower of a folder, which has it alone or with a classifier, which is left out.

    Raises HearsightError for another model, and for one that lacks weights.
    """
    try:
        values = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError) as error:
        raise HearsightError(f"cannot load the AST of {folder} ({error}); fetch or save it again") from error
    kind = values.get("model_type")
    if kind != MODEL_TYPE:
        raise HearsightError(f"{folder} is a model of the type '{kind}', no AST; give one of that type")
    tower = AudioTower(values)
    stored = {name.removeprefix(WHOLE): tensor for name, tensor in read_weights(folder).items()}
    expected = tower.state_dict()
    # transformers may one day write the names by which it knows them now, which are ours.
    weights = {ours: stored.get(_in_file(ours), stored.get(ours.removeprefix("model."))) for ours in expected}
    problems = misfit(
        missing=[_in_file(ours) for ours, tensor in weights.items() if tensor is None],
        unknown=[],
        wrong=[_in_file(ours) for ours, t in weights.items() if t is not None and t.shape != expected[ours].shape],
    )
    if problems:
        raise HearsightError(f"the AST of {folder} lacks weights ({problems}); fetch or save it again")
    tower.load_state_dict(weights)
    return tower


def write_ast(folder: Path, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
    """config: a dictionary as transformers' ASTConfig has it. weights: an `AudioTower`'s, by name."""
    told = {"architectures": ["ASTModel"], "model_type": MODEL_TYPE, "dtype": "float32", **config}
    (folder / "config.json").write_text(json.dumps(told, indent=2) + "\n")
    stored = {_in_file(ours): tensor.contiguous() for ours, tensor in weights.items()}
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    share_weights(folder)


def _in_file(ours: str) -> str:
    """model.layers.0.mlp.fc1.bias -> encoder.layer.0.intermediate.dense.bias; other names as they are."""
    name = ours.removeprefix("model.")
    if not name.startswith("layers."):
        return name
    _, number, inner = name.split(".", 2)
    part, _, kind = inner.rpartition(".")
    return f"encoder.layer.{number}.{_PARTS.get(part, part)}.{kind}"
