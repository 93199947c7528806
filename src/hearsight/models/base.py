"""The interface of a method (`VideoTextModel`), and what all methods share.

A method encodes a video without knowing a text, and compares the two by `similarity`. A video takes the path
`encode_video` -> `extract` (towers) -> `fuse` (the method); a text takes `encode_text`. There is no `forward`: the two
inputs meet only in `similarity`, and in training in the losses (research/training/objective.py). A subclass
defines `fuse`, and whatever else differs from the class below: docs/new-method.md shows how.

A clip without frames (an audio file) has mask False everywhere when it comes in. CLIP's vectors are then zeros, not the
embedding of a black picture, and only frame 0 counts. AVIGATE and SAVE add sound and speech to it; Chorus keeps them
in `pooled`; CLIP4Clip has only zeros: the cosine with every text is 0, and only the clip's transcript can be found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from hearsight.errors import HearsightError
from hearsight.models.config import ModelConfig
from hearsight.models.fingerprint import fingerprint, towers_fingerprint
from hearsight.models.layers import multi_grained_similarity, pool
from hearsight.models.method_options import changed_options, known_options, plain_options, read_options
from hearsight.models.preprocess import ClipInputs, prepare, read_files
from hearsight.models.tokenizer import Tokenizer
from hearsight.models.weights import save_model
from hearsight.towers.clip import ClipTowers
from hearsight.towers.image_text import image_text_towers
from hearsight.types import ClipFeatures, VideoEmbedding

NO_BRANCHES: frozenset[str] = frozenset()


class VideoTextModel(nn.Module):
    """A method: towers of pictures and texts with a way to represent videos and texts, and to compare them.

    clip: the towers, CLIP's, SigLIP's, PE-AV's or blank ones.

    branches: what is used besides the frames, of "audio" and "speech". needs: the fields of `VideoEmbedding` that
    `similarity` reads ("frames" brings "mask"; a name of `extra` is allowed). loss_weights: the weight of each of the
    method's own losses, which recipes can change. soft_albef: whether soft-ALBEF is a part of its training; it needs
    resampled audio.
    """

    branches: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ("pooled", "frames")
    loss_weights: ClassVar[Mapping[str, float]] = {}
    soft_albef: ClassVar[bool] = False

    @dataclass(frozen=True)
    class Options:
        """The method's options; see `hearsight.models.method_options`."""

    options: Options  # again in each subclass that has options: mypy has to know its own class of them

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__()
        method = type(self)
        options: Any = read_options(method, {**known_options(method, config.former), **config.options})
        self.options = options
        self.config = config.complete(plain_options(method, options))
        self.tokenizer = tokenizer or Tokenizer()
        self.clip = image_text_towers(config.clip)
        if "speech" in self.branches and not isinstance(self.clip, ClipTowers):
            raise HearsightError(
                f"a '{config.method}' model reads speech by CLIP's vectors of tokens, and other towers have none; "
                "give the towers of a CLIP"
            )

    @property
    def width(self) -> int:
        """D, the width of frame vectors."""
        return self.clip.width

    @property
    def text_width(self) -> int:
        """The width of a text's vector, and of a pooled clip's: D, unless a method says otherwise."""
        return self.width

    @property
    def device(self) -> torch.device:
        return self.clip.logit_scale.device

    @property
    def audio_rows(self) -> int | None:
        """Rows of the filterbank that the model takes, or None for a model without an audio tower."""
        return None

    @property
    def audio_rate(self) -> int | None:
        """The rate of the sound that the model takes, in Hz, or None for a model that does not hear."""
        return None

    @property
    def fingerprint(self) -> str:
        """Short hash of configuration and weights, the same for every device and dtype."""
        return fingerprint(self.config, changed_options(self.options), self.state_dict())

    @property
    def towers_fingerprint(self) -> str:
        """Short hash of the image and the audio tower, the same for all methods on the same towers."""
        return towers_fingerprint(self.config, self.state_dict())

    # Texts

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        """N texts -> (N, words) token ids: start, words, end, cut to length and padded (CLIP's with 0)."""
        return self.tokenizer(texts, self.config.words)

    def encode_text(self, token_ids: Tensor) -> Tensor:
        """(N, words) ids -> (N, D) unit vectors."""
        return F.normalize(self.clip.text(token_ids.to(self.device)), dim=-1)

    @torch.no_grad()
    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """N texts, as they are written -> (N, D) unit vectors, or as wide as `text_width`."""
        return self.encode_text(self.tokenize(texts))

    # Videos

    def prepare(
        self, frames: Sequence[NDArray[np.uint8]], waveform: NDArray[np.float32] | None, transcript: str
    ) -> ClipInputs:
        """Return the tensors of one clip from its decoded frames, sound and words; see `prepare` in preprocess.py."""
        return prepare(self, frames, waveform, transcript)

    def extract(self, clips: ClipInputs) -> ClipFeatures:
        """Run the towers on a batch of B clips: the slow half of `encode_video`."""
        features = ClipFeatures(
            frames=self.clip.frames(clips.pixel_values.to(self.device)),
            frame_mask=clips.frame_mask.to(self.device).bool(),
            has_audio=clips.has_audio.to(self.device).bool(),
            has_speech=clips.has_speech.to(self.device).bool(),
        )
        if "speech" in self.branches:
            speech_ids = clips.speech_ids
            if speech_ids is None:
                speech_ids = torch.zeros(len(clips.pixel_values), self.config.words, dtype=torch.long)
            features.speech_ids = speech_ids.to(self.device) * features.has_speech[:, None]
        return features

    def features(self, clips: ClipInputs | ClipFeatures) -> ClipFeatures:
        """Return the tower features of a batch, on the model's device: extracted, or as they were stored."""
        return self.extract(clips) if isinstance(clips, ClipInputs) else clips.to(self.device)

    def precompute(self, features: ClipFeatures) -> ClipFeatures:
        """Return features with the tensors that every `fuse` computes from them, so that they are computed once.

        For callers that fuse the same features several times, each time without another branch.
        """
        return replace(features, speech_tokens=self.speech_tokens(features)) if "speech" in self.branches else features

    def fuse(self, features: ClipFeatures, without: Collection[str] = NO_BRANCHES) -> VideoEmbedding:
        """Return video vectors from tower features: the quick half of `encode_video`.

        without: branches ("audio", "speech") to leave out, to measure what they contribute.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define fuse(features, without)")

    def speech_tokens(self, features: ClipFeatures) -> Tensor:
        """Return CLIP's tokens of the transcript: (B, S) -> (B, S, D)."""
        if features.speech_tokens is not None:
            return features.speech_tokens
        assert features.speech_ids is not None, "features of a model that does not read speech"
        assert isinstance(self.clip, ClipTowers)  # see `__init__`
        tokens: Tensor = self.clip.tokens(features.speech_ids)
        return tokens

    def vision(self, features: ClipFeatures) -> tuple[Tensor, Tensor, Tensor]:
        """Return v0 (B, F, D), the mask of frames that count (B, F), and has_frames (B, 1, 1), False for an audio file.

        Where a clip has no frames, v0 has no picture in it and frame 0 counts, to hold what the other branches add.
        """
        has_frames = features.frame_mask.any(dim=1, keepdim=True)  # (B, 1)
        mask = features.frame_mask.clone()
        mask[:, :1] |= ~has_frames
        has_frames = has_frames[..., None]  # (B, 1, 1)
        return features.frames.where(has_frames, 0), mask, has_frames

    def encode_video(
        self,
        pixel_values: Tensor,
        frame_mask: Tensor,
        filterbank: Tensor | None = None,
        speech_ids: Tensor | None = None,
        has_audio: Tensor | None = None,
        has_speech: Tensor | None = None,
        sounds: list[Tensor] | None = None,
    ) -> VideoEmbedding:
        """Encode B clips, independently of any text (inputs as in docs/reference.md section 1). Gradients flow.

        pixel_values: (B, F, 3, H, W). frame_mask: (B, F), nonzero for a real frame. filterbank: (B, T, 128).
        speech_ids: (B, words). has_audio, has_speech: (B,); where false, the clip's filterbank or ids count as zeros.
        sounds: as in `ClipInputs`.
        Inputs for branches that the model does not have are ignored.
        """
        B = len(pixel_values)
        if has_audio is None:
            has_audio = torch.full((B,), filterbank is not None)
        if has_speech is None:
            has_speech = torch.full((B,), speech_ids is not None)
        return self.fuse(
            self.extract(ClipInputs(pixel_values, frame_mask, filterbank, speech_ids, has_audio, has_speech, sounds))
        )

    @torch.no_grad()
    def encode_files(self, paths: Iterable[str | Path], recogniser: str = "none") -> VideoEmbedding:
        """Encode B video or audio files, each as one clip from its beginning to its end.

        recogniser: what turns speech into text ("auto", "moonshine", "whisper"), for a model that reads it; "none":
        subtitles in the file or beside it are read, and no speech is recognised.
        Raises HearsightError for a file that cannot be read.
        """
        return VideoEmbedding.join([self.fuse(self.extract(clip)) for clip in read_files(self, paths, recogniser)])

    # Both

    def similarity(self, text: Tensor, video: VideoEmbedding) -> Tensor:
        """Return logits (N, B) of texts with B videos (docs/reference.md section 6).

        text: (N, D) unit vectors; Chorus has (N, 3D), whose parts are as long as their weights.
        """
        return multi_grained_similarity(text, video, self.clip.logit_scale.float().exp(), self.config.temperature)

    def losses(self, text: Tensor, video: VideoEmbedding) -> dict[str, Tensor]:
        """Return the method's own losses by name, each times its weight added to those that all methods have.

        One named "contrast" or "soft_albef" replaces the loss of that name (research/training/objective.py). A weight
        is that of the recipe's `losses`, else of `loss_weights`, else 1 (for "soft_albef" the recipe's `soft_albef`).
        With a weight of 0 a loss is left out, and the one that it replaces, too.
        text: (B, D), or as wide as `text_width`. video: B clips, without gates. Text i belongs to clip i.
        """
        return {}

    # Files

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config.json, model.safetensors and the tokenizer, for `hearsight.load`."""
        save_model(Path(folder), self.config, self.state_dict(), self.tokenizer)


def video_embedding(
    frames: Tensor,
    mask: Tensor,
    vision: Tensor,
    audio: Tensor | None = None,
    gates: Mapping[str, Tensor] | None = None,
    extra: Mapping[str, Tensor] | None = None,
) -> VideoEmbedding:
    """Return unit frame vectors and their pooled vector (docs/reference.md section 5), in float32.

    frames: (B, F, D) of any length. vision, audio, gates, extra: as in VideoEmbedding, unchanged.
    """
    unit = F.normalize(frames.float(), dim=-1)
    return VideoEmbedding(unit, mask, pool(unit, mask), vision, audio, dict(gates or {}), dict(extra or {}))
