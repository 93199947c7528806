"""Fusing ranks finds quotations and does not spoil queries about pictures, as in the table in rank.py."""

import numpy as np

from hearsight.library.search.clip_vectors import Candidates
from hearsight.library.search.query_words import Query, stems
from hearsight.library.search.rank import rank
from hearsight.research.soundstage.captions import sample_caption
from hearsight.research.soundstage.clip_plans import plan_clips

CLIPS = 200
QUERIES = 60


def order_of(similarity, strength):
    """Return the order of clips 0, 1, 2 ... in mode "hybrid"."""
    ids = [f"{i:04}" for i in range(len(similarity))]
    per_frame = np.zeros((len(similarity), 1), np.float32)
    strength = np.array(strength, float)
    videos, row_ids = [(0, id) for id in ids], list(range(len(ids)))
    candidates = Candidates(ids, videos, row_ids, np.array(similarity, np.float32), per_frame, strength, strength)
    return rank(candidates, "hybrid")[0]


def test_a_certain_match_of_words_comes_first():
    assert order_of([5, 4, 3, 2, 1], [0, 0, 0, 0, 1])[0] == 4


def test_one_common_word_helps_only_clips_that_already_rank_high():
    similarity = [100 - i for i in range(100)]
    assert order_of(similarity, [0] * 10 + [1 / 3] + [0] * 89)[0] == 10
    assert order_of(similarity, [0] * 90 + [1 / 3] + [0] * 9)[0] == 0


def test_fusion_finds_quotations_and_does_not_spoil_queries_about_pictures():
    random = np.random.default_rng(0)
    scenes = [plan.scene for plan in plan_clips("test", CLIPS, seed=0)]
    spoken = [scene.speech.sentence.text if scene.speech else "" for scene in scenes]
    words = " ".join(spoken).split()
    misheard = [
        stems(" ".join(word if random.random() > 0.2 else str(random.choice(words)) for word in text.split()))
        for text in spoken
    ]

    def are_first_right(text, right, deviations):
        """Return whether the first clip is right, by the model alone and after fusion."""
        query = Query(text)
        similarity = random.standard_normal(CLIPS) + deviations * np.array(right)
        order = order_of(similarity, [query.strength(transcript) for transcript in misheard])
        return right[int(similarity.argmax())], right[order[0]]

    sample = random.choice(CLIPS, QUERIES, replace=False)
    captions = [sample_caption(scenes[i], "sight", random) for i in sample]
    sights = [
        are_first_right(caption.text, [caption.holds(scene) for scene in scenes], deviations=3) for caption in captions
    ]
    alone, fused = np.mean(sights, axis=0)
    assert fused >= alone - 0.05
    quotations = [
        are_first_right(spoken[i], [text == spoken[i] for text in spoken], deviations=0) for i in sample if spoken[i]
    ]
    alone, fused = np.mean(quotations, axis=0)
    assert alone < 0.1 and fused > 0.4
