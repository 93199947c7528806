"""How long a training step takes: towers run in every step, as published, and on their stored features.

    python benchmarks/training_step.py
    python benchmarks/training_step.py --batch 16 --rounds 5 --json

SAVE at the sizes of CLIP ViT-B/32 and AST-base, random weights, float32. A step is forward, loss, backward, clipping
and optimiser, by the code that trains (`Objective`, `parameter_groups`, `make_optimizer`, `update`). All clips have
twelve frames, sound and a transcript of 30 words; captions have 9 words.

The published way: CLIP (images and texts) and AST run on tensors in every step and CLIP learns, AST but for its final
norm does not. Decoding is not counted: it is what loading.py measures. Ours: the same step with `frozen_towers`, from
the table of stored features, whose reading is counted. CLIP's text tower learns in both. The last way hears AST's
patches as one token a moment (`average_frequencies`), which changes what the resampler reads.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness import SIZES, Taken, build_model, compared, machine, make_features, sentence, take_turns, tell
from hearsight.models.preprocess import ClipInputs
from hearsight.research.training.objective import Objective
from hearsight.research.training.parameters import parameter_groups
from hearsight.research.training.recipe import MethodRecipe
from hearsight.research.training.run import make_optimizer, update
from hearsight.towers.filterbank import BINS

STORED = 128  # clips in each table
PUBLISHED, FEATURES, AVERAGED = "published", "ours, stored features", "ours, frequencies averaged"


def stepper(model: Any, frozen: bool, batch: int, read: Callable[[], Any]) -> Callable[[], None]:
    """One step of training after another. read: the clips of a batch."""
    recipe = MethodRecipe(kind="method", towers="", data="", frozen_towers=frozen, batch=batch)
    optimizer = make_optimizer(parameter_groups(model, recipe), recipe)
    objective = Objective(model, recipe).train()
    random = np.random.default_rng(0)
    teacher = torch.from_numpy(random.uniform(-1, 1, (batch, batch)).astype(np.float32))

    def step() -> None:
        texts = [sentence(random, 9) for _ in range(batch)]
        losses = objective(read(), model.tokenize(texts), teacher)
        update(model, optimizer, torch.stack([*losses.values()]).sum(), 0.5, recipe.warmup, "a step")

    return step


def inputs(model: Any, stored: Any, batch: int) -> ClipInputs:
    """What towers take, of random numbers."""
    F, size = model.config.frames, model.clip.image_size
    yes = torch.ones(batch, dtype=torch.bool)
    return ClipInputs(
        pixel_values=torch.randn(batch, F, 3, size, size),
        frame_mask=torch.ones(batch, F, dtype=torch.bool),
        has_audio=yes,
        has_speech=yes,
        filterbank=torch.randn(batch, model.ast.rows, BINS),
        speech_ids=stored.speech_ids[:batch],
    )


def measure(at: Path, size: str, batch: int, rounds: int) -> dict[str, list[Taken]]:
    """What a step takes, by way and round."""
    learning = build_model(at / "learning", "save", size)
    frozen = build_model(at / "frozen", "save", size)
    stored = make_features(at / "features", frozen, STORED)
    averaged = make_features(at / "averaged", frozen, STORED, averaged=True)
    clips, random = inputs(learning, stored, batch), np.random.default_rng(0)

    def drawn() -> list[int]:
        places: list[int] = random.choice(STORED, batch, replace=False).tolist()
        return places

    return take_turns(
        {
            PUBLISHED: stepper(learning, False, batch, lambda: clips),
            FEATURES: stepper(frozen, True, batch, lambda: stored.batch(drawn())),
            AVERAGED: stepper(frozen, True, batch, lambda: averaged.batch(drawn())),
        },
        rounds,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8, help="clips a step")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", default="published", choices=SIZES, help="of the towers")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()

    on = machine()
    with tempfile.TemporaryDirectory() as folder:
        taken = measure(Path(folder), asked.size, asked.batch, asked.rounds)
    title = f"a training step of {asked.batch} clips, {asked.size} towers, median of {asked.rounds} rounds"
    results = {name: list(map(asdict, each)) for name, each in taken.items()}
    tell(on, [(title, compared(taken, "s a step", 1))], results, asked.json)


if __name__ == "__main__":
    main()
