"""The losses of the two papers, one in each file. A loss of one method alone is in the method's class."""

from hearsight.research.training.losses.adaptive_margin import adaptive_margin, adaptive_margin_loss
from hearsight.research.training.losses.soft_albef import soft_albef_loss, vision_audio_similarity

__all__ = ["adaptive_margin", "adaptive_margin_loss", "soft_albef_loss", "vision_audio_similarity"]
