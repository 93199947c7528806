"""The losses of the two papers, and of Chorus: one a file."""

from hearsight.training.losses.adaptive_margin import adaptive_margin, adaptive_margin_loss
from hearsight.training.losses.few_voices import few_voices_loss
from hearsight.training.losses.soft_albef import soft_albef_loss, vision_audio_similarity

__all__ = ["adaptive_margin", "adaptive_margin_loss", "few_voices_loss", "soft_albef_loss", "vision_audio_similarity"]
