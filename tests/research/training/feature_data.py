"""Training data for a test of a second: stored features from which the caption can be inferred."""

import json
from pathlib import Path

import lancedb
import torch

import hearsight
from hearsight.models.feature_rows import as_rows
from hearsight.research.training.recipe import MethodRecipe
from hearsight.types import ClipFeatures
from tests.builders import tiny_model

WORDS = ["doctor", "yellow", "bicycle", "bell"]


def made_up(folder: Path, towers: Path, clips: int = 16) -> Path:
    """Write a data folder with stored features, whose media files do not exist."""
    model = hearsight.load(towers)
    generator = torch.Generator().manual_seed(0)
    kinds = torch.arange(clips) % len(WORDS)
    F, D, Da = model.config.frames, model.width, model.ast.width
    pictures = torch.randn(len(WORDS), 1, D, generator=generator)
    tokens = torch.randn(len(WORDS), 1, Da, generator=generator)
    features = ClipFeatures(
        frames=pictures[kinds] + 0.1 * torch.randn(clips, F, D, generator=generator),
        frame_mask=torch.ones(clips, F, dtype=torch.bool),
        has_audio=torch.ones(clips, dtype=torch.bool),
        has_speech=torch.zeros(clips, dtype=torch.bool),
        audio=tokens[kinds] + 0.1 * torch.randn(clips, 9, Da, generator=generator),
    )
    for split in ("train", "validation"):
        split_folder = folder / split
        split_folder.mkdir(parents=True)
        rows = as_rows([f"clip{i}" for i in range(clips)], features)
        lancedb.connect(str(split_folder / "features")).create_table(model.towers_fingerprint, rows)
        with (split_folder / "manifest.jsonl").open("w") as manifest:
            for i, kind in enumerate(kinds):
                captions = [{"kind": modality, "text": WORDS[kind]} for modality in ("sight", "sound")]
                twin = {"group": f"g{i // 2}"}
                row = {"id": f"clip{i}", "path": f"clip{i}.mp4", "captions": captions, "twin": twin}
                manifest.write(json.dumps(row) + "\n")
    return folder


def made_up_recipe(folder: Path, clips: int = 16, **changes) -> MethodRecipe:
    """Return a recipe for made-up data and tiny towers, which are written to the folder."""
    tiny_model(folder / "towers", "avigate").half().save_pretrained(folder / "towers")
    made_up(folder / "data", folder / "towers", clips)
    values = {
        "kind": "method", "towers": str(folder / "towers"), "data": str(folder / "data"), "recogniser": "none",
        "epochs": 3, "batch": 8, "options": {"layers": 1, "queries": 4, "heads": 2}, "learning_rate": 3e-3,
        "clip_learning_rate": 3e-3, "freeze_embeddings": False, "query_factor": 1, "audio_only": 0.3,
    }  # fmt: skip
    if changes.get("method") == "clip4clip":
        values["options"] = {}  # it has none
    return MethodRecipe(**{**values, **changes})
