"""Clips encoded one at a time, in threads, get the same vectors as in one batch."""

import numpy as np
import pytest
import torch

from hearsight.library.indexing.encode import ABLATIONS, embed, extract
from hearsight.models.preprocess import collate
from tests.builders import tiny_model


@pytest.fixture
def clips(model):
    """Create six clips, every other one silent."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 255, (6, 3, 48, 64, 3), dtype=np.uint8)
    sounds = random.standard_normal((6, 16_000)).astype(np.float32)
    return [
        model.prepare(list(seen), sound if n % 2 else None, "the doctor lost a yellow bicycle")
        for n, (seen, sound) in enumerate(zip(pictures, sounds, strict=True))
    ]


@pytest.fixture(params=[1, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("some", [slice(None), slice(0, 1), slice(0, 6, 2), slice(1, 6, 2)])
def test_features_equal_those_of_one_batch(model, clips, threads, some):
    with torch.inference_mode():
        apart, together = extract(model, clips[some]), model.extract(collate(clips[some]))
    for name, value in vars(together).items():
        if value is None:
            assert getattr(apart, name) is None
        else:
            torch.testing.assert_close(getattr(apart, name), value, atol=1e-5, rtol=1e-5)
    assert torch.get_num_threads() == threads


def test_photos_share_their_padding_in_a_piece_for_each_thread(tmp_path, monkeypatch):
    model = tiny_model(tmp_path, "clip4clip")
    random = np.random.default_rng(0)
    pictures = random.integers(0, 255, (8, model.config.frames, 48, 64, 3), dtype=np.uint8)
    clips = [model.prepare(list(seen[: 1 if n < 6 else None]), None, "") for n, seen in enumerate(pictures)]
    sizes, real = [], model.extract
    monkeypatch.setattr(model, "extract", lambda batch: sizes.append(len(batch.pixel_values)) or real(batch))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        features = extract(model, clips)
    finally:
        torch.set_num_threads(before)
    assert sorted(sizes) == [1, 1, 3, 3]
    with torch.inference_mode():
        torch.testing.assert_close(features.frames, real(collate(clips)).frames, atol=1e-5, rtol=1e-5)


def test_ablated_vectors_lack_their_branches(model, clips):
    full, without = embed(model, extract(model, clips))
    batch = collate(clips)
    with torch.inference_mode():
        features = model.extract(batch)
        torch.testing.assert_close(full.pooled, model.fuse(features).pooled, atol=1e-5, rtol=1e-5)
        for name, branches in ABLATIONS.items():
            expected = model.fuse(features, without=branches).pooled
            torch.testing.assert_close(without[name], expected, atol=1e-5, rtol=1e-5)


def test_an_error_in_a_thread_is_raised(model, clips, threads, monkeypatch):
    def fail(batch):
        raise MemoryError("no room")

    monkeypatch.setattr(model, "extract", fail)
    with pytest.raises(MemoryError, match="no room"):
        extract(model, clips)
    assert torch.get_num_threads() == threads
