"""Every stage agrees with the published programs' forward pass."""

import pytest
import torch

from hearsight.models.layers import Resampler
from hearsight.models.preprocess import ClipInputs
from hearsight.research.training.losses import (
    adaptive_margin,
    adaptive_margin_loss,
    soft_albef_loss,
    vision_audio_similarity,
)
from tests.models.conftest import agree


@pytest.fixture(scope="module")
def encoded(golden, save_model):
    with torch.no_grad():
        everyone = torch.ones(len(golden.inputs["fbank"]), dtype=torch.bool)
        features = save_model.extract(ClipInputs(**golden.video_inputs, has_audio=everyone, has_speech=everyone))
        return features, save_model.fuse(features), save_model.encode_text(golden.inputs["text_ids"])


def test_towers(golden, save_model, encoded):
    features, _, text = encoded
    agree(features.frames, golden.outputs["frame_embeds"])
    agree(save_model.audio_projection(features.audio)[:, ::16], golden.outputs["audio_tokens"])
    agree(save_model.clip.tokens(features.speech_ids), golden.outputs["speech_tokens"])
    agree(text, torch.nn.functional.normalize(golden.outputs["text_embeds"], dim=-1))


def test_resampler(golden, encoded):
    agree(encoded[1].audio, golden.outputs["audio_resampled"])


def test_gated_fusion(golden, save_model, avigate_model, encoded):
    features, video, _ = encoded
    heard, gates = avigate_model.audio_fusion(video.vision, video.audio, video.mask)
    agree(heard, golden.outputs["avigate.fusion_transformer_output"])
    agree(gates[..., 0], golden.outputs["avigate.attn_gates"])
    agree(gates[..., 1], golden.outputs["avigate.ff_gates"])
    said, gates = save_model.speech_fusion(video.vision, save_model.clip.tokens(features.speech_ids), video.mask)
    agree(said, golden.outputs["save.speech_fusion_transformer_output"])
    agree(gates[..., 0], golden.outputs["save.speech_attn_gates"])
    agree(gates[..., 1], golden.outputs["save.speech_ff_gates"])
    agree(video.gates["speech"], gates)


@pytest.mark.parametrize("method", ["avigate", "save"])
def test_fused_frames_and_logits(golden, avigate_model, save_model, method):
    model = {"avigate": avigate_model, "save": save_model}[method]
    with torch.no_grad():
        video = model.encode_video(**golden.video_inputs)
        logits = model.similarity(model.encode_text(golden.inputs["text_ids"]), video)
    fused = torch.nn.functional.normalize(golden.outputs[f"{method}.fused_frames"], dim=-1)
    agree(video.frames, fused)
    agree(logits, golden.outputs[f"{method}.logits"])


def test_temperature(golden, avigate_model):
    from hearsight.models.layers import multi_grained_similarity

    with torch.no_grad():
        video = avigate_model.encode_video(**golden.video_inputs)
        text = avigate_model.encode_text(golden.inputs["text_ids"])
        logits = multi_grained_similarity(text, video, avigate_model.clip.logit_scale.exp(), temperature=0.5)
    agree(logits, golden.outputs["avigate.logits_temperature_0.5"])


@pytest.mark.parametrize("method", ["avigate", "save"])
def test_contrastive_loss(golden, avigate_model, save_model, method):
    model = {"avigate": avigate_model, "save": save_model}[method]
    model.zero_grad()
    video = model.encode_video(**golden.video_inputs)
    text = model.encode_text(golden.inputs["text_ids"])
    logits, scale = model.similarity(text, video), model.clip.logit_scale.exp()
    margin = adaptive_margin(text, video)
    loss = adaptive_margin_loss(logits, margin, scale)
    agree(margin, golden.outputs["margin"])
    agree(logits + scale * margin, golden.outputs[f"{method}.train_logits"])
    agree(loss, golden.outputs["avigate.loss" if method == "avigate" else "save.contrastive_loss"])
    if method == "avigate":
        loss.backward()
        agree(model.resampler.queries.grad, golden.outputs["avigate.grad.query_tokens"])
        agree(
            model.audio_fusion.blocks[0].attention_gate[0].weight.grad,
            golden.outputs["avigate.grad.transformerClip.resblocks.0.attn_gate.ag_fc.weight"],
        )


def test_soft_albef(golden, encoded):
    video = encoded[1]
    agree(vision_audio_similarity(video), golden.outputs["save.vision_audio_similarity"])
    unit = torch.nn.functional.normalize
    teacher = unit(golden.inputs["teacher_video"], dim=-1) @ unit(golden.inputs["teacher_audio"], dim=-1).T
    agree(soft_albef_loss(video, teacher, golden.inputs["has_audio"]), golden.outputs["save.soft_albef_loss"])


def test_resampler_starts_orthogonal():
    queries = Resampler(width=64, heads=1, layers=1, queries=12).queries
    assert torch.allclose(queries.T @ queries, torch.eye(12), atol=1e-5)
