"""Checkpoints of the published AVIGATE, SAVE and CLIP4Clip programs (docs/reference.md section 10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isqrt
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file
from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.models.checkpoint import build, load_weights
from hearsight.models.clip4clip import CLIP4Clip
from hearsight.models.config import ModelConfig
from hearsight.models.tokens import Tokenizer
from hearsight.towers.filterbank import BINS

Weights = Mapping[str, Tensor]

# Published name -> ours, tried in order; the first that matches is applied, then those of what it leaves.
_CLIP = {
    "clip.logit_scale": "logit_scale",
    "clip.token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "clip.positional_embedding": "text_model.embeddings.position_embedding.weight",
    "clip.text_projection": "text_projection.weight",
    "clip.visual.class_embedding": "vision_model.embeddings.class_embedding",
    "clip.visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "clip.visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "clip.visual.proj": "visual_projection.weight",
}
_CLIP_PREFIXES = {
    "clip.ln_final.": "text_model.final_layer_norm.",
    "clip.visual.ln_pre.": "vision_model.pre_layrnorm.",
    "clip.visual.ln_post.": "vision_model.post_layernorm.",
    "clip.transformer.resblocks.": "text_model.encoder.layers.",
    "clip.visual.transformer.resblocks.": "vision_model.encoder.layers.",
}
_CLIP_LAYER = {
    "attn.out_proj": "self_attn.out_proj",
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
_AST = {
    "cls_token": "embeddings.cls_token",
    "dist_token": "embeddings.distillation_token",
    "pos_embed": "embeddings.position_embeddings",
    "patch_embed.proj": "embeddings.patch_embeddings.projection",
    "norm": "layernorm",
}
_AST_LAYER = {
    "attn.proj": "attention.o_proj",
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}
_FUSION = {
    "transformer_Fusion.resblocks.": "resampler.blocks.",
    "Audio_Resampler.resblocks.": "resampler.blocks.",
    "transformerClip.resblocks.": "audio_fusion.blocks.",
    "transformerClip_ASR.resblocks.": "speech_fusion.blocks.",
}
_FUSION_LAYER = {
    "cross_attn": "cross_attention",
    "attn": "self_attention",
    "attn_gate.ag_fc": "attention_gate.0",
    "attn_gate.ag_proj": "attention_gate.2",
    "ff_gate.fg_fc": "mlp_gate.0",
    "ff_gate.fg_proj": "mlp_gate.2",
    "cross_ff.cross_fc": "cross_mlp.expand",
    "cross_ff.cross_proj": "cross_mlp.project",
    "mlp.c_fc": "mlp.expand",
    "mlp.c_proj": "mlp.project",
    "ln_1": "norm1",
    "ln_2": "norm2",
    "ln_3": "norm3",
    "ln_4": "norm4",
}
_HEAD = {
    "query_tokens": "resampler.queries",
    "query_position_embeddings.weight": "resampler.position",
    "frame_position_embeddings.weight": "frame_position.weight",
    "clip.audio_projection": "audio_projection.weight",
}
# OpenAI's projections multiply from the right, a Linear's weight from the left.
_TRANSPOSED = {"clip.text_projection", "clip.visual.proj", "clip.audio_projection"}
_UNUSED = {"asr_query_tokens"}


def load_published(
    state_dict_or_path: Weights | str | Path,
    method: Literal["avigate", "save", "clip4clip"],
    fusion_heads: int | None = None,
    start_id: int = 49406,
    end_id: int = 49407,
) -> CLIP4Clip:
    """A model from a checkpoint of the published programs.

    state_dict_or_path: tensors by their published names, or a file of them (safetensors, or a state dict saved by
    torch, read without executing pickled code). Sizes are read off the tensors. fusion_heads: of the resampler and the
    fusion transformers, width // 64 unless given. start_id, end_id: the vocabulary's special tokens.
    Raises HearsightError for a file that cannot be read, and for tensors missing, unknown or of a wrong shape.
    """
    source, weights = "the given state dict", state_dict_or_path
    if isinstance(weights, (str, Path)):
        source, weights = str(weights), _read(Path(weights))
    weights = {name.removeprefix("module."): tensor.float() for name, tensor in weights.items()}
    if "clip.visual.conv1.weight" not in weights:
        raise HearsightError(f"{source} is no checkpoint of {method}: it has no 'clip.visual.conv1.weight'")
    if method == "clip4clip":  # the towers of any of them are a CLIP4Clip
        weights = {k: v for k, v in weights.items() if k.startswith("clip.") and not k.startswith("clip.audio")}
    elif "clip.audio.v.patch_embed.proj.weight" not in weights:
        raise HearsightError(f"{source} is no checkpoint of {method}: it has no audio tower; is it CLIP4Clip's?")
    try:
        config = _sizes(weights, method, fusion_heads, start_id, end_id)
    except KeyError as error:
        raise HearsightError(f"{source} is no checkpoint of {method}: it has no {error}") from error
    model = build(config, Tokenizer(start_id=start_id, end_id=end_id))
    load_weights(model, _rename(weights), source)
    return model.eval()


def _read(path: Path) -> Weights:
    try:
        if path.suffix == ".safetensors":
            tensors: dict[str, Tensor] = load_file(path)
            return tensors
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise HearsightError(f"no checkpoint {path}; check the path") from error
    except Exception as error:  # torch's own mixture, from bad zip files to pickled code that weights_only refuses
        raise HearsightError(
            f"cannot read {path} as plain tensors ({error}); save its state dict as safetensors"
        ) from error
    if not isinstance(loaded, Mapping) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise HearsightError(f"cannot read {path}: it does not hold a state dict; save only model.state_dict()")
    return dict(loaded)


def _sizes(weights: Weights, method: Any, heads: int | None, start_id: int, end_id: int) -> ModelConfig:
    """Everything that the tensors' shapes tell; heads are 64 wide in CLIP and AST."""
    vocabulary, text_width = weights["clip.token_embedding.weight"].shape
    vision_width, _, patch, _ = weights["clip.visual.conv1.weight"].shape
    grid = isqrt(len(weights["clip.visual.positional_embedding"]) - 1)
    clip = {
        "projection_dim": weights["clip.text_projection"].shape[1],
        "text_config": {
            "vocab_size": vocabulary,
            "hidden_size": text_width,
            "intermediate_size": 4 * text_width,
            "num_hidden_layers": _count(weights, "clip.transformer.resblocks."),
            "num_attention_heads": text_width // 64,
            "max_position_embeddings": len(weights["clip.positional_embedding"]),
            "bos_token_id": start_id,
            "eos_token_id": end_id,
            "pad_token_id": 0,
        },
        "vision_config": {
            "hidden_size": vision_width,
            "intermediate_size": 4 * vision_width,
            "num_hidden_layers": _count(weights, "clip.visual.transformer.resblocks."),
            "num_attention_heads": vision_width // 64,
            "patch_size": patch,
            "image_size": grid * patch,
        },
    }
    if method == "clip4clip":
        return ModelConfig(method=method, clip=clip)
    return ModelConfig(
        method=method,
        clip=clip,
        ast=_ast_sizes(weights),
        queries=weights["query_tokens"].shape[1],
        layers=_count(weights, "transformerClip.resblocks."),
        heads=heads,
        positions=len(weights["frame_position_embeddings.weight"]),
    )


def _ast_sizes(weights: Weights) -> dict[str, Any]:
    width, _, patch, _ = weights["clip.audio.v.patch_embed.proj.weight"].shape
    stride = 10
    down = (BINS - patch) // stride + 1  # patches in frequency: 12
    across = (weights["clip.audio.v.pos_embed"].shape[1] - 2) // down  # and in time: 101
    return {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": _count(weights, "clip.audio.v.blocks."),
        "num_attention_heads": width // 64,
        "patch_size": patch,
        "frequency_stride": stride,
        "time_stride": stride,
        "max_length": 1024 if across == 101 else (across - 1) * stride + patch,
        "num_mel_bins": BINS,
        "layer_norm_eps": 1e-6,  # timm's, not transformers' default
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }


def _count(weights: Weights, prefix: str) -> int:
    """Numbered blocks under a prefix."""
    return len({name.removeprefix(prefix).split(".")[0] for name in weights if name.startswith(prefix)})


def _rename(weights: Weights) -> dict[str, Tensor]:
    renamed: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if name not in _UNUSED:
            renamed.update(_renamed(name, tensor.T if name in _TRANSPOSED else tensor))
    return renamed


def _renamed(name: str, tensor: Tensor) -> dict[str, Tensor]:
    """One published tensor under our names: several where it was packed. A name that nobody knows is kept."""
    if name in _HEAD:
        return {_HEAD[name]: tensor}
    if name in _CLIP:
        return {f"clip.model.{_CLIP[name]}": tensor}
    for published, prefix in _FUSION.items():
        if name.startswith(published):
            block, rest = name.removeprefix(published).split(".", 1)
            return {f"{prefix}{block}.{_replace(rest, _FUSION_LAYER)}": tensor}
    for published, prefix in _CLIP_PREFIXES.items():
        if name.startswith(published):
            return _clip_tensor(f"clip.model.{prefix}", name.removeprefix(published), tensor)
    if name.startswith("clip.audio.v."):
        return _ast_tensor(name.removeprefix("clip.audio.v."), tensor)
    return {name: tensor}


def _clip_tensor(prefix: str, rest: str, tensor: Tensor) -> dict[str, Tensor]:
    packed = re.fullmatch(r"(\d+)\.attn\.in_proj_(weight|bias)", rest)
    if packed:
        return _unpack(f"{prefix}{packed[1]}.self_attn.", packed[2], tensor)
    block, _, inner = rest.partition(".")
    return {f"{prefix}{block}.{_replace(inner, _CLIP_LAYER)}" if inner else prefix + rest: tensor}


def _ast_tensor(rest: str, tensor: Tensor) -> dict[str, Tensor]:
    block = re.fullmatch(r"blocks\.(\d+)\.(.+)", rest)
    if block is None:
        return {f"ast.model.{_replace(rest, _AST)}": tensor}
    prefix = f"ast.model.layers.{block[1]}."
    if block[2].startswith("attn.qkv."):
        return _unpack(f"{prefix}attention.", block[2].removeprefix("attn.qkv."), tensor)
    return {prefix + _replace(block[2], _AST_LAYER): tensor}


def _unpack(prefix: str, kind: str, tensor: Tensor) -> dict[str, Tensor]:
    """Query, key and value, packed as one, apart."""
    return {f"{prefix}{which}_proj.{kind}": part for which, part in zip("qkv", tensor.chunk(3), strict=True)}


def _replace(name: str, names: Mapping[str, str]) -> str:
    """`name` with the longest known beginning replaced."""
    for published in sorted(names, key=len, reverse=True):
        if name == published or name.startswith(published + "."):
            return names[published] + name.removeprefix(published)
    return name
