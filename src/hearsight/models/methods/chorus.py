"""Chorus: picture, sound and speech keep voices of their own, and the query decides which of them to listen to.

AVIGATE and SAVE add sound and speech to the frames. Every query then meets all of it: one about the picture meets the
words that were spoken over it, and a gate that must be set before the query is known cannot help. In Chorus a clip is
three voices side by side, and the gates belong to the query: a small network reads them from its text. There is no
fusion transformer, so a clip costs less than with SAVE; vectors of clips and of texts stay independent of each other,
as a library needs it.

It stands on query-weighted mixtures of experts: MoEE (Miech et al. 2018), Collaborative Experts (Liu et al. 2019) and
MMT (Gabeur et al. 2020).

What each part is for, and what was tried and left out: docs/research.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.base import NO_BRANCHES
from hearsight.models.config import ModelConfig
from hearsight.models.layers import QuickGELU, masked_mean, multi_grained_similarity, pool
from hearsight.models.method_options import option
from hearsight.models.tokenizer import Tokenizer
from hearsight.types import ClipFeatures, VideoEmbedding

VOICES = ("sight", "audio", "speech")


class Chorus(AudioVisualModel):
    """A method that keeps three voices of a clip, and gives each text three questions and weights.

    Searches do what is done here with texts in NumPy (chorus_queries.py).
    """

    branches: ClassVar[tuple[str, ...]] = VOICES[1:]
    soft_albef: ClassVar[bool] = True
    loss_weights: ClassVar[Mapping[str, float]] = {"few_voices": 0.6}

    @dataclass(frozen=True)
    class Options(AudioVisualModel.Options):
        query_weights: bool = option(True, "a text weights the voices; otherwise all of them count the same")
        query_projections: bool = option(True, "a text has a question of its own for each voice")
        learned_absence: bool = option(
            True, "a clip without sound or speech has a learned vector in its place, not what zeros give"
        )

    options: Options

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer)
        D = self.width
        self.audio_voice = nn.Sequential(nn.LayerNorm(D), nn.Linear(D, D))
        self.speech_voice = nn.Sequential(nn.LayerNorm(D), nn.Linear(D, D))
        self.absent = nn.Parameter(torch.zeros(len(self.branches), D))
        self.questions = nn.ModuleList(identity_projection(D) for _ in VOICES)
        self.weights = nn.Sequential(nn.Linear(D, D), QuickGELU(), nn.Linear(D, len(VOICES)))

    @property
    def text_width(self) -> int:
        return len(VOICES) * self.width

    def encode_text(self, token_ids: Tensor) -> Tensor:
        """(N, words) ids -> (N, 3D): a question to each voice, whose length is the weight of its answer.

        The weights of a text are positive and add up to 1.
        """
        text = super().encode_text(token_ids)  # (N, D)
        weights = self.weigh(text).T[..., None]  # (3, N, 1)
        if self.options.query_projections:
            questions = [F.normalize(project(text), dim=-1) for project in self.questions]  # 3 x (N, D)
        else:
            questions = [text for _ in VOICES]
        return torch.cat([w * question for w, question in zip(weights, questions, strict=True)], dim=-1).float()

    def weigh(self, text: Tensor) -> Tensor:
        """Return how much a text asks for picture, sound and speech: (N, D) -> (N, 3)."""
        scores: Tensor = self.weights(text)
        return (scores if self.options.query_weights else torch.zeros_like(scores)).softmax(dim=-1)

    def weights_of(self, text: Tensor) -> Tensor:
        """Return the weights (N, 3) that are in texts' vectors (N, 3D)."""
        weights: Tensor = text.view(len(text), len(VOICES), self.width).norm(dim=-1)
        return weights

    def fuse(self, features: ClipFeatures, without: Collection[str] = NO_BRANCHES) -> VideoEmbedding:
        """Return video vectors from tower features. pooled: (B, 3D), one voice after the other; frames: sight alone.

        A voice is a unit vector, or the learned vector of its absence; a branch that is left out gives zeros.
        """
        v0, mask, has_frames = self.vision(features)  # (B, F, D), (B, F), (B, 1, 1)
        sight = v0 * has_frames
        frames = F.normalize(sight.float(), dim=-1)
        audio, voices = None, {}
        if "audio" not in without:
            audio = self.resample(features)  # (B, Q, D)
            voices["audio"] = self.audio_voice(audio).mean(dim=1), features.has_audio
        if "speech" not in without:
            speech = self.speech_voice(self.speech_tokens(features))  # (B, S, D)
            voices["speech"] = masked_mean(speech, features.words), features.has_speech
        pooled = [pool(frames, mask)]  # (B, D) each
        for branch, absent in zip(self.branches, self.absent, strict=True):
            if branch not in voices:
                pooled.append(torch.zeros_like(pooled[0]))
                continue
            voice, present = voices[branch]
            voice = F.normalize(voice.float(), dim=-1)
            pooled.append(voice.where(present[:, None], absent) if self.options.learned_absence else voice)
        return VideoEmbedding(frames, mask, torch.cat(pooled, dim=-1), vision=sight, audio=audio)

    def similarity(self, text: Tensor, video: VideoEmbedding) -> Tensor:
        """Return logits (N, B): multi-grained for sight, as in the other methods, plus the weighted others."""
        D, scale = self.width, self.clip.logit_scale.float().exp()
        # The sight part alone, as a video with one voice.
        sight = VideoEmbedding.from_fields({"pooled": video.pooled[:, :D], "frames": video.frames, "mask": video.mask})
        logits = multi_grained_similarity(text[:, :D], sight, scale, self.config.temperature)
        return logits + scale * text[:, D:] @ video.pooled[:, D:].T

    def losses(self, text: Tensor, video: VideoEmbedding) -> dict[str, Tensor]:
        return {"few_voices": few_voices_loss(self.weights_of(text))}


def identity_projection(width: int) -> nn.Linear:
    """Return the projection of a text to its question for one voice: at first, the text itself."""
    layer = nn.Linear(width, width)
    nn.init.eye_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def few_voices_loss(weights: Tensor) -> Tensor:
    """Return the mean entropy of the weights that texts give to voices, in nats: 0 where each weights one alone.

    weights: (N, V), positive, adding up to 1. In training, how a picture happens to sound tells one clip from
    another: listening to it gains a little, and loses on clips that sound otherwise. A small price on every further
    voice keeps those that a text speaks of, which gain much.
    """
    return -(weights * weights.clamp(min=1e-6).log()).sum(dim=-1).mean()
