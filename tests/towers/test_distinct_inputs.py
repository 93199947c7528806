"""Inputs that are equal are encoded once, and vectors are the same to the bit as if each were."""

import pytest
import torch

from hearsight.towers.clip import ClipTowers
from hearsight.towers.distinct_inputs import encode_distinct
from hearsight.towers.siglip import SiglipTowers

BLANK = None
PATTERNS = {
    "a slide": [0] * 12,
    "two slides": [0] * 5 + [1] * 7,
    "back to the first": [0, 0, 1, 1, 0, 0],
    "a photo": [0, *[BLANK] * 11],
    "a slide in a short clip": [0, 0, 0, *[BLANK] * 9],
    "blank ones apart": [BLANK, 0, BLANK, BLANK, 0, 0],
    "no picture": [BLANK] * 12,
    "a film": list(range(12)),
    "one": [0],
}
ENCODED = [1, 2, 3, 2, 2, 3, 1, 12, 1]
# As wide as real ones: sums of a few rows are rounded otherwise than those of many only in wide towers.
VISION = {
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 1, "num_attention_heads": 12, "patch_size": 32,
    "image_size": 224,
}  # fmt: skip
TEXT = {"hidden_size": 768, "num_hidden_layers": 1}


def pictures(pattern: list[int | None], size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    distinct = torch.randn(12, 3, size, size, generator=generator)
    return torch.stack([torch.zeros(3, size, size) if number is BLANK else distinct[number] for number in pattern])


@pytest.mark.parametrize(("pattern", "encoded"), list(zip(PATTERNS.values(), ENCODED, strict=True)), ids=PATTERNS)
def test_rows_in_a_row_are_encoded_once(pattern, encoded):
    numbers = []

    def tower(rows):
        numbers.append(len(rows))
        return rows.flatten(1) * 2 + 1

    rows = pictures(pattern, 4)
    assert torch.equal(encode_distinct(tower, rows), rows.flatten(1) * 2 + 1)
    assert numbers == [encoded]


@pytest.fixture(scope="module")
def towers():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several would share a sum in another way
    torch.manual_seed(0)
    clip = ClipTowers({"projection_dim": 512, "text_config": {"num_hidden_layers": 1}, "vision_config": VISION})
    siglip = SiglipTowers({"model_type": "siglip", "text_config": TEXT, "vision_config": VISION})
    yield {"clip": clip.eval(), "siglip": siglip.eval()}
    torch.set_num_threads(threads)


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_vectors_are_the_same_to_the_bit(towers, monkeypatch, name, pattern):
    frames = pictures(pattern, 224)[None]
    with torch.inference_mode():
        once = towers[name].frames(frames)
        monkeypatch.setattr(f"hearsight.towers.{name}.encode_distinct", lambda tower, rows: tower(rows))
        assert torch.equal(once, towers[name].frames(frames))


def test_gradients_reach_a_picture_that_stands_for_several():
    weight = torch.ones(1, requires_grad=True)
    rows = torch.tensor([[2.0], [2.0], [0.0], [0.0], [3.0]])
    encode_distinct(lambda each: each * weight, rows).sum().backward()
    assert weight.grad.item() == 7.0
