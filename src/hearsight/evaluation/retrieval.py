"""A model on a set of clips with captions: recall by kind of caption."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hearsight.datasets.features import FeatureSet
from hearsight.evaluation.metrics import Metrics, text_ranks, video_to_text
from hearsight.models.clip4clip import CLIP4Clip

BLOCK = 256


@torch.no_grad()
def evaluate(model: CLIP4Clip, clips: FeatureSet) -> dict[str, Metrics]:
    """Text-to-video by kind of caption, for "all captions", and "video to text".

    Every caption is a query of its own and ranks all clips of the set.
    """
    model.eval()
    captions = [(kind, text, place) for place, example in enumerate(clips.examples) for kind, text in example.captions]
    owner = np.array([place for _, _, place in captions])
    scores = similarities(model, [text for _, text, _ in captions], clips).numpy()
    ranks = text_ranks(scores, owner)
    kinds = np.array([kind for kind, _, _ in captions])
    report = {kind: Metrics.of(ranks[kinds == kind]) for kind in dict.fromkeys(kinds.tolist()) if kind}
    return {**report, "all captions": Metrics.of(ranks), "video to text": video_to_text(scores, owner)}


def similarities(model: CLIP4Clip, texts: list[str], clips: FeatureSet) -> Tensor:
    """(N, B) logits of every text with every clip, in blocks."""
    blocks = [texts[start : start + BLOCK] for start in range(0, len(texts), BLOCK)]
    vectors = torch.cat([model.encode_text(model.tokenize(block)) for block in blocks])
    columns = []
    for start in range(0, len(clips), BLOCK):
        video = model.fuse(clips.batch(range(start, min(start + BLOCK, len(clips)))))
        columns.append(torch.cat([model.similarity(part, video) for part in torch.split(vectors, BLOCK)]))
    return torch.cat(columns, dim=1)
