"""What methods with an audio tower share: the tower, the resampler, and positions that tell frames apart.

docs/reference.md sections 1 to 3. Each method defines how it combines sound and frames (methods/).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from hearsight.errors import HearsightError
from hearsight.media.audio import SAMPLE_RATE
from hearsight.models.base import VideoTextModel
from hearsight.models.config import ModelConfig, default_heads
from hearsight.models.layers import Resampler
from hearsight.models.method_options import Count, option
from hearsight.models.preprocess import ClipInputs
from hearsight.models.tokenizer import Tokenizer
from hearsight.towers.ast import AudioTower
from hearsight.towers.filterbank import BINS
from hearsight.types import ClipFeatures


class AudioVisualModel(VideoTextModel):
    """A method with frames, resampled audio, and, where "speech" is a branch, CLIP's tokens of the transcript."""

    @dataclass(frozen=True)
    class Options(VideoTextModel.Options):
        layers: Count = option(4, "layers of the resampler, and of each fusion transformer")
        queries: Count = option(
            12, "learned queries of the resampler: the number of audio tokens that it reduces a clip's sound to"
        )
        heads: Count | None = option(None, "attention heads of the resampler and of fusion; by default width / 64")
        positions: Count = option(77, "position embeddings of frames: the most frames that a clip can have")

    options: Options

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer)
        if config.ast is None:
            raise HearsightError(f"the configuration of a '{config.method}' model lacks 'ast'; it needs an audio tower")
        D, options = self.width, self.options
        self.ast = AudioTower(config.ast)
        self.audio_projection = nn.Linear(self.ast.width, D, bias=False)
        self.resampler = Resampler(D, self.heads, options.layers, options.queries)
        self.frame_position = nn.Embedding(options.positions, D)

    @property
    def heads(self) -> int:
        """Attention heads of the resampler and of fusion."""
        return self.options.heads or default_heads(self.width)

    @property
    def audio_rows(self) -> int | None:
        return self.ast.rows

    @property
    def audio_rate(self) -> int | None:
        return SAMPLE_RATE

    def extract(self, clips: ClipInputs) -> ClipFeatures:
        features = super().extract(clips)
        filterbank = clips.filterbank
        if filterbank is None:
            filterbank = torch.zeros(len(clips.pixel_values), self.ast.rows, BINS)
        audio = self.ast(filterbank.to(self.device) * features.has_audio[:, None, None])
        features.audio = self.ast.average_frequencies(audio) if self.config.average_frequencies else audio
        return features

    def precompute(self, features: ClipFeatures) -> ClipFeatures:
        return replace(super().precompute(features), resampled_audio=self.resample(features))

    def vision(self, features: ClipFeatures) -> tuple[Tensor, Tensor, Tensor]:
        """Add the positions of frames to v0; without frames, v0 is the positions alone."""
        frames, mask, has_frames = super().vision(features)
        return frames + self.frame_position.weight[: frames.shape[1]], mask, has_frames

    def resample(self, features: ClipFeatures) -> Tensor:
        """Return the resampled audio: (B, A, Da) -> (B, Q, D)."""
        if features.resampled_audio is not None:
            return features.resampled_audio
        assert features.audio is not None, "features of a model without an audio tower"
        resampled: Tensor = self.resampler(self.audio_projection(features.audio))
        return resampled
