"""Chorus: what is seen, heard and said keep voices of their own, and the query says which of them to listen to.

AVIGATE and SAVE add what is heard and said to the frames. Every query then meets all of it: one about the picture
meets the words that were spoken over it, and a gate that must be set before the query is known cannot help. Here a
clip is three voices side by side, and the gates are the query's: a small network reads them from its text. There is no
fusion transformer, so a clip costs less than with SAVE; vectors stay independent of each other, as a library needs it.

What each part is for, and what was tried and left out: docs/research.md.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.base import NOTHING_WITHOUT
from hearsight.models.config import ModelConfig
from hearsight.models.layers import QuickGELU
from hearsight.models.similarity import masked_mean, pool, similarity
from hearsight.models.tokenizer import Tokenizer
from hearsight.types import ClipFeatures, VideoEmbedding

VOICES = ("sight", "audio", "speech")


class Chorus(AudioVisualModel):
    branches: tuple[str, ...] = VOICES[1:]
    aligned = True

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer)
        D = self.width
        self.audio_voice = nn.Sequential(nn.LayerNorm(D), nn.Linear(D, D))
        self.speech_voice = nn.Sequential(nn.LayerNorm(D), nn.Linear(D, D))
        self.absent = nn.Parameter(torch.zeros(len(self.branches), D))
        self.questions = nn.ModuleList(question(D) for _ in VOICES)
        self.weights = nn.Sequential(nn.Linear(D, D), QuickGELU(), nn.Linear(D, len(VOICES)))

    @property
    def text_width(self) -> int:
        return len(VOICES) * self.width

    def encode_text(self, token_ids: Tensor) -> Tensor:
        """(N, words) ids -> (N, 3D): a question to each voice, as long as the weight of its answer.

        The weights of a text are positive and add up to 1.
        """
        text = F.normalize(self.clip.text(token_ids.to(self.device)), dim=-1)  # (N, D)
        weights = self.weigh(text).T[..., None]  # (3, N, 1)
        asked = [F.normalize(ask(text), dim=-1) if self.config.questions else text for ask in self.questions]
        return torch.cat([weight * each for weight, each in zip(weights, asked, strict=True)], dim=-1).float()

    def weigh(self, text: Tensor) -> Tensor:
        """(N, D) -> (N, 3): how much a text asks of what is seen, heard and said."""
        scores: Tensor = self.weights(text)
        return (scores if self.config.weighed else torch.zeros_like(scores)).softmax(dim=-1)

    def weights_of(self, text: Tensor) -> Tensor:
        """The weights (N, 3) that are in texts' vectors (N, 3D)."""
        weights: Tensor = text.view(len(text), len(VOICES), self.width).norm(dim=-1)
        return weights

    def fuse(self, features: ClipFeatures, without: Collection[str] = NOTHING_WITHOUT) -> VideoEmbedding:
        """Video vectors from tower features. pooled: (B, 3D), a voice after the other; frames: of the first alone.

        A voice is a unit vector, or what was learned for its absence; without it, zeros.
        """
        v0, mask, seen = self.vision(features)
        sight = v0 * seen
        frames = F.normalize(sight.float(), dim=-1)
        audio, voices = None, {}
        if "audio" not in without:
            audio = self.resample(features)
            voices["audio"] = self.audio_voice(audio).mean(dim=1), features.has_audio
        if "speech" not in without:
            speech = self.speech_voice(self.read(features))
            voices["speech"] = masked_mean(speech, features.words), features.has_speech
        pooled = [pool(frames, mask)]
        for branch, absent in zip(self.branches, self.absent, strict=True):
            if branch not in voices:
                pooled.append(torch.zeros_like(pooled[0]))
                continue
            voice, there = voices[branch]
            voice = F.normalize(voice.float(), dim=-1)
            pooled.append(voice.where(there[:, None], absent) if self.config.absence else voice)
        return VideoEmbedding(frames, mask, torch.cat(pooled, dim=-1), vision=sight, audio=audio)

    def similarity(self, text: Tensor, video: VideoEmbedding) -> Tensor:
        """Multi-grained as that of the other methods, where only what is seen has finer grains than the clip."""
        D, scale = self.width, self.clip.logit_scale.float().exp()
        seen = replace(video, pooled=video.pooled[:, :D])
        sight = similarity(text[:, :D], seen, scale, self.config.temperature)
        return sight + scale * text[:, D:] @ video.pooled[:, D:].T

    def losses(self, text: Tensor, video: VideoEmbedding) -> dict[str, Tensor]:
        return {"few_voices": few_voices_loss(self.weights_of(text))}


def question(width: int) -> nn.Linear:
    """What a text asks of one voice: at first, the text itself."""
    layer = nn.Linear(width, width)
    nn.init.eye_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def few_voices_loss(weights: Tensor) -> Tensor:
    """Mean entropy of the weights that texts give to voices, in nats: 0 where each listens to one alone.

    weights: (N, V), positive, adding up to 1. In training, what a picture happens to sound like tells one clip from
    another: a little is gained by listening to it, and lost on clips that sound otherwise. A small price on every
    further voice leaves those that a text speaks of, which gain much.
    """
    return -(weights * weights.clamp(min=1e-6).log()).sum(dim=-1).mean()
