"""PE-AV (arXiv 2512.19687): pictures, sound, and both together, each in one space with texts.

A public model of Meta, which is searched with as it is published, and not trained here. A clip has three vectors: of
its pictures, of its sound, and of both together. A text has one for each of these. Its logit with a clip is that of
what the clip has: of both together, or of the pictures of a silent clip, or of the sound of an audio file, with the
scale and the bias that belong to it. So the logits of all clips can be compared, and are those that transformers'
`PeAudioVideoModel` computes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

import torch
from torch import Tensor

from hearsight.models.base import NO_BRANCHES, VideoTextModel
from hearsight.models.config import ModelConfig
from hearsight.models.preprocess import ClipInputs
from hearsight.models.tokenizer import Tokenizer
from hearsight.towers.pe_av_towers import SPACES, PeAvTowers, check_towers
from hearsight.types import ClipFeatures, VideoEmbedding


class PerceptionEncoder(VideoTextModel):
    """A PE-AV. Searches do what is done here with texts in NumPy (perception_encoder_queries.py).

    pooled: (B, 3D), the vectors of pictures and of sound, and zeros. joint: (B, D), that of both together.
    """

    branches: ClassVar[tuple[str, ...]] = ("audio",)
    needs: ClassVar[tuple[str, ...]] = ("pooled", "frames", "joint")

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer)
        check_towers(self.clip, config.method)

    @property
    def towers(self) -> PeAvTowers:
        towers: Any = self.clip
        return towers  # type: ignore[no-any-return]

    @property
    def text_width(self) -> int:
        return len(SPACES) * self.towers.space

    @property
    def audio_rate(self) -> int | None:
        return self.towers.rate

    def encode_text(self, token_ids: Tensor) -> Tensor:
        """(N, S) ids -> (N, 3D): a vector for pictures, for sound, and for both, each times its scale."""
        return self.towers.text(token_ids.to(self.device))

    def extract(self, clips: ClipInputs) -> ClipFeatures:
        """Run the towers on each clip by itself: clips have sounds of different lengths, and padding changes vectors.

        Returns features whose audio is (B, 3, D), by SPACES.
        """
        pictures, mask = clips.pixel_values.to(self.device), clips.frame_mask.to(self.device).bool()
        sounds = clips.sounds or [torch.empty(0)] * len(pictures)
        rows = zip(pictures, mask, sounds, strict=True)
        return ClipFeatures(
            frames=pictures.new_zeros(*mask.shape, self.width),
            frame_mask=mask,
            has_audio=clips.has_audio.to(self.device).bool(),
            has_speech=clips.has_speech.to(self.device).bool(),
            audio=torch.stack([self.towers.clip(frames[real], sound) for frames, real, sound in rows]),
        )

    def fuse(self, features: ClipFeatures, without: Collection[str] = NO_BRANCHES) -> VideoEmbedding:
        frames, mask, _ = self.vision(features)
        assert features.audio is not None, "features of another model"
        seen, heard, joint = features.audio.unbind(dim=1)  # (B, D) each
        if "audio" in without:
            heard, joint = torch.zeros_like(heard), torch.zeros_like(joint)
        pooled = torch.cat([seen, heard, torch.zeros_like(joint)], dim=-1)
        return VideoEmbedding(frames, mask, pooled.float(), vision=frames, extra={"joint": joint.float()})

    def similarity(self, text: Tensor, video: VideoEmbedding) -> Tensor:
        """Return logits (N, B), by what each clip has."""
        seen_and_heard = video.pooled.chunk(len(SPACES), dim=-1)[:2]
        vectors = [*seen_and_heard, video.field("joint")]
        parts = zip(text.chunk(len(SPACES), dim=-1), vectors, strict=True)
        by_space = torch.stack([part @ clips.T for part, clips in parts])
        logits = by_space + self.towers.biases()[:, None, None]  # 3 N B
        seen, _, joint = (clips.any(dim=-1) for clips in vectors)
        return torch.where(joint, logits[2], torch.where(seen, logits[0], logits[1]))
