"""What confidence is worth is measured by pairs of best scores."""

import numpy as np

from hearsight.research.evaluation.confidence import ALL, Auroc, BestScores, Query

QUERIES = [Query("a dog", "sight", "dog.mp4"), Query("a bark", "sound", "dog.mp4"), Query("a cat", "sight", "cat.mp4")]
RESULTS = {
    "a dog": [("dog.mp4", 3.0), ("cat.mp4", 1.0)],
    "a bark": [("cat.mp4", 2.0), ("dog.mp4", 0.5)],
    "a cat": [("cat.mp4", 0.5), ("dog.mp4", 0.0)],
}


def test_auroc_is_the_share_of_pairs_in_order():
    positives, negatives = np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0])
    auroc = Auroc.of(positives, negatives, paired=False)
    assert auroc.value == (2 * 3 - 1.5) / 6 and 0 <= auroc.low <= auroc.value <= auroc.high <= 1
    assert Auroc.of(positives, positives, paired=True).value == 0.5
    assert str(Auroc.of(positives, positives - 9, paired=True)) == "1.000 (1.000-1.000)"


def test_the_clip_of_a_query_is_taken_out_of_its_results():
    best = BestScores.of(RESULTS.__getitem__, QUERIES)
    assert best.every_clip.tolist() == [3.0, 2.0, 0.5]
    assert best.taken_out.tolist() == [1.0, 2.0, 0.0]  # where another clip is first, it stays the best
    assert best.first.tolist() == [True, False, True]


def test_rows_are_by_group():
    rows = BestScores.of(RESULTS.__getitem__, QUERIES).confidence(outside=np.array([0.25]), bar=1.0)
    assert [(row.group, row.queries) for row in rows] == [(ALL, 3), ("sight", 2), ("sound", 1)]
    assert (rows[1].first, rows[1].matched, rows[1].matched_taken_out) == (100.0, 50.0, 50.0)
    assert rows[0].auroc_outside.value == 1.0 and rows[2].auroc_taken_out.value == 0.5
