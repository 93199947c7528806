"""The network of PE-AV (arXiv 2512.19687) by transformers, without the parts that compare no text with a clip.

Modules have the names of transformers' `PeAudioVideoModel`, but that each encoder is there once. The image tower is
timm's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModel, PeAudioFeatureExtractor, PeAudioVideoConfig
from transformers.initialization import no_init_weights
from transformers.models.pe_audio_video.modeling_pe_audio_video import PeAudioVideoContrastiveHead, PeAudioVideoEncoder

from hearsight.errors import HearsightError


class PeAvModel(nn.Module):
    """The network, whose weights have to be filled: none are drawn, which would take seconds.

    values: a dictionary of a `PeAudioVideoConfig`. Raises HearsightError for values that transformers cannot take.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__()
        try:
            with no_init_weights():
                self._build(PeAudioVideoConfig.from_dict(dict(values)))
        except Exception as error:  # whatever transformers and timm raise for values that they cannot take
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise HearsightError(f"cannot build the PE-AV: {reason}; download it again, or give another") from error

    def _build(self, config: PeAudioVideoConfig) -> None:
        both, width = config.audio_video_config, config.text_config.hidden_size
        self.text_model = AutoModel.from_config(config.text_config)
        self.audio_video_encoder = PeAudioVideoEncoder(both)
        self.audio_model = _branch("audio", both.audio_config.hidden_size, width)
        self.video_model = _branch("video", both.video_config.hidden_size, width)
        self.audio_video_head = PeAudioVideoContrastiveHead(both.hidden_size, width)
        self.text_audio_video_head = PeAudioVideoContrastiveHead(width, width)
        self.text_audio_video_logit_scale = nn.Parameter(torch.zeros(1))
        self.text_audio_video_logit_bias = nn.Parameter(torch.zeros(1))

    def states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the states of texts before the heads: (N, S) ids, and which of them are tokens -> (N, D)."""
        output = self.text_model(input_ids=ids, attention_mask=mask.long(), output_hidden_states=-1)
        states: Tensor = output.hidden_states[-1][:, 0]
        return states

    def encode(self, pixels: Tensor | None, values: Tensor | None) -> Tensor:
        """Encode a clip: pixels (1, F, 3, H, W), samples (1, 1, T); None for none -> (3, D).

        Returns the vectors of its pictures, of its sound, and of both, with zeros for what it lacks.
        """
        encoder, video, audio, both = self.audio_video_encoder, None, None, None
        if pixels is not None and values is not None:
            output = encoder(input_values=values, pixel_values_videos=pixels)
            video, audio = output.video_model_output.pooler_output, output.audio_model_output.pooler_output
            both = output.pooler_output
        elif pixels is not None:
            video = encoder.embedder.video_encoder(pixels).pooler_output
        elif values is not None:
            audio = encoder.embedder.audio_encoder(values).pooler_output
        heads = self.video_model.video_head, self.audio_model.audio_head, self.audio_video_head
        none = self.text_audio_video_logit_bias.new_zeros(self.audio_video_head.proj.out_features)
        pooled = zip(heads, (video, audio, both), strict=True)
        return torch.stack([none if state is None else head(state)[0].float() for head, state in pooled])


def extractor_of(settings: Mapping[str, Any]) -> Any:
    """Return a feature extractor. Raises HearsightError for settings that transformers cannot take."""
    try:
        return PeAudioFeatureExtractor.from_dict(dict(settings))
    except Exception as error:
        raise HearsightError(f"cannot prepare sounds for the PE-AV: {error}; download it again") from error


def _branch(name: str, width: int, space: int) -> nn.Module:
    """Return the heads of sounds or pictures, and of the texts that are compared with them."""
    branch = nn.Module()
    setattr(branch, f"{name}_head", PeAudioVideoContrastiveHead(width, space))
    setattr(branch, f"text_{name}_head", PeAudioVideoContrastiveHead(space, space))
    setattr(branch, f"text_{name}_logit_scale", nn.Parameter(torch.zeros(1)))
    setattr(branch, f"text_{name}_logit_bias", nn.Parameter(torch.zeros(1)))
    return branch
