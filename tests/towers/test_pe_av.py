"""PE-AV by its own pixels and its two branches gives what transformers' whole model does."""

import json
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import PeAudioFeatureExtractor

from hearsight.errors import HearsightError
from hearsight.towers import pe_av_towers
from hearsight.towers.pe_av import PEAV
from tests.pe_checkpoints import tiny_pe_av

PICTURES = [np.random.default_rng(i).integers(0, 255, (28, 28, 3), np.uint8) for i in range(4)]
SOUND = np.random.default_rng(9).normal(0, 0.1, 50_000).astype(np.float32)


@pytest.fixture
def folder(tmp_path, timm_here):
    return tmp_path / "pe-av"


def test_vectors_are_those_that_the_whole_model_compares(folder):
    reference = tiny_pe_av(folder)
    # Of the size already, so that pixels are the pictures themselves.
    pixels = torch.from_numpy(np.stack(PICTURES)).permute(0, 3, 1, 2)[None] / 127.5 - 1
    sound = PeAudioFeatureExtractor()(SOUND, sampling_rate=48_000, return_tensors="pt")
    with torch.no_grad():
        expected = reference(pixel_values_videos=pixels, **sound)
    model = PEAV(folder, "tiny")
    assert (model.width, model.rate, model.frames) == (40, 48_000, 4)
    torch.testing.assert_close(model.embed_video(PICTURES), expected.video_embeds[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(model.embed_audio(SOUND), expected.audio_embeds[0], rtol=1e-4, atol=1e-5)
    assert not torch.allclose(model.embed_video(PICTURES[::-1]), expected.video_embeds[0], atol=1e-3)


@pytest.mark.parametrize("samples", [1, 1000, 1920])
def test_short_sounds_have_vectors(folder, samples):
    tiny_pe_av(folder)
    assert PEAV(folder, "tiny").embed_audio(SOUND[:samples]).isfinite().all()


def test_a_picture_is_squeezed_and_nothing_cut_away(folder):
    tiny_pe_av(folder)
    picture = np.zeros((60, 200, 3), np.uint8)
    picture[:, 160:] = 255, 128, 0
    seen = PEAV(folder, "tiny")._pixels(picture)
    assert seen.shape == (3, 28, 28)
    assert (seen[:, :, :21] == -1).all()  # four fifths of 28, less what the filter blurs
    right = torch.tensor([1.0, 128 / 127.5 - 1, -1.0])[:, None, None].expand(3, 28, 4)
    torch.testing.assert_close(seen[:, :, 24:], right)


def test_models_of_every_frame_get_as_many_as_imagebind(folder):
    tiny_pe_av(folder, frames=None)
    assert PEAV(folder, "tiny").frames == 32


def test_older_repositories_have_two_files_of_settings(folder):
    tiny_pe_av(folder)
    before = PEAV(folder, "tiny")
    settings = json.loads((folder / "processor_config.json").read_text())
    (folder / "processor_config.json").unlink()
    (folder / "preprocessor_config.json").write_text(json.dumps(settings["feature_extractor"]))
    (folder / "video_preprocessor_config.json").write_text(json.dumps(settings["video_processor"]))
    after = PEAV(folder, "tiny")
    assert (after.frames, after.rate) == (before.frames, before.rate)
    assert torch.equal(after.embed_video(PICTURES), before.embed_video(PICTURES))


def test_weights_in_parts_are_put_together(folder, tmp_path):
    tiny_pe_av(folder)
    tiny_pe_av(tmp_path / "parts", max_shard_size="200KB")
    assert len([*(tmp_path / "parts").glob("*.safetensors")]) > 1
    one, many = PEAV(folder, "tiny"), PEAV(tmp_path / "parts", "tiny")
    assert torch.equal(one.embed_audio(SOUND), many.embed_audio(SOUND))


def rewritten(folder, change):
    weights = load_file(folder / "model.safetensors")
    save_file(dict(filter(None, (change(*item) for item in weights.items()))), folder / "model.safetensors")


def test_an_encoder_may_be_stored_as_a_part_of_the_branch_of_both(folder):
    tiny_pe_av(folder)
    before = PEAV(folder, "tiny").embed_audio(SOUND)
    rewritten(
        folder,
        lambda name, t: (name.replace("audio_model.audio_encoder", "audio_video_encoder.embedder.audio_encoder"), t),
    )
    assert torch.equal(PEAV(folder, "tiny").embed_audio(SOUND), before)


def test_weights_of_half_precision_are_computed_with_in_full(folder):
    tiny_pe_av(folder)
    before = PEAV(folder, "tiny").embed_video(PICTURES)
    rewritten(folder, lambda name, t: (name, t.half() if t.is_floating_point() else t))
    after = PEAV(folder, "tiny").embed_video(PICTURES)
    assert after.dtype == torch.float32
    torch.testing.assert_close(after, before, rtol=0.05, atol=0.01)


# What may be wrong


def test_weights_that_lack_a_part(folder):
    tiny_pe_av(folder)
    rewritten(folder, lambda name, t: None if "video_head.proj" in name else (name, t))
    with pytest.raises(HearsightError, match=r"lack video_head\.proj\.weight; download it again"):
        PEAV(folder, "tiny")


@pytest.mark.parametrize("name", ["model.safetensors", "processor_config.json", "config.json"])
@pytest.mark.parametrize("content", [None, b"", b"damaged"])
def test_files_that_are_damaged_or_missing(folder, name, content):
    tiny_pe_av(folder)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(HearsightError, match=r"cannot (load|read) .*pe-av"):
        PEAV(folder, "tiny")


def test_another_model_is_told_from_a_pe_av(folder):
    tiny_pe_av(folder)
    (folder / "config.json").write_text('{"model_type": "clip"}')
    with pytest.raises(HearsightError, match="model_type is 'clip'; give a PE-AV"):
        PEAV(folder, "tiny")


def test_without_timm_the_extra_is_named(folder, monkeypatch):
    tiny_pe_av(folder)
    monkeypatch.setattr(pe_av_towers, "find_spec", lambda name: None if name == "timm" else find_spec(name))
    with pytest.raises(HearsightError, match=r"needs timm.*hearsight\[pe-av\]"):
        PEAV(folder, "tiny")
