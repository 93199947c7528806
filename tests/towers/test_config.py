"""Configurations mean what they mean to transformers; what Hearsight does not compute is refused."""

import pytest
import transformers

from hearsight.errors import HearsightError
from hearsight.towers.clip import ClipTowers
from hearsight.towers.config import ast_config, clip_config
from tests.builders import tiny_clip


def agrees(ours, theirs) -> bool:
    return all(value == getattr(theirs, name) for name, value in vars(ours).items())


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"text_config": None, "vision_config": {"image_size": 336, "patch_size": 14}, "projection_dim": 768},
        {
            "text_config": {"hidden_size": 768},
            "text_config_dict": {"num_attention_heads": 4},
            "vision_config_dict": None,
        },
        transformers.CLIPConfig(text_config={"num_hidden_layers": 3}).to_dict(),
    ],
)
def test_clip(values):
    ours, theirs = clip_config(values), transformers.CLIPConfig(**values)
    assert agrees(ours.text_config, theirs.text_config)
    assert agrees(ours.vision_config, theirs.vision_config)
    assert (ours.projection_dim, ours.logit_scale_init_value) == (theirs.projection_dim, theirs.logit_scale_init_value)


@pytest.mark.parametrize("values", [{}, {"time_stride": 16}, transformers.ASTConfig(qkv_bias=False).to_dict()])
def test_ast(values):
    assert agrees(ast_config(values), transformers.ASTConfig(**values))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"attention_dropout": 0.1}, "CLIP's vision_config has attention_dropout 0.1, and only 0 is supported"),
        ({"num_channels": 1}, "num_channels 1, and only 3"),
        ({"image_size": [224, 336]}, r"image_size \[224, 336\], and needs a value like 224"),
        ({"hidden_size": 0}, "hidden_size 0, and needs"),
        ({"num_hidden_layers": True}, "num_hidden_layers True"),
        ({"layer_norm_eps": None}, "layer_norm_eps None, and needs a value like 1e-05"),
        ({"num_attention_heads": 5}, "hidden_size 32, which 5 heads do not divide"),
        ({"hidden_act": "relu"}, "hidden_act 'relu', and only quick_gelu, gelu, gelu_pytorch_tanh are supported"),
    ],
)
def test_what_is_not_computed(changes, says):
    clip = tiny_clip()
    clip["vision_config"] |= changes
    with pytest.raises(HearsightError, match=says):
        ClipTowers(clip)


def test_dropout_in_an_ast():
    with pytest.raises(HearsightError, match=r"AST's configuration has hidden_dropout_prob 0\.1"):
        ast_config({"hidden_dropout_prob": 0.1})
