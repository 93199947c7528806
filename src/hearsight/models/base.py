"""CLIP4Clip with mean pooling (arXiv 2104.08860): a video is the mean of its frames.

The vision-only baseline of AVIGATE and SAVE, and the class that both extend. It is scored by the same multi-grained
similarity as they are, so that methods differ only in how they represent a video.

A clip without frames (an audio file) has mask False everywhere when it comes in. Nothing was seen, so its frame vectors
are zeros, not the embedding of a black picture. CLIP4Clip has nothing else: the clip's vectors stay zero, its cosine
with every text is 0, and only its transcript can find it. AVIGATE and SAVE fuse what they hear into frame 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from hearsight.models.config import ModelConfig
from hearsight.models.preprocess import ClipInputs, prepare
from hearsight.models.similarity import pool, similarity
from hearsight.models.tokenizer import Tokenizer
from hearsight.towers.clip import ClipTowers
from hearsight.types import ClipFeatures, VideoEmbedding

NOTHING_WITHOUT: frozenset[str] = frozenset()


class VideoTextModel(nn.Module):
    """Mean pooling of CLIP's frames. See `hearsight.load`."""

    branches: tuple[str, ...] = ()  # what it hears beside the frames: of "audio", "speech"
    aligned = False  # whether soft-ALBEF is a part of its training; needs resampled audio

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__()
        self.config = config
        self.tokenizer = tokenizer or Tokenizer()
        self.clip = ClipTowers(config.clip)

    @property
    def width(self) -> int:
        """D: of frame vectors."""
        return self.clip.width

    @property
    def text_width(self) -> int:
        """Of a text's vector, and of a pooled clip's: D, unless a method says otherwise."""
        return self.width

    @property
    def device(self) -> torch.device:
        return self.clip.logit_scale.device

    @property
    def audio_rows(self) -> int | None:
        """Rows of the filterbank it takes, or None for a model that does not listen."""
        return None

    @property
    def fingerprint(self) -> str:
        """Short hash of configuration and weights, the same for every device and dtype."""
        from hearsight.models.load import fingerprint

        return fingerprint(self)

    # Texts

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        """N texts -> (N, words) token ids: start, words, end, cut to length and padded with 0."""
        return self.tokenizer(texts, self.config.words)

    def encode_text(self, token_ids: Tensor) -> Tensor:
        """(N, words) ids -> (N, D) unit vectors."""
        return F.normalize(self.clip.text(token_ids.to(self.device)), dim=-1)

    # Videos

    def prepare(
        self, frames: Sequence[NDArray[np.uint8]], waveform: NDArray[np.float32] | None, transcript: str
    ) -> ClipInputs:
        """The tensors of one clip from its decoded frames, sound and words; see `prepare` in inputs.py."""
        return prepare(self, frames, waveform, transcript)

    def extract(self, clips: ClipInputs) -> ClipFeatures:
        """What the towers make of a batch of B clips: the slow half of `encode_video`."""
        return ClipFeatures(
            frames=self.clip.frames(clips.pixel_values.to(self.device)),
            frame_mask=clips.frame_mask.to(self.device).bool(),
            has_audio=clips.has_audio.to(self.device).bool(),
            has_speech=clips.has_speech.to(self.device).bool(),
        )

    def features(self, clips: ClipInputs | ClipFeatures) -> ClipFeatures:
        """Tower features of a batch, on the model's device: stored ones, or still to be extracted."""
        return self.extract(clips) if isinstance(clips, ClipInputs) else clips.to(self.device)

    def remember(self, features: ClipFeatures) -> ClipFeatures:
        """The same, with what every fusion of them reads: for who fuses them more than once, by this model."""
        return features

    def fuse(self, features: ClipFeatures, without: Collection[str] = NOTHING_WITHOUT) -> VideoEmbedding:
        """Video vectors from tower features: the quick half of `encode_video`.

        without: branches ("audio", "speech") to leave out, to ask what they contribute.
        """
        frames, mask, _ = self.vision(features)
        return embedding(frames, mask, vision=frames)

    def vision(self, features: ClipFeatures) -> tuple[Tensor, Tensor, Tensor]:
        """v0 (B, F, D), the mask of frames that count (B, F), and whether anything was seen (B, 1, 1).

        Where nothing was seen, v0 has no picture in it and frame 0 counts, to hold what else is known.
        """
        seen = features.frame_mask.any(dim=1, keepdim=True)  # (B, 1)
        mask = features.frame_mask.clone()
        mask[:, :1] |= ~seen
        seen = seen[..., None]
        return features.frames.where(seen, 0), mask, seen

    def encode_video(
        self,
        pixel_values: Tensor,
        frame_mask: Tensor,
        filterbank: Tensor | None = None,
        speech_ids: Tensor | None = None,
        has_audio: Tensor | None = None,
        has_speech: Tensor | None = None,
    ) -> VideoEmbedding:
        """Encode B clips, independently of any text (inputs as in docs/reference.md section 1).

        pixel_values: (B, F, 3, H, W). frame_mask: (B, F), nonzero for a real frame. filterbank: (B, T, 128).
        speech_ids: (B, words). has_audio, has_speech: (B,); where false, the clip's filterbank or ids count as zeros.
        Inputs for branches that the model does not have are ignored.
        """
        B = len(pixel_values)
        if has_audio is None:
            has_audio = torch.full((B,), filterbank is not None)
        if has_speech is None:
            has_speech = torch.full((B,), speech_ids is not None)
        return self.fuse(
            self.extract(ClipInputs(pixel_values, frame_mask, has_audio, has_speech, filterbank, speech_ids))
        )

    def similarity(self, text: Tensor, video: VideoEmbedding) -> Tensor:
        """Logits (N, B) of unit text vectors (N, D) with B videos (docs/reference.md section 6)."""
        return similarity(text, video, self.clip.logit_scale.float().exp(), self.config.temperature)

    def losses(self, text: Tensor, video: VideoEmbedding) -> dict[str, Tensor]:
        """Losses of the method's own, by name, added to those that all have (training/objective.py). One that is named
        "contrast" or "soft_albef" takes that one's place; "few_voices" is weighed by the recipe.

        text: (B, D), or as wide as `text_width`. video: B clips, without gates. Text i belongs to clip i.
        """
        return {}

    # Files

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config.json, model.safetensors and the tokenizer, for `hearsight.load`."""
        from hearsight.models.load import save

        save(self, Path(folder))


def embedding(frames: Tensor, mask: Tensor, vision: Tensor, audio: Tensor | None = None) -> VideoEmbedding:
    """Unit frame vectors and their pooled vector (docs/reference.md section 5), in float32."""
    unit = F.normalize(frames.float(), dim=-1)
    return VideoEmbedding(frames=unit, mask=mask, pooled=pool(unit, mask), vision=vision, audio=audio)
