"""What a checkpoint is, told from the names of its tensors (docs/reference.md section 10)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from torch import Tensor

from hearsight.errors import HearsightError

Published = Literal["avigate", "save", "clip4clip"]

# The first part of the names, and what all names of that kind have more in AVIGATE's and SAVE's checkpoints.
KINDS = {"clip.visual.": ("", ""), "visual.": ("clip", "clip."), "v.": ("ast", "clip.audio.")}
# Beside tensors of use: of no branch, derived from others, sizes, and heads that classify.
USELESS = re.compile(
    r"asr_query_tokens|(clip\.)?(input_resolution|context_length|vocab_size)|(.+\.)?(position_ids|attn_mask)"
    r"|(clip\.audio\.)?(v\.head|v\.head_dist|mlp_head)\..+"
)
# CLIP4Clip's similarities that are more than mean pooling.
OTHER_HEADS = {"lstm_visual.": "seqLSTM", "cross.": "tightTransf", "transformerClip.": "seqTransf"}
BY_TRANSFORMERS = ("text_model.", "vision_model.", "clip.model.", "audio_spectrogram_transformer.", "embeddings.")


@dataclass(frozen=True)
class Contents:
    """A checkpoint whose tensors are told apart.

    source: what it is called in messages. format: of the file, in words. kind: whose it is: a method's, "seqTransf" or
    another head of CLIP4Clip, "clip" for OpenAI's CLIP, or "ast". method: what to make of it; None for an AST. weights:
    what is of use, as AVIGATE and SAVE name it, in the file's dtypes. root: what these names have more than the file's.
    prefixed: whether `module.` was taken off. left_out: names in the file of what is of no use.
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
        """How many tensors of each other dtype become float32."""
        dtypes = Counter(str(tensor.dtype).removeprefix("torch.") for tensor in self.weights.values())
        return {dtype: count for dtype, count in sorted(dtypes.items()) if dtype != "float32"}


def recognise(loaded: object, source: str, format: str, method: str | None = None) -> Contents:
    """Tell what was loaded. method: what it must be; None to find out.

    Raises HearsightError for what holds no state dict, what nobody knows, and a checkpoint of another method.
    """
    if method not in (None, *get_args(Published)):
        raise HearsightError(f"unknown published method '{method}'; choose one of {', '.join(get_args(Published))}")
    named = _state_dict(loaded, source)
    names = [name.removeprefix("module.") for name in named]
    kind, root = _kind(names, source)
    if kind == "":
        kind = found = _method(names)
    else:
        found = "clip4clip" if kind == "clip" else "ast"
    chosen = _agreed(found, method, source)
    kept, left_out = {}, []
    for name, (original, tensor) in zip(names, named.items(), strict=True):
        if _of_use(root + name, chosen, towers_alone=method == "clip4clip"):
            kept[root + name] = tensor
        else:
            left_out.append(original)
    prefixed = any(name.startswith("module.") for name in named)
    return Contents(source, format, kind, chosen, kept, root, prefixed, sorted(left_out))


def _state_dict(loaded: object, source: str) -> Mapping[str, Any]:
    """Named tensors, beside which OpenAI's sizes may stand as numbers."""
    if not isinstance(loaded, Mapping):
        raise HearsightError(
            f"cannot convert {source}: it holds no state dict but a {type(loaded).__name__}; save model.state_dict()"
        )
    if not loaded:
        raise HearsightError(f"cannot convert {source}: it holds no tensors; save model.state_dict()")
    others = [n for n, value in loaded.items() if not isinstance(value, Tensor) and not USELESS.fullmatch(str(n))]
    if not others:
        return {str(name): value for name, value in loaded.items()}
    inner = [n for n in others if isinstance(loaded[n], Mapping) and _all_tensors(loaded[n])]
    told = ", ".join(repr(name) for name in others[:5])
    line = f"torch.load(FILE, weights_only=True)[{inner[0]!r}]" if inner else "model.state_dict()"
    raise HearsightError(
        f"cannot convert {source}: it holds more than a state dict ({told}), as training states do; save the weights "
        f"alone: torch.save({line}, 'plain.pt')"
    )


def _all_tensors(value: Mapping[str, Any]) -> bool:
    return bool(value) and all(isinstance(tensor, Tensor) for tensor in value.values())


def _kind(names: Collection[str], source: str) -> tuple[str, str]:
    """Of KINDS. "" is a training output, whose method is told by more of its names."""
    if any(name.removeprefix("clip.").startswith("visual.layer1.") for name in names):
        raise HearsightError(
            f"cannot convert {source}: its image tower is a ResNet, and Hearsight's are vision transformers; "
            "give a CLIP with ViT in its name"
        )
    for beginning, kind in KINDS.items():
        if any(name.startswith(beginning) for name in names):
            return kind
    if any(name.startswith(BY_TRANSFORMERS) for name in names):
        raise HearsightError(
            f"cannot convert {source}: its names are those of transformers or Hearsight, which need no converting; "
            "give the folder that it is in wherever a model is asked for"
        )
    some = ", ".join(sorted(names)[:3])
    raise HearsightError(
        f"cannot convert {source}: it is no checkpoint of AVIGATE, SAVE, CLIP4Clip, OpenAI's CLIP or AST; "
        f"it has tensors like {some}"
    )


def _method(names: Collection[str]) -> str:
    """The method of a training output, or the name of a head of CLIP4Clip that Hearsight does not have."""

    def has(*beginnings: str) -> bool:
        return any(name.startswith(beginnings) for name in names)

    if has("Audio_Resampler.", "transformerClip_ASR.", "asr_query_tokens"):
        return "save"
    if has("transformer_Fusion.", "query_tokens") or (has("clip.audio.") and has("transformerClip.")):
        return "avigate"
    return next((head for beginning, head in OTHER_HEADS.items() if has(beginning)), "clip4clip")


def _agreed(found: str, method: str | None, source: str) -> Published | None:
    """What is made of a checkpoint, if what it is and what is asked for go together."""
    if found == "ast":
        if method:
            raise HearsightError(
                f"{source} is an AST, an audio tower, and no checkpoint of {method}; leave the method out"
            )
        return None
    if method == "clip4clip":  # the towers of any of them are one
        return "clip4clip"
    if found in OTHER_HEADS.values():
        raise HearsightError(
            f"cannot convert {source}: it is CLIP4Clip's with the {found} head, which Hearsight does not have; "
            "the method clip4clip, if you name it, takes its CLIP towers alone and pools them by the mean"
        )
    if method and method != found:
        raise HearsightError(f"{source} is a checkpoint of {found}, not of {method}; name that method, or none")
    return cast(Published, found)


def _of_use(name: str, method: Published | None, towers_alone: bool) -> bool:
    if USELESS.fullmatch(name):
        return False
    if method == "clip4clip" and name.startswith(("clip.audio.", "clip.audio_projection")):
        return False
    return name.startswith("clip.") or not towers_alone
