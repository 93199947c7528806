"""Measures the audio gates of SAVE and AVIGATE by the kind of sound, and the weights of Chorus's queries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import hearsight
from hearsight.models.methods.chorus import VOICES, Chorus
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.retrieval import encode_texts
from runs import CHORUS, Plan, Row, features, keep

GATED = ("avigate", "save")
# Clips without speech, by what is on their sound track.
KINDS = ("event alone", "event and distraction", "distraction alone", "silence")


def measure_gates(plan: Plan) -> None:
    """Record how wide the gates are on test clips without speech, for each method with gates and each seed."""
    rows = [row for row in plan.methods if row.changes.get("method", "save") in GATED]
    keep(plan.record("gates"), [model for row in rows for model in plan.models(row)], lambda: gates(plan, rows))


def gates(plan: Plan, rows: Sequence[Row]) -> dict[str, Any]:
    lines = (plan.data / "test" / "manifest.jsonl").read_text().splitlines()
    kind_of_clip = {row["id"]: sound_kind(row["scene"]) for row in map(json.loads, lines)}
    clips = features(plan, "test")
    kinds = np.array([kind_of_clip[example.id] for example in clips.examples])
    counts = {kind: int((kinds == kind).sum()) for kind in KINDS}
    methods = {row.name: [summarise(gate_sizes(model, clips), kinds) for model in plan.models(row)] for row in rows}
    return {"kinds": counts, **methods}


def sound_kind(scene: dict[str, Any]) -> str:
    if scene["speech"]:
        return "speech"
    if scene["sound"]:
        return KINDS[1] if scene["distraction"] else KINDS[0]
    return KINDS[2] if scene["distraction"] else KINDS[3]


@torch.no_grad()
def gate_sizes(folder: Path, clips: Any) -> NDArray[np.floating]:
    """Return (N,): the size of the audio branch's attention gates, averaged over blocks."""
    model = hearsight.load(folder)
    blocks = [range(start, min(start + 256, len(clips))) for start in range(0, len(clips), 256)]
    return torch.cat([model.fuse(clips.batch(b)).gates["audio"][..., 0].abs().mean(dim=1) for b in blocks]).numpy()


def summarise(gates: NDArray[np.floating], kinds: NDArray[np.str_]) -> dict[str, Any]:
    """Return quartiles by kind, and how well the gate separates an event from a distraction (AUC; 0.5 is chance)."""
    quartiles = {kind: np.percentile(gates[kinds == kind], [25, 50, 75]).round(4).tolist() for kind in KINDS}
    return {"quartiles": quartiles, "auc": round(auc(gates[kinds == KINDS[0]], gates[kinds == KINDS[2]]), 4)}


def auc(informative: NDArray[np.floating], distracting: NDArray[np.floating]) -> float:
    """Return how often a gate of the first kind is wider than one of the second; a tie counts half."""
    wider = (informative[:, None] > distracting).mean()
    return float(wider + (informative[:, None] == distracting).mean() / 2)


def measure_weights(plan: Plan) -> None:
    """Record the mean weights that the queries of each group give to what is seen, heard and said in Chorus."""
    keep(plan.record("weights"), plan.models(CHORUS), lambda: weights(plan))


@torch.no_grad()
def weights(plan: Plan) -> dict[str, Any]:
    queries = [caption for example in Split(plan.data / "test").clips for caption in example.captions]
    groups = np.array([group for group, _ in queries])
    means: dict[str, Any] = {group: [] for group in dict.fromkeys(groups.tolist())}
    for folder in plan.models(CHORUS):
        model = hearsight.load(folder)
        assert isinstance(model, Chorus)
        query_weights = model.weights_of(encode_texts(model, [text for _, text in queries])).numpy()  # (N, 3)
        for group, seeds in means.items():
            mean = query_weights[groups == group].mean(axis=0).round(3).tolist()
            seeds.append(dict(zip(VOICES, mean, strict=True)))
    return means
