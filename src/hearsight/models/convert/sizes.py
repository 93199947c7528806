"""The sizes of a model, read from the shapes of its published tensors. Heads are 64 wide in CLIP and AST."""

from __future__ import annotations

from math import inf, isqrt
from typing import Any

from hearsight.errors import HearsightError
from hearsight.models.config import ModelConfig
from hearsight.models.convert.contents import Contents
from hearsight.towers.filterbank import BINS

HEAD = 64
ROWS = 1024  # of AST's filterbank, if the number of patches agrees
STRIDES = (10, 12, 14, 16)  # with which AST was published; the methods use the first


def model_config(
    contents: Contents, start_id: int, end_id: int, heads: int | None = None, **settings: Any
) -> ModelConfig:
    """Return the configuration of a method's checkpoint.

    heads: of the resampler and the fusion transformers. settings: other fields that no tensor tells, such as frames.

    Raises HearsightError for a tensor that is missing or has other dimensions, and for settings that do not fit.
    """
    clip = clip_sizes(contents, start_id, end_id)
    if contents.method in ("clip4clip", None):
        config = ModelConfig(method="clip4clip", clip=clip, **settings)
    else:
        config = ModelConfig(
            method=contents.method,
            clip=clip,
            ast=ast_sizes(contents),
            options={
                "queries": _shape(contents, "query_tokens", 2)[1],
                "layers": _count(contents, "transformerClip.resblocks."),
                "positions": _shape(contents, "frame_position_embeddings.weight", 2)[0],
                "heads": heads,
            },
            **settings,
        )
    _check(config, heads)
    return config


def clip_sizes(contents: Contents, start_id: int, end_id: int) -> dict[str, Any]:
    """Return the dictionary of a CLIPConfig."""
    vocabulary, text_width = _shape(contents, "clip.token_embedding.weight", 2)
    vision_width, _, patch, _ = _shape(contents, "clip.visual.conv1.weight", 4)
    grid = isqrt(_shape(contents, "clip.visual.positional_embedding", 2)[0] - 1)
    return {
        "projection_dim": _shape(contents, "clip.text_projection", 2)[1],
        "text_config": {
            "vocab_size": vocabulary,
            "hidden_size": text_width,
            "intermediate_size": 4 * text_width,
            "num_hidden_layers": _count(contents, "clip.transformer.resblocks."),
            "num_attention_heads": _heads(contents, text_width),
            "max_position_embeddings": _shape(contents, "clip.positional_embedding", 2)[0],
            "bos_token_id": start_id,
            "eos_token_id": end_id,
            "pad_token_id": 0,
        },
        "vision_config": {
            "hidden_size": vision_width,
            "intermediate_size": 4 * vision_width,
            "num_hidden_layers": _count(contents, "clip.visual.transformer.resblocks."),
            "num_attention_heads": _heads(contents, vision_width),
            "patch_size": patch,
            "image_size": grid * patch,
        },
    }


def ast_sizes(contents: Contents) -> dict[str, Any]:
    """Return the dictionary of an ASTConfig."""
    width, _, patch, _ = _shape(contents, "clip.audio.v.patch_embed.proj.weight", 4)
    patches = _shape(contents, "clip.audio.v.pos_embed", 3)[1] - 2  # without class and distillation token
    stride, rows = _grid(contents, patches, patch)
    return {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": _count(contents, "clip.audio.v.blocks."),
        "num_attention_heads": _heads(contents, width),
        "patch_size": patch,
        "frequency_stride": stride,
        "time_stride": stride,
        "max_length": rows,
        "num_mel_bins": BINS,
        "layer_norm_eps": 1e-6,  # timm's, not transformers' default
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }


def _grid(contents: Contents, patches: int, patch: int) -> tuple[int, int]:
    """Return the stride and the rows of the filterbank that give this number of patches: 10 and 1024 for 12 x 101."""

    def along(length: int, stride: int) -> int:
        return (length - patch) // stride + 1

    for stride in STRIDES:
        if patches == along(BINS, stride) * along(ROWS, stride):
            return stride, ROWS
    stride = STRIDES[0]
    moments, rest = divmod(patches, along(BINS, stride))
    if rest or not moments:
        raise HearsightError(
            f"cannot convert {contents.source}: its audio tower has {patches} patches, which is no grid of "
            f"{along(BINS, stride)} frequencies by time; is it an AST for {BINS} mel bins?"
        )
    return stride, (moments - 1) * stride + patch


def _heads(contents: Contents, width: int) -> int:
    if width % HEAD or not width:
        raise HearsightError(
            f"cannot convert {contents.source}: a tower is {width} wide, which is not a multiple of {HEAD}, the width "
            "of a head in every published CLIP and AST; give one of these"
        )
    return width // HEAD


def _shape(contents: Contents, name: str, dimensions: int) -> tuple[int, ...]:
    file_name = name.removeprefix(contents.root)
    if name not in contents.weights:
        raise HearsightError(f"cannot convert {contents.source}: it has no '{file_name}'; is it complete?")
    shape = tuple(contents.weights[name].shape)
    if len(shape) != dimensions:
        raise HearsightError(
            f"cannot convert {contents.source}: '{file_name}' has the shape {shape}, and needs {dimensions} "
            "dimensions; is it complete?"
        )
    return shape


def _count(contents: Contents, prefix: str) -> int:
    """Return the number of numbered blocks under a prefix."""
    return len({name.removeprefix(prefix).split(".")[0] for name in contents.weights if name.startswith(prefix)})


def _check(config: ModelConfig, heads: int | None) -> None:
    """Raises HearsightError for settings that do not fit the tensors."""
    text_positions = config.clip["text_config"]["max_position_embeddings"]
    width = config.clip["projection_dim"]
    if not 3 <= config.words <= text_positions:
        raise HearsightError(
            f"cannot read texts of {config.words} words; give 3 to {text_positions}, which this CLIP has positions for"
        )
    positions = config.options.get("positions", inf)  # CLIP4Clip has none
    if not 1 <= config.frames <= positions:
        raise HearsightError(f"cannot take {config.frames} frames; this checkpoint takes 1 to {positions}")
    if not 0 < config.temperature < inf:  # nor nan
        raise HearsightError(f"the temperature cannot be {config.temperature:g}; it must be above 0, and finite")
    if heads is not None and (heads < 1 or width % heads):
        raise HearsightError(f"{width} cannot be divided among {heads} heads; give a divisor of {width}")
    if config.ast is not None and heads is None and width < HEAD:
        raise HearsightError(f"a width of {width} is less than one head of {HEAD}; give the number of heads")
