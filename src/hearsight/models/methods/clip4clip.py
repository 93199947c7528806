"""CLIP4Clip with mean pooling (arXiv 2104.08860): a video is the mean of its frames."""

from __future__ import annotations

from collections.abc import Collection

from hearsight.models.base import NO_BRANCHES, VideoTextModel, video_embedding
from hearsight.types import ClipFeatures, VideoEmbedding


class CLIP4Clip(VideoTextModel):
    """The baseline of AVIGATE and SAVE, which uses frames alone.

    The paper scores a video by the cosine of its pooled vector. Here it is scored by the multi-grained similarity of
    AVIGATE and SAVE, so that methods differ only in how they represent a video (docs/research.md).
    """

    def fuse(self, features: ClipFeatures, without: Collection[str] = NO_BRANCHES) -> VideoEmbedding:
        frames, mask, _ = self.vision(features)
        return video_embedding(frames, mask, vision=frames)
