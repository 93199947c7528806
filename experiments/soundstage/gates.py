"""What gates do: SAVE's and AVIGATE's to sound that a query may ask for or not, and the weights of Chorus's queries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import hearsight
from hearsight.models.chorus import VOICES, Chorus
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.retrieval import encode_texts
from runs import CHORUS, Plan, Row, features, keep

GATED = ("avigate", "save")
# Clips without speech, by what is on their sound track.
KINDS = ("event alone", "event and distraction", "distraction alone", "silence")


def measure_gates(plan: Plan) -> None:
    """For each method that has gates, and each seed, how wide these are for every clip of the test without speech."""
    rows = [row for row in plan.methods if row.changes.get("method", "save") in GATED]
    keep(plan.record("gates"), [model for row in rows for model in plan.models(row)], lambda: gates(plan, rows))


def gates(plan: Plan, rows: Sequence[Row]) -> dict[str, Any]:
    lines = (plan.data / "test" / "manifest.jsonl").read_text().splitlines()
    kinds = {row["id"]: kind_of(row["scene"]) for row in map(json.loads, lines)}
    clips = features(plan, "test")
    of = np.array([kinds[example.id] for example in clips.examples])
    counts = {kind: int((of == kind).sum()) for kind in KINDS}
    told_of = {row.name: [told(gate_of_clips(model, clips), of) for model in plan.models(row)] for row in rows}
    return {"kinds": counts, **told_of}


def kind_of(scene: dict[str, Any]) -> str:
    if scene["speech"]:
        return "speech"
    if scene["sound"]:
        return KINDS[1] if scene["distraction"] else KINDS[0]
    return KINDS[2] if scene["distraction"] else KINDS[3]


@torch.no_grad()
def gate_of_clips(place: Path, clips: Any) -> NDArray[np.floating]:
    """(N,): the attention gates of the audio branch, their size averaged over blocks."""
    model = hearsight.load(place)
    blocks = [range(start, min(start + 256, len(clips))) for start in range(0, len(clips), 256)]
    return torch.cat([model.fuse(clips.batch(b)).gates["audio"][..., 0].abs().mean(dim=1) for b in blocks]).numpy()


def told(gates: NDArray[np.floating], of: NDArray[np.str_]) -> dict[str, Any]:
    """Quartiles by kind, and how well the gate alone separates an event from a distraction (AUC: 0.5 is not at all)."""
    quartiles = {kind: np.percentile(gates[of == kind], [25, 50, 75]).round(4).tolist() for kind in KINDS}
    return {"quartiles": quartiles, "auc": round(auc(gates[of == KINDS[0]], gates[of == KINDS[2]]), 4)}


def auc(informative: NDArray[np.floating], distracting: NDArray[np.floating]) -> float:
    """How often a gate of the first kind is wider than one of the second; a tie is half."""
    wider = (informative[:, None] > distracting).mean()
    return float(wider + (informative[:, None] == distracting).mean() / 2)


def measure_weights(plan: Plan) -> None:
    """How much of what is seen, heard and said the queries of each group ask of Chorus: the mean weights."""
    keep(plan.record("weights"), plan.models(CHORUS), lambda: weights(plan))


@torch.no_grad()
def weights(plan: Plan) -> dict[str, Any]:
    queries = [caption for example in Split(plan.data / "test").clips for caption in example.captions]
    groups = np.array([group for group, _ in queries])
    found: dict[str, Any] = {group: [] for group in dict.fromkeys(groups.tolist())}
    for place in plan.models(CHORUS):
        model = hearsight.load(place)
        assert isinstance(model, Chorus)
        asked = model.weights_of(encode_texts(model, [text for _, text in queries])).numpy()  # (N, 3)
        for group, seeds in found.items():
            mean = asked[groups == group].mean(axis=0).round(3).tolist()
            seeds.append(dict(zip(VOICES, mean, strict=True)))
    return found
