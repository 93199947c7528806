"""What fusing ranks does to queries that no transcript answers, and to quotations: the table in rank.py."""

import numpy as np

from hearsight.library.search.candidates import Candidates
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


def test_certain_words_come_first_whatever_is_seen():
    assert order_of([5, 4, 3, 2, 1], [0, 0, 0, 0, 1])[0] == 4


def test_a_word_in_common_helps_what_already_looks_right():
    similarity = [100 - i for i in range(100)]
    assert order_of(similarity, [0] * 10 + [1 / 3] + [0] * 89)[0] == 10
    assert order_of(similarity, [0] * 90 + [1 / 3] + [0] * 9)[0] == 0


def test_queries_about_pictures_are_not_spoiled_and_quotations_are_found():
    random = np.random.default_rng(0)
    scenes = [one.scene for one in plan_clips("test", CLIPS, seed=0)]
    spoken = [scene.speech.sentence.text if scene.speech else "" for scene in scenes]
    words = " ".join(spoken).split()
    heard = [
        stems(" ".join(word if random.random() > 0.2 else str(random.choice(words)) for word in text.split()))
        for text in spoken
    ]

    def first(text, right, clearly):
        query = Query.parse(text)
        similarity = random.standard_normal(CLIPS) + clearly * np.array(right)
        order = order_of(similarity, [query.strength(transcript) for transcript in heard])
        return right[int(similarity.argmax())], right[order[0]]

    chosen = random.choice(CLIPS, QUERIES, replace=False)
    asked = [sample_caption(scenes[i], "sight", random) for i in chosen]
    sights = [first(one.text, [one.holds(scene) for scene in scenes], clearly=3) for one in asked]
    alone, fused = np.mean(sights, axis=0)
    assert fused >= alone - 0.05
    quotations = [first(spoken[i], [text == spoken[i] for text in spoken], clearly=0) for i in chosen if spoken[i]]
    alone, fused = np.mean(quotations, axis=0)
    assert alone < 0.1 and fused > 0.4
