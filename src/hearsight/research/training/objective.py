"""The objective of training: adaptive-margin contrastive loss, a method's own losses, and soft-ALBEF with a teacher."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hearsight.models.base import VideoTextModel
from hearsight.models.preprocess import ClipInputs
from hearsight.research.training.gather import gather, gather_video
from hearsight.research.training.losses import adaptive_margin, adaptive_margin_loss, soft_albef_loss
from hearsight.research.training.recipe import MethodRecipe
from hearsight.types import ClipFeatures, VideoEmbedding


class Objective(nn.Module):
    """A model with its losses, as one module, so that a wrapper for several processes sees the complete step."""

    def __init__(self, model: VideoTextModel, recipe: MethodRecipe) -> None:
        super().__init__()
        self.model = model
        self.recipe = recipe

    def forward(
        self, clips: ClipInputs | ClipFeatures, token_ids: Tensor, teacher: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return the losses of a batch by name; their sum is minimised.

        clips, token_ids: the rows of this process. teacher: M0 of the complete batch (B, B).
        """
        features = self.model.features(clips)
        text, video = gather(self.model.encode_text(token_ids)), gather_video(self.model.fuse(features))
        # A clip that is shown without its frames has no vision to align.
        aligned = gather(features.has_audio & features.frame_mask.any(dim=1))
        # Never in bfloat16, which rounds a logit of 60 to a multiple of a quarter.
        with torch.autocast(self.model.device.type, enabled=False):
            return self.losses(text, video, aligned, teacher)

    def losses(self, text: Tensor, video: VideoEmbedding, aligned: Tensor, teacher: Tensor | None) -> dict[str, Tensor]:
        """Return the losses as `forward` does. text, video: of the batch. aligned: (B,), clips for soft-ALBEF."""
        model, recipe = self.model, self.recipe
        margin = adaptive_margin(text, video, recipe.margin_weight, recipe.margin_limit)
        scale = model.clip.logit_scale.float().exp()
        losses = {"contrast": adaptive_margin_loss(model.similarity(text, video), margin, scale)}
        if teacher is not None:
            losses["soft_albef"] = recipe.soft_albef * soft_albef_loss(video, teacher, aligned)
        for name, loss in model.losses(text, video).items():
            weight = recipe.losses.get(name, 1.0)
            if weight:
                losses[name] = weight * loss
        return losses
