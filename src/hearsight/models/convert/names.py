"""Where each of our tensors stands in a published checkpoint (docs/reference.md section 10)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.models.convert.contents import Contents
from hearsight.models.weights import first_names, misfit

# Our name, or how it begins -> the published.
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
# Numbered layers: how ours begin -> how the published do, and the names inside a layer.
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
    f"{ours}{which}_proj.{kind}": (f"{published}{kind}", place)
    for ours, published in (("self_attn.", "attn.in_proj_"), ("attention.", "attn.qkv."))
    for place, which in enumerate("qkv")
    for kind in ("weight", "bias")
}


def published_place(ours: str, method: str | None) -> tuple[str, int | None]:
    """The published name of one of our tensors, and, where three are packed under it, which of them is ours."""
    for beginning, (published, names) in _LAYERS.items():
        if ours.startswith(beginning):
            if method == "avigate":
                published = published.replace("Audio_Resampler", "transformer_Fusion")
            number, _, inner = ours.removeprefix(beginning).partition(".")
            inner, part = _PACKED.get(inner, (_replaced(inner, names), None))
            return f"{published}{number}.{inner}", part
    return _replaced(ours, _OUTSIDE), None


def _replaced(name: str, names: Mapping[str, str]) -> str:
    """`name` with its beginning replaced, if that is called otherwise."""
    for ours, published in names.items():
        if name.startswith(ours):
            return published + name.removeprefix(ours)
    return name


def take(expected: Mapping[str, Tensor], contents: Contents) -> dict[str, Tensor]:
    """The checkpoint's tensors by our names, in float32. expected: a model's state dict, for names and shapes.

    Raises HearsightError that tells, by the names of the file, what is missing, unknown, of another shape or not
    finite.
    """
    taken: dict[str, Tensor] = {}
    used: dict[str, str] = {}  # published name: what is wrong with its shape, or nothing
    for ours, like in expected.items():
        name, part = published_place(ours, contents.method)
        shape = list(like.shape)
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
        taken[ours] = (tensor.T if name in _TRANSPOSED else tensor).float()
    problems = misfit(
        missing=[name.removeprefix(contents.root) for name in used.keys() - contents.weights.keys()],
        unknown=[name.removeprefix(contents.root) for name in contents.weights.keys() - used.keys()],
        wrong=[problem for problem in used.values() if problem],
    )
    if problems:
        made = f"'{contents.method}' model" if contents.method else "AST"
        raise HearsightError(
            f"the tensors of {contents.source} do not fit a published {made} ({problems}); it may be incomplete, or of "
            "a program that Hearsight does not know"
        )
    _check_finite(contents)
    return taken


def _check_finite(contents: Contents) -> None:
    """As float32, which the weights become; one number that is none makes every vector so."""
    odd = [n.removeprefix(contents.root) for n, t in contents.weights.items() if not t.float().isfinite().all()]
    if odd:
        raise HearsightError(
            f"cannot convert {contents.source}: it has numbers that are infinite or not a number (in "
            f"{first_names(odd)}), as a failed training leaves them; give an earlier checkpoint, or download it again"
        )
