"""Sizes of the towers: the fields of transformers' configurations that are used, with their names and defaults.

Files have more fields than these (labels, versions, options of programs); they are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any, TypeVar

from hearsight.errors import HearsightError

# Fields that are supported with one value only. Dropout is 0 in every published CLIP and AST.
FIXED = {"num_channels": 3, "attention_dropout": 0, "attention_probs_dropout_prob": 0, "hidden_dropout_prob": 0}
FIXED_IN_SIGLIP = {**FIXED, "vision_use_head": True}
FIXED_IN_BERT = {"position_embedding_type": "absolute", "is_decoder": False, "hidden_act": "gelu"}
FIXED_IN_MODERNBERT = {"attention_bias": False, "mlp_bias": False, "norm_bias": False, "hidden_activation": "gelu"}
# Models of BERT's architecture. Those of the second kind number positions from the one after the padding token's id.
BERTS, ROBERTAS = ("bert",), ("roberta", "xlm-roberta", "camembert")

# CLAP's values of fields that a file lacks, where they are not those of BERT.
CLAP_TEXT = {"vocab_size": 50_265, "max_position_embeddings": 514, "type_vocab_size": 1}
# And those of the Perception Encoder, where they are not ModernBERT's.
PE_TEXT = {"hidden_size": 1024, "intermediate_size": 2624, "num_hidden_layers": 22, "num_attention_heads": 16}
GLOBAL, LOCAL = "full_attention", "sliding_attention"  # kinds of ModernBERT's layers
FORMER_THETAS = ("global_rope_theta", "local_rope_theta")  # of rotations, in older files
PE_TOKENS = 512  # of a text, at most, by which its authors cut them

SIGLIP, METACLIP = "siglip", "metaclip_2"  # model types of image-text models that are no plain CLIP
PE_AV = "pe_audio_video"  # that of a model of pictures, sounds and texts
MODERNBERT = "modernbert"
BLANK = "none"  # model type of towers that see and read nothing (blank_towers.py)
BLANK_WIDTH = 8  # of their vectors: the least that an index of vectors takes

# Sizes that no tower has reached. The weights say the rest.
LARGEST = {
    "vocab_size": 4_000_000, "num_hidden_layers": 1000, "hidden_size": 65_536, "image_size": 16_384,
    "patch_size": 16_384, "projection_dim": 65_536, "max_length": 65_536, "num_mel_bins": 1024,
}  # fmt: skip
LARGEST_OTHER = 1_000_000

Config = TypeVar("Config")


@dataclass(frozen=True)
class TextConfig:
    vocab_size: int = 49_408
    hidden_size: int = 512
    intermediate_size: int = 2048
    num_hidden_layers: int = 12
    num_attention_heads: int = 8
    max_position_embeddings: int = 77
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-5
    initializer_factor: float = 1.0


@dataclass(frozen=True)
class VisionConfig:
    hidden_size: int = 768
    intermediate_size: int = 3072
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    image_size: int = 224
    patch_size: int = 32
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-5
    initializer_range: float = 0.02
    initializer_factor: float = 1.0


# SigLIP's values of fields that a file lacks.
SIGLIP_TEXT = TextConfig(
    vocab_size=32_000,
    hidden_size=768,
    intermediate_size=3072,
    num_attention_heads=12,
    max_position_embeddings=64,
    hidden_act="gelu_pytorch_tanh",
    layer_norm_eps=1e-6,
)
SIGLIP_VISION = VisionConfig(patch_size=16, hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-6)


@dataclass(frozen=True)
class CLIPConfig:
    projection_dim: int = 512
    logit_scale_init_value: float = 2.6592
    initializer_factor: float = 1.0
    text_config: TextConfig = field(default_factory=TextConfig)
    vision_config: VisionConfig = field(default_factory=VisionConfig)


@dataclass(frozen=True)
class SiglipConfig:
    text_config: TextConfig = SIGLIP_TEXT
    vision_config: VisionConfig = SIGLIP_VISION

    @property
    def projection_dim(self) -> int:
        """D, the width of the space that pictures and texts share: there is no projection of pictures."""
        return self.vision_config.hidden_size


@dataclass(frozen=True)
class ASTConfig:
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    patch_size: int = 16
    qkv_bias: bool = True
    frequency_stride: int = 10
    time_stride: int = 10
    max_length: int = 1024
    num_mel_bins: int = 128

    @property
    def grid(self) -> tuple[int, int]:
        """Patches across frequencies, and across time; 12 x 101 as published."""
        across = (self.num_mel_bins - self.patch_size) // self.frequency_stride + 1
        return across, (self.max_length - self.patch_size) // self.time_stride + 1


@dataclass(frozen=True)
class BertConfig:
    """The sizes of BERT or (XLM-)RoBERTa. first_position: the number of a text's first position."""

    vocab_size: int = 30_522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    first_position: int = 0

    @property
    def max_tokens(self) -> int:
        """The most tokens of a text."""
        return self.max_position_embeddings - self.first_position


@dataclass(frozen=True)
class ModernBertConfig:
    """The sizes of ModernBERT.

    max_tokens: the most tokens of a text. local_layers: for each layer, whether a token reads only its neighbours, half
    of `local_attention` on each side. global_theta, local_theta: the bases of its rotations, in either kind of layer.
    has_final_norm: whether the states are normalised after the last layer.
    """

    vocab_size: int = 50_368
    hidden_size: int = 768
    num_hidden_layers: int = 22
    num_attention_heads: int = 12
    intermediate_size: int = 1152
    norm_eps: float = 1e-5
    local_attention: int = 128
    max_tokens: int = 8192
    local_layers: tuple[bool, ...] = ()
    global_theta: float = 160_000.0
    local_theta: float = 10_000.0
    has_final_norm: bool = True


@dataclass(frozen=True)
class PeAvConfig:
    """What is read of the configuration of a PE-AV; transformers reads the rest."""

    text_config: ModernBertConfig


def clip_config(values: Mapping[str, Any]) -> CLIPConfig:
    """Read a dictionary of transformers' CLIPConfig. Raises HearsightError for values that are not supported."""
    towers = {}
    for name, kind in (("text_config", TextConfig), ("vision_config", VisionConfig)):
        older = values.get(f"{name}_dict")  # transformers prefers this one if a file has both
        part = (values.get(name) if older is None else older) or {}
        towers[name] = _read(kind, part, f"CLIP's {name}")
    rest = {name: value for name, value in values.items() if name not in towers}
    return _read(CLIPConfig, {**rest, **towers}, "CLIP's configuration")


def siglip_config(values: Mapping[str, Any]) -> SiglipConfig:
    """Read a dictionary of transformers' SiglipConfig, also that of a SigLIP2 whose pictures have a fixed size.

    Raises HearsightError for values that are not supported.
    """
    parts: dict[str, Any] = {}
    for name, defaults in (("text_config", SIGLIP_TEXT), ("vision_config", SIGLIP_VISION)):
        present = {**vars(defaults), **_part(values, name, f"SigLIP's {name}")}
        parts[name] = _read(type(defaults), present, f"SigLIP's {name}", FIXED_IN_SIGLIP)
    config = SiglipConfig(**parts)
    text = _part(values, "text_config", "SigLIP's text_config")
    width = text.get("projection_size") or config.text_config.hidden_size
    if width != config.projection_dim:
        raise HearsightError(
            f"SigLIP's text_config has projection_size {width}, and its pictures have vectors of "
            f"{config.projection_dim} numbers; correct it"
        )
    return config


def image_text_config(values: Mapping[str, Any]) -> CLIPConfig | SiglipConfig:
    """Read a dictionary of transformers' SiglipConfig, or else of a CLIPConfig, by its model_type."""
    return siglip_config(values) if values.get("model_type") == SIGLIP else clip_config(values)


def ast_config(values: Mapping[str, Any]) -> ASTConfig:
    """Read a dictionary of transformers' ASTConfig. Raises HearsightError for values that are not supported."""
    return _read(ASTConfig, values, "AST's configuration")


def bert_config(values: Mapping[str, Any], source: str) -> BertConfig:
    """Read a dictionary of transformers' BertConfig, or RobertaConfig, from a file of this name.

    Raises HearsightError for values that are not supported.
    """
    model_type = values.get("model_type")
    if model_type not in (*BERTS, *ROBERTAS):
        raise HearsightError(
            f"{source} is of a model of type {model_type!r}, and only {', '.join((*BERTS, *ROBERTAS))} are supported; "
            "give another model"
        )
    config = _read(BertConfig, {**values, "first_position": 1}, source, FIXED_IN_BERT)
    padding = values.get("pad_token_id", 1)
    first_position = padding + 1 if model_type in ROBERTAS and type(padding) is int else 0
    if not 0 <= first_position < config.max_position_embeddings:
        raise HearsightError(f"{source} has pad_token_id {padding!r}, after which no position is left; correct it")
    return replace(config, first_position=first_position)


def clap_text_config(values: Mapping[str, Any], source: str) -> BertConfig:
    """Read the text_config of transformers' ClapConfig, which is that of a RoBERTa. Raises as `bert_config` does."""
    return bert_config({**CLAP_TEXT, **values, "model_type": "roberta"}, f"the text_config of {source}")


def pe_text_config(values: Mapping[str, Any], source: str) -> ModernBertConfig:
    """Read the text_config of a Perception Encoder, which is that of a ModernBERT, from a file of this name.

    Raises HearsightError for values that are not supported.
    """
    source = f"the text_config of {source}"
    rotations, every = _part(values, "rope_parameters", source), values.get("global_attn_every_n_layers") or 3
    parts = [_part(rotations, kind, source) for kind in (GLOBAL, LOCAL)]
    if values.get("model_type", MODERNBERT) != MODERNBERT or type(every) is not int:
        raise HearsightError(f"{source} is not that of a ModernBERT; give another model")
    thetas = {
        name: part.get("rope_theta") or values.get(former, getattr(ModernBertConfig, name))
        for name, former, part in zip(("global_theta", "local_theta"), FORMER_THETAS, parts, strict=True)
    }
    present = {**PE_TEXT, **values, **thetas, "has_final_norm": values.get("tie_last_hidden_states") is not False}
    present["max_tokens"] = values.get("max_position_embeddings", PE_TOKENS)
    config = _read(ModernBertConfig, present, source, FIXED_IN_MODERNBERT)
    numbers = range(config.num_hidden_layers)
    kinds = values.get("layer_types")
    if not isinstance(kinds, list) or not kinds:
        kinds = [LOCAL if number % every else GLOBAL for number in numbers]
    turns = {str(part.get("rope_type", "default")) for part in parts}
    if len(kinds) != len(numbers) or turns != {"default"} or config.hidden_size // config.num_attention_heads % 2:
        raise HearsightError(
            f"{source} has layer_types, rope_parameters or heads that are not supported; give another model"
        )
    local_layers = tuple(kind == LOCAL for kind in kinds)
    return replace(config, local_layers=local_layers, max_tokens=min(config.max_tokens, PE_TOKENS))


def _part(values: Mapping[str, Any], name: str, source: str) -> Mapping[str, Any]:
    """Return a dictionary in a configuration; {} if it is missing."""
    part = values.get(name) or {}
    if not isinstance(part, Mapping):
        raise HearsightError(f"{source} has a {name} that is no dictionary; correct it, or download the model again")
    return part


def _read(kind: type[Config], values: Mapping[str, Any], source: str, fixed: Mapping[str, Any] | None = None) -> Config:
    if not isinstance(values, Mapping):
        raise HearsightError(f"{source} is no dictionary; correct it, or download the model again")
    for name, supported in (FIXED if fixed is None else fixed).items():
        if values.get(name, supported) != supported:
            raise HearsightError(
                f"{source} has {name} {values[name]!r}, and only {supported} is supported; give another model"
            )
    defaults = vars(kind())
    present = {name: values[name] for name in defaults if name in values}
    for name, value in present.items():
        if not _fits(value, defaults[name]):
            raise HearsightError(
                f"{source} has {name} {value!r}, and needs a value like {defaults[name]!r}; correct it"
            )
    config = kind(**present)
    sizes = vars(config)
    _check_sizes(sizes, source)
    if sizes.get("hidden_size", 0) % sizes.get("num_attention_heads", 1):
        width, heads = sizes["hidden_size"], sizes["num_attention_heads"]
        raise HearsightError(f"{source} has hidden_size {width}, which {heads} heads do not divide; correct it")
    return config


def _fits(value: Any, default: Any) -> bool:
    """Return whether a value has the type of a field's default; sizes and counts have to be above 0."""
    if type(default) is float:
        return type(value) in (int, float) and isfinite(value)
    return type(value) is type(default) and (type(default) is not int or value > 0)


def _check_sizes(sizes: Mapping[str, Any], source: str) -> None:
    """Raise HearsightError for sizes that no tower has: building it would take all memory."""
    for name, value in sizes.items():
        if type(value) is int and value > LARGEST.get(name, LARGEST_OTHER):
            raise HearsightError(
                f"{source} has {name} {value if value < 10**30 else 'of many digits'}, and no tower has over "
                f"{LARGEST.get(name, LARGEST_OTHER):,}; correct it"
            )
