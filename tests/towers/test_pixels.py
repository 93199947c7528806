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
