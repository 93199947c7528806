"""Ranks that are computed in blocks are those of the complete matrix."""

from weakref import WeakSet

import numpy as np
import pytest
import torch

from hearsight.errors import HearsightError
from hearsight.models.methods.clip4clip import CLIP4Clip
from hearsight.research.evaluation import retrieval
from hearsight.research.evaluation.metrics import text_ranks, video_ranks
from hearsight.research.evaluation.normalisation import DualSoftmax, Querybank, dual_softmax
from hearsight.research.evaluation.ranking import Ranking
from hearsight.research.evaluation.retrieval import encode_clips, encode_texts, evaluate, rank, score
from tests.builders import tiny_model
from tests.research.evaluation.rankings import Clips


@pytest.fixture
def model(tmp_path):
    return tiny_model(tmp_path, "clip4clip")


@pytest.fixture
def clips(model, monkeypatch):
    monkeypatch.setattr(retrieval, "TEXTS", 4)
    monkeypatch.setattr(retrieval, "CLIPS", 3)
    return Clips(model)


def test_blocks_rank_as_the_whole_matrix(model, clips):
    texts = [text for example in clips.examples for _, text in example.captions]
    scores = np.concatenate(list(score(model, encode_texts(model, texts), encode_clips(model, clips))))
    ranking = rank(model, clips)
    assert ranking.model == model.fingerprint
    assert scores.shape == (len(texts), len(clips))
    assert np.array_equal(ranking.owner, [0, 1, 1, 2, 2, 2, 3, 4, 4, 5, 5, 5, 6])
    assert np.array_equal(ranking.texts, text_ranks(scores, ranking.owner))
    assert np.array_equal(ranking.videos, video_ranks(scores, ranking.owner))
    assert ranking.clusters[0] == ranking.clusters[1] != ranking.clusters[2]
    softened = rank(model, clips, DualSoftmax())
    assert np.array_equal(softened.texts, text_ranks(dual_softmax(scores), ranking.owner))
    assert softened.videos is None
    assert "transductive" in softened.normalisation


def test_only_the_fields_that_similarity_reads_are_held(model, clips):
    videos = encode_clips(model, clips)
    tensors = [value for video in videos for value in vars(video).values() if torch.is_tensor(value)]
    held = sum(tensor.untyped_storage().nbytes() for tensor in tensors)
    assert held < 1.5 * sum(video.frames.untyped_storage().nbytes() for video in videos)


def test_rows_are_kinds_all_captions_and_video_to_text(model, clips):
    ranking = evaluate(model, clips)
    assert {name: metrics.queries for name, metrics in ranking.items()} == {
        "sight": 9,
        "sound": 4,
        "all captions": 13,
        "video to text": 7,
    }
    normalised = rank(model, clips, Querybank(["a bell", "a doctor"], 0.2, "train"))
    assert list(normalised.metrics()) == ["sight", "sound", "all captions"]


def test_equal_clips_tie_at_any_position(model, clips):
    clips.frames[:] = clips.frames[:1]
    ranking = rank(model, clips)
    assert (ranking.texts == len(clips) - 1).all() and (ranking.ties == len(clips) - 1).all()
    assert ranking.tied() == {"sight": 100, "sound": 100, "all captions": 100}


@pytest.mark.parametrize("normalisation", [DualSoftmax(), Querybank(["a bell", "a doctor"], 0.2, "train")])
def test_ties_before_normalisation_are_ties_after_it(model, clips, monkeypatch, normalisation):
    """The scores of equal clips differ in their last digits, and a softmax enlarges that beyond rounding."""
    row = np.float32(40) + np.float32(4e-6) * np.arange(len(clips), dtype=np.float32)

    def score(model, texts, videos):
        return (np.stack([row] * len(block)) for block in texts.split(retrieval.TEXTS))

    monkeypatch.setattr(retrieval, "score", score)
    ranking = rank(model, clips, normalisation)
    assert (ranking.texts == len(clips) - 1).all()


def test_a_ranking_can_be_stored_as_json(model, clips):
    ranking = rank(model, clips)
    assert Ranking.from_dict(ranking.to_dict()).to_dict() == ranking.to_dict()
    assert ranking.captions == rank(model, clips, DualSoftmax()).captions
    assert ranking.captions != rank(model, Clips(model, count=6)).captions


def test_clips_without_captions_are_refused(model, clips):
    clips.examples = [type(example)(example.id, example.path, (), example.group) for example in clips.examples]
    with pytest.raises(HearsightError, match="no captions"):
        rank(model, clips)


class TokenModel(CLIP4Clip):
    """A method whose similarity attends to tokens of the sound, once for each pair of a text and a clip."""

    needs = ("pooled", "frames", "tokens")
    TOKENS = 50

    def fuse(self, features, without=()):
        video = super().fuse(features, without)
        drawn = torch.randn(self.TOKENS, video.frames.shape[1], generator=torch.Generator().manual_seed(1))
        video.extra["tokens"] = torch.einsum("af,bfd->bad", drawn, video.frames)
        self.alive.add(video.extra["tokens"])
        return video

    def similarity(self, text, video):
        tokens = video.field("tokens")
        weights = torch.einsum("nd,bad->nba", text, tokens).softmax(dim=-1)
        attended = weights[..., None] * tokens  # (N, B, A, D)
        self.largest = max(self.largest, attended.numel() * attended.element_size())
        self.most_alive = max(self.most_alive, len(self.alive))
        return super().similarity(text, video) + torch.einsum("nd,nbd->nb", text, attended.sum(dim=2))


@pytest.fixture
def token_model(model):
    model.__class__ = TokenModel
    model.alive, model.largest, model.most_alive = WeakSet(), 0, 0
    return model


@pytest.mark.parametrize("pairs", [1, 2, 5, 100])
def test_a_method_that_reads_tokens_is_evaluated_within_a_budget(token_model, clips, monkeypatch, pairs):
    expected = rank(token_model, clips)
    bytes_per_pair = token_model.TOKENS * token_model.width * 4
    assert token_model.largest == 4 * 3 * bytes_per_pair  # TEXTS and CLIPS at once
    token_model.largest = token_model.most_alive = 0
    monkeypatch.setattr(retrieval, "BUDGET", pairs * bytes_per_pair)
    ranking = rank(token_model, clips)
    assert token_model.largest <= min(pairs, 4 * 3) * bytes_per_pair
    assert token_model.most_alive <= 2  # blocks of clips, of three
    for name in ("texts", "ties", "videos"):
        assert np.array_equal(getattr(ranking, name), getattr(expected, name)), name


def test_normalisation_works_with_a_method_that_reads_tokens(token_model, clips):
    assert rank(token_model, clips, DualSoftmax()).videos is None
