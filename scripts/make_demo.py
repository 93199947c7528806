"""Make the bundled demo model and demo clips again from nothing: `make demo-model`.

Everything is seeded. Each step goes on where an earlier run was stopped; the work is kept in build/demo. Clips and the
first two runs of towers are those of `make soundstage-report`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import hearsight
from hearsight.cli.main import main

BUILD = Path("build/demo")
BUNDLED = Path(__file__).resolve().parents[1] / "src" / "hearsight" / "demo"
CLIPS = Path("build/soundstage/data")
STEPS = [
    ["soundstage", "render", str(CLIPS), "--size", "standard"],
    ["soundstage", "render", str(BUILD / "clips"), "--split", "demo"],
    ["train", "demo-towers", "--out", str(BUILD / "towers")],
    ["train", "demo-towers-more", "--out", str(BUILD / "towers-more"), "--set", f"start={BUILD / 'towers' / 'model'}"],
    [
        "train", "demo-towers-more", "--out", str(BUILD / "towers-longer"), "--set", "seed=2", "--set", "steps=3000",
        "--set", f"start={BUILD / 'towers-more' / 'model'}",
    ],
    [
        "train", "demo", "--out", str(BUILD / "head"),
        "--set", f"data={CLIPS}", "--set", f"towers={BUILD / 'towers-longer' / 'model'}",
    ],
]  # fmt: skip


def make() -> int:
    for step in STEPS:
        print(">", "hearsight", *step, flush=True)
        if code := main(step):
            return code
    hearsight.load(BUILD / "head" / "model").half().save_pretrained(
        BUNDLED / "model"
    )  # half the size, in every checkout
    for pattern in ("*.mp4", "*.jsonl"):
        replace(BUILD / "clips" / "demo", BUNDLED / "clips", pattern)
    return 0


def replace(source: Path, target: Path, pattern: str) -> None:
    """The files of a pattern in target become those of source."""
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob(pattern):
        old.unlink()
    for new in source.glob(pattern):
        shutil.copy(new, target)


if __name__ == "__main__":
    sys.exit(make())
