"""CLIP4Clip with mean pooling (arXiv 2104.08860): a video is the mean of its frames."""

from __future__ import annotations

from hearsight.models.base import VideoTextModel


class CLIP4Clip(VideoTextModel):
    """The vision-only baseline of AVIGATE and SAVE, scored by the same multi-grained similarity."""
