"""The fields of encoded clips: taken by name, cut down to what a similarity needs, and rebuilt."""

import copy

import pytest
import torch

from hearsight.errors import HearsightError
from hearsight.models.embedding_shapes import embedding_shapes
from hearsight.types import VideoEmbedding
from tests.builders import tiny_inputs, tiny_model


@pytest.fixture
def video() -> VideoEmbedding:
    B, F, D, Q = 4, 3, 8, 2
    frames, mask = torch.randn(B, F, D), torch.ones(B, F, dtype=torch.bool)
    gates = {"audio": torch.zeros(B, 1, 2)}
    return VideoEmbedding(frames, mask, frames[:, 0], frames, torch.randn(B, Q, D), gates, {"tags": torch.ones(B, 5)})


def test_fields_by_name(video):
    assert video.field("audio") is video.audio
    assert video.field("tags") is video.extra["tags"]
    assert list(video.fields(("pooled", "frames", "tags"))) == ["pooled", "frames", "mask", "tags"]
    with pytest.raises(HearsightError, match="has no 'tag'; it has frames, mask, pooled, vision, audio, tags"):
        video.field("tag")
    video.audio = None
    with pytest.raises(HearsightError, match="has no 'audio'"):
        video.field("audio")


def test_what_was_not_selected_says_so_when_it_is_used(video):
    cut = video.select(("pooled", "tags"))
    assert torch.equal(cut.pooled, video.pooled) and torch.equal(cut.extra["tags"], video.extra["tags"])
    assert cut.mask is video.mask and not cut.gates
    for use in (
        lambda: torch.randn(2, 8) @ cut.audio.T,
        lambda: torch.einsum("nd,bqd->nbq", torch.randn(2, 8), cut.audio),
        lambda: torch.nn.functional.normalize(cut.audio, dim=-1),
        lambda: cut.audio is None,
        lambda: cut.field("audio"),
        lambda: cut.take(torch.tensor([0])).audio,
        lambda: copy.deepcopy(cut).audio,
        lambda: video.select(("audio",)).select(("pooled", "audio")),
        lambda: video.select(("pooled",)).extra["tags"],
    ):
        with pytest.raises(HearsightError, match=r"add '(audio|pooled|tags)' to `needs`"):
            use()
    assert repr(cut) == "VideoEmbedding(mask (4, 3), pooled (4, 8), tags (4, 5))"
    with pytest.raises(AttributeError, match="has no attribute 'adio'"):
        cut.adio  # noqa: B018


def test_rows_devices_and_parts(video):
    rows = video.take(torch.tensor([2, 0]))
    assert torch.equal(rows.pooled, video.pooled[[2, 0]]) and torch.equal(rows.extra["tags"], video.extra["tags"][:2])
    assert torch.equal(rows.gates["audio"], video.gates["audio"][:2])
    parts = [video.take(torch.tensor([0, 1])), video.take(torch.tensor([2, 3]))]
    joined = VideoEmbedding.join(parts)
    assert all(torch.equal(joined.field(name), video.field(name)) for name in ("frames", "mask", "audio", "tags"))
    cut = VideoEmbedding.join([part.select(("pooled",)) for part in parts])
    assert torch.equal(cut.to(torch.device("cpu")).pooled, video.pooled)


@pytest.mark.parametrize("method", ["clip4clip", "avigate", "save", "chorus"])
def test_shapes_of_what_a_similarity_needs(tmp_path, method):
    model = tiny_model(tmp_path, method)
    video = model.encode_video(**tiny_inputs(model))
    shapes = embedding_shapes(model)
    assert shapes == {name: tuple(video.field(name).shape[1:]) for name in ("pooled", "frames", "mask")}
    if method == "avigate":
        model.needs = ("audio", "vision")
        assert embedding_shapes(model) == {"audio": (4, 32), "vision": (6, 32)}
