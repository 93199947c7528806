"""Properties of the losses that golden numbers do not show."""

from types import SimpleNamespace

import pytest
import torch
from torch.nn.functional import normalize

from hearsight.models.layers import pool
from hearsight.models.methods.clip4clip import CLIP4Clip
from hearsight.research.training.losses import adaptive_margin, adaptive_margin_loss, soft_albef_loss
from hearsight.research.training.objective import Objective
from hearsight.types import VideoEmbedding
from tests.builders import tiny_model


def video(B: int = 4, F: int = 3, D: int = 8, Q: int = 2) -> VideoEmbedding:
    generator = torch.Generator().manual_seed(0)
    frames = normalize(torch.randn(B, F, D, generator=generator), dim=-1)
    mask = torch.ones(B, F, dtype=torch.bool)
    return VideoEmbedding(frames, mask, pool(frames, mask), frames, torch.randn(B, Q, D, generator=generator))


def test_the_margin_is_for_negatives_and_limited():
    margin = adaptive_margin(normalize(torch.randn(4, 8), dim=-1), video(), weight=0.2, limit=0.1)
    assert (margin.diagonal() == 0).all()
    assert margin.max() <= 0.1 + 1e-6
    assert (margin >= 0).all()


def test_alike_pairs_get_no_margin():
    same = video()
    same.vision = same.vision[:1].expand_as(same.vision)
    text = normalize(torch.ones(4, 8), dim=-1)
    assert adaptive_margin(text, same).abs().max() < 1e-6


def test_a_margin_makes_the_loss_harder():
    logits = torch.eye(4) * 5
    margin = 0.1 * (1 - torch.eye(4))
    scale = torch.tensor(10.0)
    assert adaptive_margin_loss(logits, margin, scale) > adaptive_margin_loss(logits, 0 * margin, scale)


def test_soft_albef_is_zero_for_the_teachers_own_similarities():
    from hearsight.research.training.losses import vision_audio_similarity

    clip = video()
    everyone = torch.ones(4, dtype=torch.bool)
    assert soft_albef_loss(clip, vision_audio_similarity(clip), everyone).abs() < 1e-6
    assert soft_albef_loss(clip, torch.randn(4, 4), everyone) > 0.01


def test_soft_albef_ignores_silent_clips():
    clip, teacher = video(), torch.randn(4, 4)
    some = torch.tensor([True, True, False, True])
    before = soft_albef_loss(clip, teacher, some)
    clip.audio[2] = 100.0
    teacher[2] = teacher[:, 2] = -5.0
    assert torch.equal(before, soft_albef_loss(clip, teacher, some))


def test_soft_albef_of_one_clip_is_nothing():
    clip = video(B=1)
    clip.audio.requires_grad_(True)
    loss = soft_albef_loss(clip, torch.zeros(1, 1), torch.ones(1, dtype=torch.bool))
    loss.backward()
    assert loss == 0


@pytest.mark.parametrize(("weights", "expected"), [({}, 0.5), ({"soft_albef": 0.25}, 0.25), ({"soft_albef": 0}, None)])
def test_a_methods_loss_replaces_the_one_of_its_name(tmp_path, weights, expected):
    model = tiny_model(tmp_path, "clip4clip")
    assert isinstance(model, CLIP4Clip)
    recipe = SimpleNamespace(margin_weight=0.2, margin_limit=0.1, soft_albef=0.5, losses={"contrast": 2, **weights})
    text, clips, all_clips = normalize(torch.randn(4, 32), dim=-1), video(D=32), torch.ones(4, dtype=torch.bool)
    standard = Objective(model, recipe).losses(text, clips, all_clips, torch.randn(4, 4))
    assert set(standard) == {"contrast", "soft_albef"}
    model.losses = lambda text, video: {"contrast": torch.tensor(3.0), "soft_albef": torch.tensor(1.0)}
    replaced = Objective(model, recipe).losses(text, clips, all_clips, torch.randn(4, 4))
    assert {name: loss.item() for name, loss in replaced.items()} == {
        "contrast": 6.0, **({} if expected is None else {"soft_albef": expected}),
    }  # fmt: skip
