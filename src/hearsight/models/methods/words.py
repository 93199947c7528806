"""The method of libraries without sight: it neither sees nor hears, and only what is said is found.

It has no weights to fetch. Every vector is zeros, which searches take for nothing to compare (`words_queries.py`): what
text and sound experts find is all there is. One frame of a clip is decoded, for its picture in results.
"""

from __future__ import annotations

from collections.abc import Collection

from hearsight.errors import HearsightError
from hearsight.models.base import NO_BRANCHES, VideoTextModel, video_embedding
from hearsight.models.catalog import NONE
from hearsight.models.config import ModelConfig
from hearsight.models.tokenizer import BlankTokenizer, Tokenizer
from hearsight.towers.blank_towers import BlankTowers
from hearsight.towers.config import BLANK
from hearsight.types import ClipFeatures, VideoEmbedding

CONFIG = ModelConfig(method="words", clip={"model_type": BLANK}, frames=1, words=1)


class Words(VideoTextModel):
    """A model whose vectors are all zeros."""

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer or BlankTokenizer())
        if not isinstance(self.clip, BlankTowers):
            raise HearsightError(
                f"a '{config.method}' model sees nothing, and has no use for towers or training; use --model {NONE}"
            )

    def fuse(self, features: ClipFeatures, without: Collection[str] = NO_BRANCHES) -> VideoEmbedding:
        frames, mask, _ = self.vision(features)
        return video_embedding(frames, mask, vision=frames)
