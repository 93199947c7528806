"""Recognising a checkpoint by the names of its tensors (docs/reference.md section 10)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from torch import Tensor

from hearsight.errors import HearsightError

Published = Literal["avigate", "save", "clip4clip"]

# The prefix of the names of a kind of checkpoint: the kind, and the prefix that AVIGATE's and SAVE's have before it.
KINDS = {"clip.visual.": ("", ""), "visual.": ("clip", "clip."), "v.": ("ast", "clip.audio.")}
# Tensors that are not used: of no branch, derived from others, sizes, and classifiers.
USELESS = re.compile(
    r"asr_query_tokens|(clip\.)?(input_resolution|context_length|vocab_size)|(.+\.)?(position_ids|attn_mask)"
    r"|(clip\.audio\.)?(v\.head|v\.head_dist|mlp_head)\..+"
)
# CLIP4Clip's similarities that are more than mean pooling.
UNSUPPORTED_HEADS = {"lstm_visual.": "seqLSTM", "cross.": "tightTransf", "transformerClip.": "seqTransf"}
BY_TRANSFORMERS = ("text_model.", "vision_model.", "clip.model.", "audio_spectrogram_transformer.", "embeddings.")


@dataclass(frozen=True)
class Contents:
    """A recognised checkpoint.

    source: its name in messages. format: of the file, in words. kind: a method, "seqTransf" or another head of
    CLIP4Clip, "clip" for OpenAI's CLIP, or "ast". method: to convert it to; None for an AST. weights: the tensors that
    are used, by the names that AVIGATE and SAVE give them, in the file's dtypes. root: the prefix that these names have
    and the file's have not. prefixed: whether a prefix `module.` was removed. left_out: names in the file of tensors
    that are not used.
    """

    source: str
    format: str
    kind: str
    method: Published | None
    weights: dict[str, Tensor]
    root: str
    prefixed: bool
    left_out: list[str]

    @property
    def converted(self) -> dict[str, int]:
        """The number of tensors of each dtype that are converted to float32."""
        dtypes = Counter(str(tensor.dtype).removeprefix("torch.") for tensor in self.weights.values())
        return {dtype: count for dtype, count in sorted(dtypes.items()) if dtype != "float32"}


def recognise(loaded: object, source: str, format: str, method: str | None = None) -> Contents:
    """Tell what was loaded. method: what it must be; None to find out.

    Raises HearsightError for what holds no state dict, what nobody knows, and a checkpoint of another method.
    """
    if method not in (None, *get_args(Published)):
        raise HearsightError(f"unknown published method '{method}'; choose one of {', '.join(get_args(Published))}")
    tensors = _state_dict(loaded, source)
    names = [name.removeprefix("module.") for name in tensors]
    kind, root = _kind(names, source)
    if kind == "":
        kind = recognised = _method(names)
    else:
        recognised = "clip4clip" if kind == "clip" else "ast"
    target = _target(recognised, method, source)
    weights, left_out = {}, []
    for name, (original, tensor) in zip(names, tensors.items(), strict=True):
        if _is_used(root + name, target, towers_alone=method == "clip4clip"):
            weights[root + name] = tensor
        else:
            left_out.append(original)
    prefixed = any(name.startswith("module.") for name in tensors)
    return Contents(source, format, kind, target, weights, root, prefixed, sorted(left_out))


def _state_dict(loaded: object, source: str) -> Mapping[str, Any]:
    """Return the named tensors of what was loaded; OpenAI's files also have sizes as numbers."""
    if not isinstance(loaded, Mapping):
        raise HearsightError(
            f"cannot convert {source}: it holds no state dict but a {type(loaded).__name__}; save model.state_dict()"
        )
    if not loaded:
        raise HearsightError(f"cannot convert {source}: it holds no tensors; save model.state_dict()")
    extra = [n for n, value in loaded.items() if not isinstance(value, Tensor) and not USELESS.fullmatch(str(n))]
    if not extra:
        return {str(name): value for name, value in loaded.items()}
    inner = [n for n in extra if isinstance(loaded[n], Mapping) and _all_tensors(loaded[n])]
    listed = ", ".join(repr(name) for name in extra[:5])
    line = f"torch.load(FILE, weights_only=True)[{inner[0]!r}]" if inner else "model.state_dict()"
    raise HearsightError(
        f"cannot convert {source}: it holds more than a state dict ({listed}), like a training state; save the weights "
        f"alone: torch.save({line}, 'plain.pt')"
    )


def _all_tensors(value: Mapping[str, Any]) -> bool:
    return bool(value) and all(isinstance(tensor, Tensor) for tensor in value.values())


def _kind(names: Collection[str], source: str) -> tuple[str, str]:
    """Return the kind and the prefix of KINDS. "" is a training output, whose method `_method` recognises."""
    if any(name.removeprefix("clip.").startswith("visual.layer1.") for name in names):
        raise HearsightError(
            f"cannot convert {source}: its image tower is a ResNet, and Hearsight's are vision transformers; "
            "give a CLIP with ViT in its name"
        )
    for prefix, kind in KINDS.items():
        if any(name.startswith(prefix) for name in names):
            return kind
    if any(name.startswith(BY_TRANSFORMERS) for name in names):
        raise HearsightError(
            f"cannot convert {source}: its names are those of transformers or Hearsight, which need no conversion; "
            "give its folder as the model"
        )
    first = ", ".join(sorted(names)[:3])
    raise HearsightError(
        f"cannot convert {source}: it is not a checkpoint of AVIGATE, SAVE, CLIP4Clip, OpenAI's CLIP or AST; "
        f"it has tensors like {first}; give one of these"
    )


def _method(names: Collection[str]) -> str:
    """Return the method of a training output, or the name of a head of CLIP4Clip that Hearsight does not have."""

    def has(*prefixes: str) -> bool:
        return any(name.startswith(prefixes) for name in names)

    if has("Audio_Resampler.", "transformerClip_ASR.", "asr_query_tokens"):
        return "save"
    if has("transformer_Fusion.", "query_tokens") or (has("clip.audio.") and has("transformerClip.")):
        return "avigate"
    return next((head for prefix, head in UNSUPPORTED_HEADS.items() if has(prefix)), "clip4clip")


def _target(recognised: str, method: str | None, source: str) -> Published | None:
    """Return the method to convert to. Raises HearsightError if the checkpoint is not of the method that was given."""
    if recognised == "ast":
        if method:
            raise HearsightError(
                f"{source} is an AST, an audio tower, and not a checkpoint of {method}; leave the method out"
            )
        return None
    if method == "clip4clip":  # every checkpoint has CLIP towers
        return "clip4clip"
    if recognised in UNSUPPORTED_HEADS.values():
        raise HearsightError(
            f"cannot convert {source}: it is a CLIP4Clip with the {recognised} head, which Hearsight does not have; "
            "give the method clip4clip to convert its CLIP towers alone, with mean pooling"
        )
    if method and method != recognised:
        raise HearsightError(f"{source} is a checkpoint of {recognised}, not of {method}; give that method, or none")
    return cast(Published, recognised)


def _is_used(name: str, method: Published | None, towers_alone: bool) -> bool:
    if USELESS.fullmatch(name):
        return False
    if method == "clip4clip" and name.startswith(("clip.audio.", "clip.audio_projection")):
        return False
    return name.startswith("clip.") or not towers_alone
