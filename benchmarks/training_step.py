"""Measures a training step: with towers that run in every step, as published, and on their stored features.

    python benchmarks/training_step.py
    python benchmarks/training_step.py --batch 16 --rounds 5 --json

SAVE at the sizes of CLIP ViT-B/32 and AST-base, random weights, float32. A step is forward, loss, backward, clipping
and optimiser, by the code that trains (`Objective`, `parameter_groups`, `make_optimizer`, `update`). All clips have
twelve frames, sound and a transcript of 30 words; captions have 9 words.

The published way: CLIP (images and texts) and AST run on tensors in every step and CLIP learns, AST but for its final
norm does not. Decoding is not counted: training_input.py measures it. Ours: the same step with `frozen_towers`, from
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

from harness import (
    SIZES,
    Timing,
    build_model,
    comparison_rows,
    machine,
    make_features,
    print_results,
    sentence,
    take_turns,
)
from hearsight.models.preprocess import ClipInputs
from hearsight.research.training.objective import Objective
from hearsight.research.training.parameters import parameter_groups
from hearsight.research.training.recipe import MethodRecipe
from hearsight.research.training.run_folder import make_optimizer, update
from hearsight.towers.filterbank import BINS

TABLE_SIZE = 128  # clips in each table
PUBLISHED, FEATURES, AVERAGED = "published", "ours, stored features", "ours, frequencies averaged"


def stepper(model: Any, frozen: bool, batch: int, read: Callable[[], Any]) -> Callable[[], None]:
    """Return a function that does one training step. read: returns the clips of a batch."""
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


def inputs(model: Any, features: Any, batch: int) -> ClipInputs:
    """Draw random inputs of the towers."""
    F, size = model.config.frames, model.clip.image_size
    yes = torch.ones(batch, dtype=torch.bool)
    return ClipInputs(
        pixel_values=torch.randn(batch, F, 3, size, size),
        frame_mask=torch.ones(batch, F, dtype=torch.bool),
        has_audio=yes,
        has_speech=yes,
        filterbank=torch.randn(batch, model.ast.rows, BINS),
        speech_ids=features.speech_ids[:batch],
    )


def measure(folder: Path, size: str, batch: int, rounds: int) -> dict[str, list[Timing]]:
    """Time a step, by way and round."""
    learning = build_model(folder / "learning", "save", size)
    frozen = build_model(folder / "frozen", "save", size)
    features = make_features(folder / "features", frozen, TABLE_SIZE)
    averaged = make_features(folder / "averaged", frozen, TABLE_SIZE, averaged=True)
    clips, random = inputs(learning, features, batch), np.random.default_rng(0)

    def drawn() -> list[int]:
        rows: list[int] = random.choice(TABLE_SIZE, batch, replace=False).tolist()
        return rows

    return take_turns(
        {
            PUBLISHED: stepper(learning, False, batch, lambda: clips),
            FEATURES: stepper(frozen, True, batch, lambda: features.batch(drawn())),
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
    options = parser.parse_args()

    hardware = machine()
    with tempfile.TemporaryDirectory() as folder:
        taken = measure(Path(folder), options.size, options.batch, options.rounds)
    title = f"a training step of {options.batch} clips, {options.size} towers, median of {options.rounds} rounds"
    results = {name: list(map(asdict, each)) for name, each in taken.items()}
    print_results(hardware, [(title, comparison_rows(taken, "s a step", 1))], results, options.json)


if __name__ == "__main__":
    main()
