"""What encode_video promises beyond the golden numbers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import hearsight
from hearsight.errors import HearsightError
from hearsight.media.probe import probe
from hearsight.models.base import VideoTextModel, video_embedding
from hearsight.models.config import ModelConfig
from hearsight.models.layers import masked_mean
from hearsight.models.load import build
from hearsight.models.preprocess import ClipInputs, collate, read_clips
from hearsight.speech import transcribe
from hearsight.towers.distinct_inputs import encode_distinct
from hearsight.types import Clip
from tests.builders import tiny_clip, tiny_inputs, tiny_model
from tests.media_files import beep, grey, make_media


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def batch(model):
    return tiny_inputs(model, clips=4)


def test_clips_do_not_depend_on_their_batch(model, batch):
    with torch.no_grad():
        together = model.encode_video(**batch)
        alone = [model.encode_video(**{name: tensor[i : i + 1] for name, tensor in batch.items()}) for i in range(4)]
    assert torch.allclose(together.pooled, torch.cat([video.pooled for video in alone]), atol=1e-5)


def test_vectors_are_unit(model, batch):
    video = model.encode_video(**batch)
    assert torch.allclose(video.frames.norm(dim=-1), torch.ones(4, model.config.frames), atol=1e-5)
    assert torch.allclose(video.pooled.norm(dim=-1), torch.ones(4), atol=1e-5)
    assert set(video.gates) == {"audio", "speech"}
    assert (video.gates["audio"].abs() < 1).all()


@pytest.mark.parametrize("method", ["clip4clip", "avigate", "save", "chorus"])
def test_a_clip_without_frames_is_what_is_heard(tmp_path, method):
    model = tiny_model(tmp_path, method)
    batch = tiny_inputs(model, clips=2)
    batch["frame_mask"][0] = False
    with torch.no_grad():
        video = model.encode_video(**batch)
        changed = model.encode_video(**{**batch, "pixel_values": torch.randn_like(batch["pixel_values"])})
    assert video.mask[0].tolist() == [True] + [False] * (model.config.frames - 1)
    assert torch.equal(video.pooled[0], changed.pooled[0])  # pictures that are not there tell nothing
    assert torch.isfinite(model.similarity(model.encode_text(model.tokenize(["a bell"])), video)).all()
    if method == "clip4clip":
        assert not video.pooled[0].any()
    else:
        assert video.pooled[0].norm().item() == pytest.approx(2**0.5 if method == "chorus" else 1, abs=1e-5)
        other = {**batch, "filterbank": torch.randn_like(batch["filterbank"])}
        assert not torch.allclose(model.encode_video(**other).pooled[0], video.pooled[0], atol=1e-4)


def test_what_a_clip_has_not_counts_as_zeros(model, batch):
    none = torch.zeros(4, dtype=torch.bool)
    with torch.no_grad():
        flagged = model.encode_video(**{**batch, "has_audio": none, "has_speech": none})
        absent = model.encode_video(batch["pixel_values"], batch["frame_mask"])
    assert torch.equal(flagged.pooled, absent.pooled)


def test_leaving_a_branch_out(model, batch):
    features = model.extract(ClipInputs(**batch))
    full, deaf = model.fuse(features), model.fuse(features, without={"audio"})
    vision = model.fuse(features, without={"audio", "speech"})
    assert not torch.allclose(full.pooled, deaf.pooled, atol=1e-3)
    assert set(deaf.gates) == {"speech"}
    assert torch.allclose(vision.frames, torch.nn.functional.normalize(vision.vision, dim=-1), atol=1e-5)


def test_padding_can_be_left_out(tmp_path):
    from dataclasses import replace

    from hearsight.models.load import build

    published = tiny_model(tmp_path)
    masked = build(
        replace(published.config, options={**published.config.options, "mask_padding": True}), published.tokenizer
    ).eval()
    masked.load_state_dict(published.state_dict())
    features = published.extract(ClipInputs(**tiny_inputs(published)))
    with torch.no_grad():
        before = published.fuse(features).pooled, masked.fuse(features).pooled
        features.frames[:, 3:] += 10  # three real frames of six
        after = published.fuse(features).pooled, masked.fuse(features).pooled
    assert not torch.allclose(before[0], after[0], atol=1e-3)
    assert torch.allclose(before[1], after[1], atol=1e-5)


def test_texts_and_files_are_encoded_as_they_are(tmp_path, model):
    texts = ["a bell rings", "the doctor lost a yellow bicycle"]
    with torch.no_grad():
        assert torch.equal(model.encode_texts(texts), model.encode_text(model.tokenize(texts)))
    make_media(tmp_path / "film.mkv", [grey(90)] * 12, sounds=[beep(3)])
    (tmp_path / "film.srt").write_text("1\n00:00:00,000 --> 00:00:02,000\nthe doctor lost a yellow bicycle\n")
    make_media(tmp_path / "silent.mkv", [grey(90)] * 12)
    video = model.encode_files([str(tmp_path / "film.mkv"), tmp_path / "silent.mkv"])
    assert video.pooled.shape == (2, model.width) and set(video.gates) == {"audio", "speech"}
    info = probe(tmp_path / "film.mkv")
    transcript = transcribe(info, None)
    assert transcript.text
    ((inputs, _),) = read_clips(info, [Clip(info.path, 0, info.duration)], transcript, model)
    with torch.no_grad():
        expected = model.encode_video(**vars(collate([inputs])))
    assert torch.allclose(video.pooled[:1], expected.pooled, atol=1e-6)
    with pytest.raises(HearsightError, match="missing"):
        model.encode_files([tmp_path / "missing.mkv"])


class Spoken(VideoTextModel):
    """Adds the mean of the transcript's tokens to every frame; has no audio tower."""

    branches = ("speech",)

    def fuse(self, features, without=frozenset()):
        frames, mask, _ = self.vision(features)
        if "speech" not in without:
            speech = masked_mean(self.speech_tokens(features), features.words)
            frames = frames + (speech * features.has_speech[:, None])[:, None]
        return video_embedding(frames, mask, vision=frames)


@torch.no_grad()
def test_a_method_may_read_speech_without_an_audio_tower(tmp_path, model, house_methods):
    hearsight.register("spoken")(Spoken)
    clip = tiny_clip(model.tokenizer.end_id + 1)
    spoken = build(ModelConfig(method="spoken", clip=clip, frames=6), model.tokenizer).eval()
    batch = tiny_inputs(spoken)
    assert batch["filterbank"] is None
    features = spoken.extract(ClipInputs(**batch))
    assert features.audio is None and torch.equal(features.speech_ids, batch["speech_ids"])
    video = spoken.encode_video(**batch)
    assert torch.equal(spoken.fuse(spoken.precompute(features)).pooled, video.pooled)
    silent = spoken.encode_video(**{**batch, "has_speech": torch.zeros(3, dtype=torch.bool)})
    assert not torch.allclose(video.pooled, silent.pooled, atol=1e-3)
    assert torch.equal(silent.pooled, spoken.fuse(features, without={"speech"}).pooled)
    assert torch.equal(silent.pooled, spoken.encode_video(batch["pixel_values"], batch["frame_mask"]).pooled)
    for name in ("spoken", "silent"):
        make_media(tmp_path / f"{name}.mkv", [grey(90)] * 12)
    (tmp_path / "spoken.srt").write_text("1\n00:00:00,000 --> 00:00:02,000\nthe doctor lost a yellow bicycle\n")
    pooled = spoken.encode_files([tmp_path / "spoken.mkv", tmp_path / "silent.mkv"]).pooled
    assert not torch.allclose(pooled[0], pooled[1], atol=1e-3)


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_equal_blanks_are_encoded_once(blanks):
    rows = torch.randn(len(blanks), 3) + 5
    rows[torch.tensor(blanks)] = 0
    encoded_rows = []

    def tower(x):
        encoded_rows.append(len(x))
        return x * 2 + 1

    assert torch.equal(encode_distinct(tower, rows), rows * 2 + 1)
    assert encoded_rows == [len(blanks) - max(0, sum(blanks) - 1)]
