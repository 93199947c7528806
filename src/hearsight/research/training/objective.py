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
        self, clips: ClipInputs | ClipFeatures, token_ids: Tensor, teacher_cosines: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return the losses of a batch by name; their sum is minimised.

        clips, token_ids: the rows of this process. teacher_cosines: M0 of soft-ALBEF, (B, B), of the complete batch;
        None: no soft-ALBEF.
        """
        features = self.model.features(clips)
        text, video = gather(self.model.encode_text(token_ids)), gather_video(self.model.fuse(features))
        text, video = text.float(), video.map(lambda tensor: tensor.float() if tensor.is_floating_point() else tensor)
        has_both = gather(features.has_audio & features.frame_mask.any(dim=1))
        # Losses are never computed in bfloat16, which rounds a logit of 60 to a multiple of a quarter.
        with torch.autocast(self.model.device.type, enabled=False):
            return self.losses(text, video, has_both, teacher_cosines)

    def losses(
        self, text: Tensor, video: VideoEmbedding, has_both: Tensor, teacher_cosines: Tensor | None
    ) -> dict[str, Tensor]:
        """Return the losses of the complete batch by name, weighted.

        has_both: (B,), clips with sound and with frames; soft-ALBEF compares these.
        A loss of the method that is called "contrast" or "soft_albef" takes the place of that one. Its weight is that
        of the recipe's `losses` (which hold the method's `loss_weights`), else 1, for "soft_albef" `recipe.soft_albef`.
        With a weight of 0 there is no loss of that name.
        """
        model, recipe = self.model, self.recipe
        margin = adaptive_margin(text, video, recipe.margin_weight, recipe.margin_limit)
        scale = model.clip.logit_scale.float().exp()
        losses = {"contrast": adaptive_margin_loss(model.similarity(text, video), margin, scale)}
        if teacher_cosines is not None:
            losses["soft_albef"] = recipe.soft_albef * soft_albef_loss(video, teacher_cosines, has_both)
        for name, loss in model.losses(text, video).items():
            weight = recipe.losses.get(name, recipe.soft_albef if name == "soft_albef" else 1.0)
            if weight:
                losses[name] = weight * loss
            else:
                losses.pop(name, None)
        return losses
