"""A model on a set of clips with captions: every caption asks for its clip among all.

Scores are made for a block of texts at a time and ranked at once. What is held are the encoded clips, the texts'
vectors, a strip of scores (TEXTS, B), and for video-to-text (B, B): never (N, B).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.research.datasets.clip_set import ClipSet
from hearsight.research.evaluation.metrics import BestCaptions, Metrics, Scores, text_ranks, ties
from hearsight.research.evaluation.normalisation import Normalisation
from hearsight.research.evaluation.ranking import Ranking
from hearsight.types import VideoEmbedding

TEXTS = 256  # scored at once
CLIPS = 64  # encoded at once: where towers learn, each has its frames in memory


def evaluate(model: VideoTextModel, clips: ClipSet) -> dict[str, Metrics]:
    """Text-to-video by kind of caption, for "all captions", and "video to text"."""
    return rank(model, clips).metrics()


def rank(model: VideoTextModel, clips: ClipSet, normalisation: Normalisation | None = None) -> Ranking:
    """Where every caption ranks its clip, and every clip its captions.

    Raises HearsightError for clips without captions.
    """
    captions = [(kind, text, place) for place, example in enumerate(clips.examples) for kind, text in example.captions]
    if not captions:
        raise HearsightError("the clips have no captions to ask for; give a split with captions")
    kinds, texts, places = zip(*captions, strict=True)
    owner = np.array(places)
    model.eval()
    videos, vectors = encode_clips(model, clips), encode_texts(model, texts)
    ranks, beside, best, normalise = [], [], None, None
    if normalisation:
        bank = vectors if normalisation.bank is None else encode_texts(model, normalisation.bank)
        normalise = normalisation.fit(score(model, bank, videos))
    else:
        best = BestCaptions(len(clips))
    for number, scores in enumerate(score(model, vectors, videos)):
        right = owner[number * TEXTS : (number + 1) * TEXTS]
        if best:
            best.add(scores, right)
        tied = ties(scores, right)
        ranks.append(text_ranks(normalise(scores) if normalise else scores, right, tied))
        beside.append(tied.sum(axis=1) - 1)
    _, clusters = np.unique([example.group for example in clips.examples], return_inverse=True)
    return Ranking(
        captions=_digest([example.id for example in clips.examples] + [" ".join(map(str, row)) for row in captions]),
        kinds=kinds,
        owner=owner,
        clusters=clusters,
        texts=np.concatenate(ranks),
        ties=np.concatenate(beside),
        videos=best.ranks() if best else None,
        normalisation=str(normalisation) if normalisation else None,
        model=model.fingerprint,
    )


@torch.no_grad()
def encode_clips(model: VideoTextModel, clips: ClipSet) -> list[VideoEmbedding]:
    """The clips in blocks, encoded."""
    starts = range(0, len(clips), CLIPS)
    batches = (clips.batch(range(start, min(start + CLIPS, len(clips)))) for start in starts)
    return [_scored(model.fuse(model.features(batch))) for batch in batches]


def _scored(video: VideoEmbedding) -> VideoEmbedding:
    """What similarity reads of it: the vectors before fusion and the audio, which losses read, are twice as much."""
    return replace(video, vision=video.vision[:0].clone(), audio=None)


@torch.no_grad()
def encode_texts(model: VideoTextModel, texts: Sequence[str]) -> Tensor:
    """(N, D), or what `text_width` says."""
    starts = range(0, len(texts), TEXTS)
    return torch.cat([model.encode_text(model.tokenize(texts[start : start + TEXTS])) for start in starts])


@torch.no_grad()
def score(model: VideoTextModel, texts: Tensor, videos: list[VideoEmbedding]) -> Iterator[Scores]:
    """Logits (n, B) of TEXTS texts, then of the next. texts: (N, D)."""
    for block in torch.split(texts, TEXTS):
        logits = torch.cat([model.similarity(block, video) for video in videos], dim=1)
        yield logits.float().cpu().numpy()


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
