"""The name of each of a model's tensors in a published checkpoint (docs/reference.md section 10)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.models.convert.contents import Contents
from hearsight.models.weights import first_names, misfit

# A name here, or its prefix -> the published name, or its prefix.
_OUTSIDE = {
    "clip.model.logit_scale": "clip.logit_scale",
    "clip.model.text_model.embeddings.token_embedding.": "clip.token_embedding.",
    "clip.model.text_model.embeddings.position_embedding.weight": "clip.positional_embedding",
    "clip.model.text_model.final_layer_norm.": "clip.ln_final.",
    "clip.model.text_projection.weight": "clip.text_projection",
    "clip.model.vision_model.embeddings.class_embedding": "clip.visual.class_embedding",
    "clip.model.vision_model.embeddings.position_embedding.weight": "clip.visual.positional_embedding",
    "clip.model.vision_model.embeddings.patch_embedding.": "clip.visual.conv1.",
    "clip.model.vision_model.pre_layrnorm.": "clip.visual.ln_pre.",
    "clip.model.vision_model.post_layernorm.": "clip.visual.ln_post.",
    "clip.model.visual_projection.weight": "clip.visual.proj",
    "ast.model.embeddings.cls_token": "clip.audio.v.cls_token",
    "ast.model.embeddings.distillation_token": "clip.audio.v.dist_token",
    "ast.model.embeddings.position_embeddings": "clip.audio.v.pos_embed",
    "ast.model.embeddings.patch_embeddings.projection.": "clip.audio.v.patch_embed.proj.",
    "ast.model.layernorm.": "clip.audio.v.norm.",
    "audio_projection.weight": "clip.audio_projection",
    "resampler.queries": "query_tokens",
    "resampler.position": "query_position_embeddings.weight",
    "frame_position.": "frame_position_embeddings.",
}
# OpenAI's projections multiply from the right, a Linear's weight from the left.
_TRANSPOSED = {"clip.text_projection", "clip.visual.proj", "clip.audio_projection"}

_CLIP_LAYER = {
    "self_attn.out_proj.": "attn.out_proj.",
    "layer_norm1.": "ln_1.",
    "layer_norm2.": "ln_2.",
    "mlp.fc1.": "mlp.c_fc.",
    "mlp.fc2.": "mlp.c_proj.",
}
_AST_LAYER = {
    "attention.o_proj.": "attn.proj.",
    "layernorm_before.": "norm1.",
    "layernorm_after.": "norm2.",
}
_FUSION_LAYER = {
    "cross_attention.": "cross_attn.",
    "self_attention.": "attn.",
    "attention_gate.0.": "attn_gate.ag_fc.",
    "attention_gate.2.": "attn_gate.ag_proj.",
    "mlp_gate.0.": "ff_gate.fg_fc.",
    "mlp_gate.2.": "ff_gate.fg_proj.",
    "cross_mlp.expand.": "cross_ff.cross_fc.",
    "cross_mlp.project.": "cross_ff.cross_proj.",
    "mlp.expand.": "mlp.c_fc.",
    "mlp.project.": "mlp.c_proj.",
    "norm1.": "ln_1.",
    "norm2.": "ln_2.",
    "norm3.": "ln_3.",
    "norm4.": "ln_4.",
}
# Numbered layers: the prefix here -> the published prefix, and the names inside a layer.
_LAYERS = {
    "clip.model.text_model.encoder.layers.": ("clip.transformer.resblocks.", _CLIP_LAYER),
    "clip.model.vision_model.encoder.layers.": ("clip.visual.transformer.resblocks.", _CLIP_LAYER),
    "ast.model.layers.": ("clip.audio.v.blocks.", _AST_LAYER),
    "resampler.blocks.": ("Audio_Resampler.resblocks.", _FUSION_LAYER),
    "audio_fusion.blocks.": ("transformerClip.resblocks.", _FUSION_LAYER),
    "speech_fusion.blocks.": ("transformerClip_ASR.resblocks.", _FUSION_LAYER),
}
# Query, key and value are published as one tensor, one after the other.
_PACKED = {
    f"{prefix}{letter}_proj.{kind}": (f"{published}{kind}", part)
    for prefix, published in (("self_attn.", "attn.in_proj_"), ("attention.", "attn.qkv."))
    for part, letter in enumerate("qkv")
    for kind in ("weight", "bias")
}


def published_name(name: str, method: str | None) -> tuple[str, int | None]:
    """Return the published name of a tensor, and, if three tensors are packed under that name, which part it is."""
    for prefix, (published, names) in _LAYERS.items():
        if name.startswith(prefix):
            if method == "avigate":
                published = published.replace("Audio_Resampler", "transformer_Fusion")
            number, _, inner = name.removeprefix(prefix).partition(".")
            inner, part = _PACKED.get(inner, (_replace_prefix(inner, names), None))
            return f"{published}{number}.{inner}", part
    return _replace_prefix(name, _OUTSIDE), None


def _replace_prefix(name: str, names: Mapping[str, str]) -> str:
    """Return a name with its prefix replaced by the published one, if that differs."""
    for prefix, published in names.items():
        if name.startswith(prefix):
            return published + name.removeprefix(prefix)
    return name


def take(expected: Mapping[str, Tensor], contents: Contents) -> dict[str, Tensor]:
    """Return the checkpoint's tensors by a model's names, in float32.

    expected: the model's state dict, for names and shapes. Raises HearsightError that lists, by the names of the file,
    what is missing, unknown, of another shape or not finite.
    """
    weights: dict[str, Tensor] = {}
    used: dict[str, str] = {}  # published name: what is wrong with its shape, or nothing
    for model_name, model_tensor in expected.items():
        name, part = published_name(model_name, contents.method)
        shape = list(model_tensor.shape)
        if part is not None:
            shape[0] *= 3
        if name in _TRANSPOSED:
            shape.reverse()
        used[name] = ""
        tensor = contents.weights.get(name)
        if tensor is None:
            continue
        if list(tensor.shape) != shape:
            used[name] = f"{name.removeprefix(contents.root)} is {tuple(tensor.shape)}, not {tuple(shape)}"
            continue
        tensor = tensor if part is None else tensor.chunk(3)[part]
        weights[model_name] = (tensor.T if name in _TRANSPOSED else tensor).float()
    problems = misfit(
        missing=[name.removeprefix(contents.root) for name in used.keys() - contents.weights.keys()],
        unknown=[name.removeprefix(contents.root) for name in contents.weights.keys() - used.keys()],
        wrong=[problem for problem in used.values() if problem],
    )
    if problems:
        model = f"'{contents.method}' model" if contents.method else "AST"
        raise HearsightError(
            f"the tensors of {contents.source} do not fit a published {model} ({problems}); it may be incomplete, or "
            "of a program that Hearsight does not know; give another checkpoint"
        )
    _check_finite(contents)
    return weights


def _check_finite(contents: Contents) -> None:
    """Raises HearsightError for numbers that are not finite in float32: one of them would spoil every vector."""
    odd = [n.removeprefix(contents.root) for n, t in contents.weights.items() if not t.float().isfinite().all()]
    if odd:
        raise HearsightError(
            f"cannot convert {contents.source}: it has numbers that are infinite or not a number (in "
            f"{first_names(odd)}), as a failed training leaves them; give an earlier checkpoint, or download it again"
        )
