"""Towers compute in bfloat16 where a CPU has it, and vectors stay near those of float32."""

import pytest
import torch
from torch.nn.functional import cosine_similarity

import hearsight
from hearsight.models.precision import dtype_of
from tests.builders import tiny_inputs, tiny_model


@pytest.mark.parametrize(
    ("has", "device", "width", "dtype"),
    [
        ({"amx_bf16": True}, "cpu", 512, torch.bfloat16),
        ({"avx512_bf16": True, "amx_bf16": False}, "cpu", 512, torch.bfloat16),
        ({"avx512_bf16": False, "avx2": True}, "cpu", 512, torch.float32),
        ({}, "cpu", 512, torch.float32),
        ({"amx_bf16": True}, "cuda", 512, torch.float32),
        ({"amx_bf16": True}, "cpu", 128, torch.float32),
    ],
)
def test_auto_goes_by_the_processor_and_the_towers(monkeypatch, has, device, width, dtype):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has, raising=False)
    assert dtype_of("auto", device, width) == dtype


def test_an_older_torch_cannot_tell(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert dtype_of("auto", "cpu", 512) == torch.float32


@pytest.mark.parametrize("method", ["clip4clip", "avigate", "save", "chorus"])
def test_vectors_stay_near(tmp_path, method):
    exact = tiny_model(tmp_path, method)
    quick = hearsight.load(tmp_path, dtype="bfloat16")
    batch = tiny_inputs(exact)
    ids = exact.tokenize(["the doctor lost a yellow bicycle", "a bell rings"])
    with torch.inference_mode():
        one, other = exact.encode_video(**batch), quick.encode_video(**batch)
        text, other_text = exact.encode_text(ids), quick.encode_text(ids)
    assert other.pooled.dtype == other.frames.dtype == other_text.dtype == torch.float32
    assert not torch.equal(one.frames, other.frames)
    assert cosine_similarity(one.pooled, other.pooled, dim=-1).min() > 0.99
    assert cosine_similarity(one.frames[one.mask], other.frames[other.mask], dim=-1).min() > 0.99
    assert cosine_similarity(text, other_text, dim=-1).min() > 0.99


def test_only_towers_change(tmp_path):
    exact = tiny_model(tmp_path)
    quick = hearsight.load(tmp_path, dtype="bfloat16").state_dict()
    changed = {name for name, weight in quick.items() if weight.dtype == torch.bfloat16}
    assert changed == {
        name for name in exact.state_dict() if name.startswith(("clip.model.", "ast.")) and not name.endswith("scale")
    }
