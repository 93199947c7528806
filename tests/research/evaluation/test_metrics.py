import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.research.evaluation import Metrics, dual_softmax, text_to_video, video_to_text
from hearsight.research.evaluation.metrics import video_ranks

GOLDEN = Path(__file__).parents[2] / "golden"
INPUTS = dict(np.load(GOLDEN / "metrics_inputs.npz"))
OUTPUTS = json.loads((GOLDEN / "metrics_outputs.json").read_text())
PAIRS = np.arange(len(INPUTS["single"]))


@pytest.mark.parametrize(
    ("name", "metrics"),
    [
        ("t2v", text_to_video(INPUTS["single"], PAIRS)),
        ("v2t", video_to_text(INPUTS["single"], PAIRS)),
        ("t2v_dual_softmax_3.0", text_to_video(dual_softmax(INPUTS["single"]), PAIRS)),
        ("multi_t2v", text_to_video(INPUTS["multi"], INPUTS["owner"])),
        ("multi_v2t", video_to_text(INPUTS["multi"], INPUTS["owner"])),
    ],
)
def test_agrees_with_the_published_metrics(name: str, metrics: Metrics) -> None:
    values = [metrics.r1, metrics.r5, metrics.r10, metrics.median_rank, metrics.mean_rank]
    assert values == pytest.approx([OUTPUTS[name][key] for key in ("R1", "R5", "R10", "MedianR", "MeanR")], rel=1e-6)


def test_a_tie_is_not_a_hit():
    assert text_to_video(np.zeros((4, 4)), np.arange(4)).r1 == 0


@given(st.integers(1, 12), st.integers(0, 1000))
def test_a_better_score_never_lowers_a_rank(size: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(size, size))
    better = scores + np.eye(size)
    assert text_to_video(better, np.arange(size)).mean_rank <= text_to_video(scores, np.arange(size)).mean_rank


def test_scores_that_are_nan_are_an_error() -> None:
    with pytest.raises(HearsightError, match="not numbers"):
        text_to_video(np.full((3, 3), np.nan), np.arange(3))


@pytest.mark.filterwarnings("error")
def test_a_video_without_a_caption_does_not_compete():
    """Of four videos, the first and the last have no caption: the other two rank as if these were absent."""
    scores = np.array([[9.0, 3, 2, 9], [9, 1, 4, 9]], np.float32)
    assert video_ranks(scores, np.array([1, 2]))[1:3].tolist() == [0, 0]
    assert video_ranks(scores, np.array([2, 1]))[1:3].tolist() == [1, 1]


def test_videos_ranked_in_strips_rank_as_all_at_once(monkeypatch):
    random = np.random.default_rng(0)
    scores, owner = random.standard_normal((21, 7)), np.arange(21) % 7
    expected = video_to_text(scores, owner)
    monkeypatch.setattr("hearsight.research.evaluation.metrics.STRIP", 3)
    assert video_to_text(scores, owner) == expected
    assert 1 < expected.mean_rank < 7
