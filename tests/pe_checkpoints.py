"""Makes tiny models of the Perception Encoder with random weights, in files as the hub has them."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    PeAudioConfig,
    PeAudioFeatureExtractor,
    PeAudioFrameLevelModel,
    PeAudioModel,
    PeAudioVideoConfig,
    PeAudioVideoModel,
    PreTrainedTokenizerFast,
)

SPECIAL = {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]"}
SIZES = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}


def write_modernbert_tokenizer(folder: Path) -> dict[str, int]:
    """A tokenizer in the form of ModernBERT's: pairs of bytes, between [CLS] and [SEP].

    Returns how many tokens it has, and the ids of special ones, as its model's configuration names them.
    """
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    ids = {token: number for number, token in enumerate([*SPECIAL.values(), *letters, "ba", "ar", "Ġd", "og", "Ġa"])}
    tokenizer = Tokenizer(models.BPE(ids, [("b", "a"), ("a", "r"), ("Ġ", "d"), ("o", "g"), ("Ġ", "a")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIAL.values()))
    ends = [(token, ids[token]) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=8192, **SPECIAL).save_pretrained(folder)
    named = {"bos_token_id": "[CLS]", "cls_token_id": "[CLS]", "eos_token_id": "[SEP]", "sep_token_id": "[SEP]"}
    return {"vocab_size": len(ids), "pad_token_id": ids["[PAD]"], **{name: ids[each] for name, each in named.items()}}


def tiny_pe_audio(
    folder: Path,
    by_frame: bool = True,
    rate: int = 8000,
    ratios: tuple[int, ...] = (2, 10, 16),
    text: dict | None = None,
    audio: dict | None = None,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    constant: bool = False,
) -> Path:
    """Save a PE-Audio.

    ratios: by which its codec shortens a sound. constant: whether its text tower gives all texts nearly one vector.
    """
    size = write_modernbert_tokenizer(folder)
    text = {"num_hidden_layers": 4, "local_attention": 8, "max_position_embeddings": 60, **(text or {})}
    codec = {"encoder_hidden_size": 2, "codebook_dim": 6, "downsampling_ratios": list(ratios)}
    config = PeAudioConfig(
        text_config={**SIZES, "hidden_size": 24, **size, "model_type": "modernbert", **text},
        audio_config={**SIZES, "head_dim": 16, "dac_config": codec, **(audio or {})},
    )
    torch.manual_seed(seed)
    model = (PeAudioFrameLevelModel if by_frame else PeAudioModel)(config).eval()
    disturb(model)
    if constant:
        with torch.no_grad():
            model.text_audio_head.layer_norm.bias.add_(1000)
    model.to(dtype).save_pretrained(folder)
    hop = config.audio_config.dac_config.hop_length
    PeAudioFeatureExtractor(sampling_rate=rate, hop_length=hop).save_pretrained(folder)
    return folder


def tiny_pe_av(folder: Path, frames: int | None = 4, seed: int = 0, **shards) -> PeAudioVideoModel:
    """A PE-AV of transformers with random weights, saved in `folder` as facebook published them. Needs `timm_here`."""
    image_tower = {"num_classes": 24, "model_args": {"embed_dim": 32, "depth": 1, "num_heads": 2, "img_size": 28}}
    codec = {"encoder_hidden_size": 4, "hidden_size": 64, "codebook_dim": 8}
    branches = {
        "video_config": {**SIZES, "head_dim": 16, "vision_config": image_tower},
        "audio_config": {**SIZES, "head_dim": 16, "dac_config": codec},
    }
    size = write_modernbert_tokenizer(folder)
    config = PeAudioVideoConfig(
        text_config={**SIZES, **size, "model_type": "modernbert", "hidden_size": 40},
        audio_video_config={**SIZES, "head_dim": 16, **branches},
    )
    torch.manual_seed(seed)
    model = PeAudioVideoModel(config).eval()
    disturb(model)
    with torch.no_grad():
        for number, name in enumerate(("audio_model.text_audio", "video_model.text_video", "text_audio_video")):
            model.get_parameter(f"{name}_logit_scale").fill_(1 - 0.3 * number)
            model.get_parameter(f"{name}_logit_bias").fill_(-1 - number)
    model.save_pretrained(folder, **shards)
    seen = {"size": {"height": 28, "width": 28}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "num_frames": frames}
    processors = {"feature_extractor": PeAudioFeatureExtractor().to_dict(), "video_processor": seen}
    (folder / "processor_config.json").write_text(json.dumps(processors))
    return model


@torch.no_grad()
def disturb(model: torch.nn.Module) -> None:
    """Make all weights random, those that begin as zeros or ones, too."""
    for parameter in model.parameters():
        parameter.add_(0.2 * torch.randn_like(parameter))
