"""The losses of the two papers: one a file. A method's own is with the method, as that of Chorus is."""

from hearsight.research.training.losses.adaptive_margin import adaptive_margin, adaptive_margin_loss
from hearsight.research.training.losses.soft_albef import soft_albef_loss, vision_audio_similarity

__all__ = ["adaptive_margin", "adaptive_margin_loss", "soft_albef_loss", "vision_audio_similarity"]
