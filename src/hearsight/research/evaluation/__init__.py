"""Evaluation: how well a model retrieves clips by text, and how certain that is."""

from hearsight.research.evaluation.metrics import Metrics, text_to_video, video_to_text
from hearsight.research.evaluation.normalisation import dual_softmax

__all__ = ["Metrics", "dual_softmax", "text_to_video", "video_to_text"]
