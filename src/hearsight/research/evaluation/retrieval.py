"""Evaluate a model on clips with captions: every caption searches for its clip among all clips.

Scores are computed for a strip of texts at a time and ranked at once; the matrix of all texts and clips is never held.
Of each clip only the fields that the model's `similarity` reads are held. A method that reads more than pooled and
frame vectors, such as audio tokens, may need megabytes for a clip, and as much for each pair of a text and a clip. Its
clips are therefore encoded anew for each strip, which is then as large as memory allows, and `similarity` is called on
blocks of texts and clips within a budget.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

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
CLIPS = 64  # encoded at once: while towers learn, the frames of each are in memory
SMALL_FIELDS = ("pooled", "frames", "mask")  # few enough numbers to hold for all clips
BUDGET = 256 * 2**20  # bytes for what a similarity reads of all pairs in a block, and for a strip of scores


def evaluate(model: VideoTextModel, clips: ClipSet) -> dict[str, Metrics]:
    """Return text-to-video metrics by kind of caption and for "all captions", and those of "video to text"."""
    return rank(model, clips).metrics()


def rank(model: VideoTextModel, clips: ClipSet, normalisation: Normalisation | None = None) -> Ranking:
    """Rank the clips for every caption, and the captions for every clip.

    Raises HearsightError for clips without captions.
    """
    captions = [(kind, text, index) for index, clip in enumerate(clips.examples) for kind, text in clip.captions]
    if not captions:
        raise HearsightError("the clips have no captions to search with; give a split with captions")
    kinds, texts, indices = zip(*captions, strict=True)
    owner = np.array(indices)
    model.eval()
    videos, vectors = encode_clips(model, clips), encode_texts(model, texts)
    ranks, tie_counts, best, normalise = [], [], None, None
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
        tie_counts.append(tied.sum(axis=1) - 1)
    _, clusters = np.unique([clip.group for clip in clips.examples], return_inverse=True)
    return Ranking(
        captions=_digest([clip.id for clip in clips.examples] + [" ".join(map(str, row)) for row in captions]),
        kinds=kinds,
        owner=owner,
        clusters=clusters,
        texts=np.concatenate(ranks),
        ties=np.concatenate(tie_counts),
        videos=best.ranks() if best else None,
        normalisation=str(normalisation) if normalisation else None,
        model=model.fingerprint,
    )


@dataclass(frozen=True)
class EncodedClips:
    """The clips of a set, encoded in blocks of CLIPS whenever they are iterated over."""

    model: VideoTextModel
    clips: ClipSet

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self.clips)

    @torch.no_grad()
    def __iter__(self) -> Iterator[VideoEmbedding]:
        for start in range(0, len(self.clips), CLIPS):
            batch = self.clips.batch(range(start, min(start + CLIPS, len(self.clips))))
            yield self.model.fuse(self.model.features(batch)).select(self.model.needs)


def encode_clips(model: VideoTextModel, clips: ClipSet) -> Iterable[VideoEmbedding]:
    """Return the clips in encoded blocks: a list, or, if they are too large to hold, encoded whenever iterated over."""
    encoded = EncodedClips(model, clips)
    return encoded if _reads_more(model) else list(encoded)


def _reads_more(model: VideoTextModel) -> bool:
    return not set(model.needs) <= set(SMALL_FIELDS)


@torch.no_grad()
def encode_texts(model: VideoTextModel, texts: Sequence[str]) -> Tensor:
    """Encode N texts: (N, D), or as wide as the model's `text_width`."""
    starts = range(0, len(texts), TEXTS)
    return torch.cat([model.encode_text(model.tokenize(texts[start : start + TEXTS])) for start in starts])


@torch.no_grad()
def score(model: VideoTextModel, texts: Tensor, videos: Iterable[VideoEmbedding]) -> Iterator[Scores]:
    """Yield the logits (n, B) of TEXTS texts, then of the next. texts: (N, D)."""
    strip = TEXTS
    if isinstance(videos, EncodedClips):  # as many texts as fit, float32 and held twice for a moment
        strip = max(1, BUDGET // (2 * 4 * len(videos) * TEXTS)) * TEXTS
    for part in torch.split(texts, strip):
        scores = torch.cat([_logits(model, part, video).float().cpu() for video in videos], dim=1)
        yield from (block.numpy() for block in torch.split(scores, TEXTS))


def _logits(model: VideoTextModel, texts: Tensor, video: VideoEmbedding) -> Tensor:
    """Return the logits (n, b) of texts with a block of clips, calling `similarity` on parts within BUDGET."""
    text_count, clip_count = _part_size(model, video)
    parts = [video]
    if clip_count < len(video.mask):
        rows = torch.arange(len(video.mask), device=video.mask.device)
        parts = [video.take(part) for part in torch.split(rows, clip_count)]
    strips = torch.split(texts, text_count)
    return torch.cat([torch.cat([model.similarity(strip, part) for part in parts], dim=1) for strip in strips])


def _part_size(model: VideoTextModel, video: VideoEmbedding) -> tuple[int, int]:
    """Return how many texts and clips `similarity` takes at once.

    A similarity that reads tokens of a clip may copy them for every text; the budget is for these copies.
    """
    clips = len(video.mask)
    large = [tensor for name, tensor in video.fields(model.needs).items() if name not in SMALL_FIELDS]
    bytes_per_clip = sum(tensor.numel() * tensor.element_size() for tensor in large) // clips
    if not bytes_per_clip:
        return TEXTS, clips
    pairs = max(1, BUDGET // bytes_per_clip)
    clip_count = min(clips, pairs)
    return min(TEXTS, pairs // clip_count), clip_count


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
