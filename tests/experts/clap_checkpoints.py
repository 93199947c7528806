"""Makes tiny CLAPs with random weights, in files as the hub has them."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, RobertaTokenizerFast

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def tiny_clap(
    folder: Path,
    fused: bool = False,
    rate: int = 8000,
    seconds: int = 2,
    width: int = 12,
    text: dict | None = None,
    audio: dict | None = None,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    constant: bool = False,
) -> Path:
    """Save a CLAP. width: of its vectors. constant: whether its text tower gives all texts nearly one vector."""
    tokenizer = byte_pairs()
    config = ClapConfig(
        text_config={
            "vocab_size": tokenizer.get_vocab_size(), "hidden_size": 24, "num_hidden_layers": 2,
            "num_attention_heads": 3, "intermediate_size": 40, "max_position_embeddings": 40, **(text or {}),
        },
        audio_config={
            "hidden_size": 32, "patch_embeds_hidden_size": 4, "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 2, 4], "spec_size": 128, "num_mel_bins": 32, "window_size": 4,
            "enable_fusion": fused, "fusion_type": "aff_2d" if fused else None, **(audio or {}),
        },
        projection_dim=width,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = ClapModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))  # those that begin as zeros or ones, too
            if constant and name == "text_projection.linear2.bias":
                parameter.add_(1000)
    model.to(dtype).save_pretrained(folder)
    extractor = ClapFeatureExtractor(
        feature_size=config.audio_config.num_mel_bins, sampling_rate=rate, max_length_s=seconds,
        hop_length=rate * seconds // 400, fft_window_size=256, frequency_max=rate / 2.5,
        truncation="fusion" if fused else "rand_trunc", padding="repeatpad",
    )  # fmt: skip
    extractor.save_pretrained(folder)
    RobertaTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    return folder


def byte_pairs() -> Tokenizer:
    """A tokenizer as RoBERTa has it: pairs of bytes, of any text."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    ids = {token: number for number, token in enumerate([*SPECIAL, *letters, "ba", "ar", "Ġd", "og", "Ġa"])}
    merges = [("b", "a"), ("a", "r"), ("Ġ", "d"), ("o", "g"), ("Ġ", "a")]
    tokenizer = Tokenizer(models.BPE(ids, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", ids["</s>"]), ("<s>", ids["<s>"]))
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def edit_json(file: Path, **values: object) -> None:
    """Change values of a JSON file; those of parts by names like audio_config__depths."""
    content = json.loads(file.read_text())
    for name, value in values.items():
        *parts, last = name.split("__")
        target = content
        for part in parts:
            target = target[part]
        target[last] = value
    file.write_text(json.dumps(content))
