"""Batches follow from the seed, and twins stay together."""

from pathlib import Path

import numpy as np
import torch

from hearsight.research.datasets.manifest import Example
from hearsight.research.training.batches import Batch, make_batches, read_batch, shuffle, updates_per_epoch
from hearsight.research.training.recipe import MethodRecipe
from hearsight.types import ClipFeatures

CAPTIONS = (("sight", "a dog"), ("sound", "a bell rings"), ("speech", "someone speaks"), ("sight+sound", "both"))
EXAMPLES = [Example(str(i), Path(f"{i}.mp4"), CAPTIONS, f"g{i // 2}") for i in range(32)]


def recipe(**changes) -> MethodRecipe:
    return MethodRecipe(kind="method", towers="", data="", **{"batch": 8, **changes})


def test_twins_stay_next_to_each_other():
    order = shuffle(EXAMPLES, np.random.default_rng(0))
    assert sorted(order) == list(range(32))
    assert all(order[index + 1] == order[index] ^ 1 for index in range(0, 32, 2))


def test_the_same_epoch_is_always_the_same_and_another_is_not():
    first, again, second = (make_batches(EXAMPLES, recipe(mixed=0.5), epoch) for epoch in (0, 0, 1))
    assert first == again
    assert first != second
    assert [len(batch.seen) for batch in first] == [8, 8, 8, 8]


def test_parts_make_up_the_batch():
    batch = make_batches(EXAMPLES, recipe(mixed=0.5, audio_only=0.5), 0)[0]
    parts = [batch.part(number, 4) for number in range(4)]
    for name, column in vars(batch).items():
        assert [value for part in parts for value in getattr(part, name)] == column


def test_a_clip_without_pictures_has_no_caption_of_sight():
    for batch in make_batches(EXAMPLES, recipe(audio_only=1.0), 0):
        assert all(batch.hidden)
        assert set(batch.texts) <= {"a bell rings", "someone speaks"}


def test_a_mixed_clip_has_captions_of_all_its_sources():
    examples = [Example(str(i), Path(), tuple((kind, f"{kind}{i}") for kind in ("sight", "sound", "speech")), str(i))
                for i in range(32)]  # fmt: skip
    kinds = set()
    for batch in (batch for epoch in range(4) for batch in make_batches(examples, recipe(mixed=1.0), epoch)):
        for seen, heard, said, text in zip(batch.seen, batch.heard, batch.said, batch.texts, strict=True):
            assert set(text.split(" and ")) <= {f"sight{seen}", f"sound{heard}", f"speech{said}"}
            kinds.add(tuple(kind for kind in ("sight", "sound", "speech") if kind in text))
    assert len(kinds) == 7  # each of them alone, in pairs, and all


def test_a_hidden_clip_is_shown_without_its_frames():
    class Shown:
        def batch(self, seen, heard, said):
            mask = torch.ones(len(seen), 2, dtype=torch.bool)
            return ClipFeatures(torch.ones(len(seen), 2, 4), mask, mask[:, 0], mask[:, 0])

    batch = Batch([0, 1, 2], [0, 1, 2], [0, 1, 2], [False, True, False], ["", "", ""])
    assert read_batch(Shown(), batch).frame_mask.tolist() == [[True] * 2, [False] * 2, [True] * 2]


def test_an_epoch_may_show_every_caption():
    examples = [
        Example(str(i), Path(), tuple(("", f"{i}{letter}") for letter in "abc"[: 1 + i % 3]), str(i)) for i in range(9)
    ]
    batches = make_batches(examples, recipe(every_caption=True, batch=4), 0)
    shown = [pair for batch in batches for pair in zip(batch.seen, batch.texts, strict=True)]
    assert len(batches) == updates_per_epoch(examples, recipe(every_caption=True, batch=4)) == 18 // 4
    assert len(set(shown)) == 16
    assert all(text.startswith(str(index)) for index, text in shown)
    assert all(batch.heard == batch.said == batch.seen for batch in batches)
    assert make_batches(examples, recipe(every_caption=True, batch=4), 1) != batches
    assert updates_per_epoch(examples, recipe(batch=4)) == 9 // 4
