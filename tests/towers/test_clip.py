"""CLIP computes what transformers' CLIP does, from the same names, and starts as it does."""

import pytest
import torch
from transformers import CLIPConfig, CLIPModel

from hearsight.errors import HearsightError
from hearsight.towers.clip import ClipTowers
from tests.builders import tiny_clip


def wide_clip(**changes) -> dict:
    """Wide enough for its weights' deviations to be told apart, and unlike the defaults in all that counts."""
    clip = tiny_clip()
    for name, layers in (("text_config", 2), ("vision_config", 3)):
        clip[name] |= {"hidden_size": 96, "intermediate_size": 256, "num_hidden_layers": layers, **changes}
    return clip


def pair(config: dict) -> tuple[ClipTowers, CLIPModel]:
    """Towers, and transformers' model with the same weights."""
    torch.manual_seed(0)
    towers, model = ClipTowers(config).eval(), CLIPModel(CLIPConfig(**config)).eval()
    model.load_state_dict(towers.model.state_dict())
    return towers, model


@pytest.mark.parametrize("act", ["quick_gelu", "gelu"])
def test_it_computes_what_transformers_does(act):
    config = wide_clip(hidden_act=act, layer_norm_eps=1e-3)
    towers, model = pair(config)
    pixels, ids = torch.randn(2, 3, 3, 32, 32), torch.randint(0, 599, (4, 9))
    ids[:, 6] = 599
    with torch.no_grad():
        pictures = model.get_image_features(pixels.flatten(0, 1)).pooler_output
        states = model.text_projection(model.text_model(ids).last_hidden_state)
        assert torch.allclose(towers.frames(pixels).flatten(0, 1), pictures, atol=1e-5)
        assert torch.allclose(towers.tokens(ids), states, atol=1e-5)
        assert torch.allclose(towers.text(ids), model.get_text_features(ids).pooler_output, atol=1e-5)


def test_gradients_are_those_of_transformers():
    towers, model = pair(tiny_clip())
    towers.train(), model.train()
    pixels, ids = torch.randn(2, 1, 3, 32, 32), torch.tensor([[598, 5, 6, 599]])
    (towers.frames(pixels).square().sum() + towers.text(ids).square().sum()).backward()
    theirs = model.get_image_features(pixels[:, 0]).pooler_output, model.get_text_features(ids).pooler_output
    sum(vector.square().sum() for vector in theirs).backward()
    others = dict(model.named_parameters())
    for name, parameter in towers.model.named_parameters():
        if name != "logit_scale":
            assert torch.allclose(parameter.grad, others[name].grad, rtol=1e-3, atol=1e-5), name


def test_it_starts_as_transformers_does():
    config = {**wide_clip(initializer_factor=0.5), "initializer_factor": 2.0}
    config["vision_config"]["initializer_range"] = 0.1
    torch.manual_seed(0)
    ours, theirs = ClipTowers(config).model.state_dict(), CLIPModel(CLIPConfig(**config)).state_dict()
    assert list(ours) == list(theirs)  # in this order, too: optimisers are stored by it
    for name, tensor in theirs.items():
        if tensor.ndim > 1:
            assert ours[name].std().item() == pytest.approx(tensor.std().item(), rel=0.1), name
        elif "class_embedding" in name:
            assert ours[name].std().item() == pytest.approx(tensor.std().item(), rel=0.4)
        else:
            assert torch.equal(ours[name], tensor), name


def test_a_picture_of_another_size_is_refused():
    towers = ClipTowers(tiny_clip())
    with pytest.raises(HearsightError, match="32 x 48 pixels; resize them to 32 x 32"):
        towers.frames(torch.randn(1, 1, 3, 32, 48))
