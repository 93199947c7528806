import numpy as np
import pytest
import torch

from hearsight.towers.pixels import CLIP_MEAN, CLIP_STD, pixels


@pytest.mark.parametrize("shape", [(240, 320), (320, 240), (224, 224), (3, 500), (1, 1), (1080, 1920)])
def test_any_shape(shape):
    frame = np.full((*shape, 3), 128, dtype=np.uint8)
    tensor = pixels(frame)
    assert tensor.shape == (3, 224, 224)
    assert torch.allclose(tensor * CLIP_STD + CLIP_MEAN, torch.tensor(128 / 255), atol=1e-6)


def test_the_centre_is_kept():
    frame = np.zeros((100, 300, 3), dtype=np.uint8)
    frame[:, 100:200] = 255
    assert (pixels(frame, 50) * CLIP_STD + CLIP_MEAN).mean() > 0.97


@pytest.mark.parametrize(("height", "width"), [(320, 360), (405, 1620), (720, 640)])
def test_exact_ratios_lose_no_pixel(height, width):
    """Resized to 224 x 252, 224 x 896 and 252 x 224, whose middles are those of the pictures."""
    frame = np.zeros((height, width, 3), dtype=np.uint8)
    frame[height // 2 :] = frame[:, width // 2 :] = 255
    tensor = pixels(frame) * CLIP_STD + CLIP_MEAN
    assert tensor[0, 0, 111] < 0.1 and tensor[0, 0, 112] > 0.9
