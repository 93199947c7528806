"""How well a model retrieves."""

from hearsight.evaluation.metrics import Metrics, dual_softmax, text_to_video, video_to_text

__all__ = ["Metrics", "dual_softmax", "text_to_video", "video_to_text"]
