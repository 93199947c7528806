"""Fingerprints of models that were saved before methods had options of their own stay the same."""

import json

import pytest
import torch

from hearsight.models.config import ModelConfig
from hearsight.models.load import build, load
from hearsight.models.tokenizer import Tokenizer

SIZES = {"intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "hidden_size": 32}
CLIP = {
    "projection_dim": 32,
    "text_config": {**SIZES, "vocab_size": 600, "max_position_embeddings": 77},
    "vision_config": {**SIZES, "image_size": 32, "patch_size": 16},
}
AST = {**SIZES, "max_length": 64, "time_stride": 16, "frequency_stride": 16}
DEFAULTS = {
    "ast": AST, "frames": 12, "words": 32, "queries": 12, "layers": 4, "heads": None, "positions": 77,
    "temperature": 1.0, "average_frequencies": False, "gated": True, "mask_padding": False,
    "weighed": True, "questions": True, "absence": True,
}  # fmt: skip
# What an older config.json holds besides the defaults, and the fingerprint that the version of then computed.
OLDER = [
    ({"method": "clip4clip", "ast": None}, "2307f73069d0"),
    (
        {"method": "clip4clip", "ast": None, "layers": 2, "queries": 8, "heads": 4, "weighed": False, "frames": 7},
        "63ef857b07e5",
    ),
    ({"method": "avigate", "layers": 1, "queries": 4, "heads": 2}, "347c5a60674c"),
    ({"method": "blind", "layers": 1, "heads": 2, "gated": False, "words": 16}, "648890f863aa"),
    (
        {"method": "save", "layers": 2, "queries": 3, "heads": 2, "mask_padding": True, "gated": False}
        | {"positions": 20, "temperature": 0.5, "absence": False},
        "4a07c227b6c0",
    ),
    (
        {"method": "chorus", "layers": 1, "queries": 4, "heads": 2, "weighed": False, "questions": False}
        | {"gated": False, "average_frequencies": True},
        "46cda08abcfc",
    ),
    ({"method": "chorus", "layers": 1, "queries": 4, "heads": 2}, "6d9654af352e"),
]


def model_of(config: dict):
    """A model of a configuration, whose weights do not depend on chance."""
    model = build(ModelConfig.from_dict(config), Tokenizer(start_id=598, end_id=599))
    with torch.no_grad():
        for _, weight in sorted(model.state_dict().items()):
            weight.copy_(torch.linspace(-1, 1, weight.numel()).view(weight.shape))
    return model


@pytest.mark.parametrize(("fields", "expected"), OLDER)
def test_fingerprints_of_older_models_stay(fields, expected):
    older = {"clip": CLIP, **DEFAULTS, **fields}
    model = model_of(older)
    assert model.fingerprint == expected
    assert model_of(json.loads(json.dumps(model.config.to_dict()))).fingerprint == expected  # saved again
    assert model.config.flat() == older


def test_the_fingerprint_of_the_demo_model_stays():
    assert load("demo").fingerprint == "c64f5dcb2a89"


def test_fields_of_other_methods_are_not_options():
    model = model_of({"clip": CLIP, **DEFAULTS, "ast": None, "method": "clip4clip", "layers": 2})
    assert (model.config.options, model.config.former) == ({}, {"layers": 2})
    model = model_of({"clip": CLIP, **DEFAULTS, "method": "chorus", "heads": 2, "questions": False})
    assert model.options.query_projections is False and model.config.former == {}
