"""Writes the models of `everyday` with random weights, in the files that the hub has of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from harness import make_model

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for the makers of checkpoints in tests/
WIDTHS = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
SIGLIP_TOKENS, CLAP_TOKENS = 256_000, 50_265


def make_models(folder: Path, whole_texts: bool = False) -> None:
    """Write CLIP ViT-B/32, SigLIP 2 B/32-256 and CLAP (HTSAT, unfused): folders clip, siglip and clap.

    whole_texts: give the latter two text towers and vocabularies of the published sizes, too, which indexing does not
    need.
    """
    make_model(folder / "clip", "clip4clip", "published")
    make_siglip(folder / "siglip", whole_texts)
    make_clap(folder / "clap", whole_texts)


def make_siglip(folder: Path, whole_texts: bool) -> None:
    from tests.public_checkpoints import tiny_siglip, write_gemma_tokenizer

    def write_large_tokenizer(folder: Path) -> int:
        write_gemma_tokenizer(folder)
        file = folder / "tokenizer.json"
        file.write_text(enlarged(file.read_text(), SIGLIP_TOKENS))
        return SIGLIP_TOKENS

    vision = {**WIDTHS, "num_hidden_layers": 12, "image_size": 256, "patch_size": 32}
    text = {**WIDTHS, "num_hidden_layers": 12 if whole_texts else 1}
    tiny_siglip(folder, text, vision, tokenizer=write_large_tokenizer if whole_texts else write_gemma_tokenizer)


def make_clap(folder: Path, whole_texts: bool) -> None:
    import torch
    from tests.experts.clap_checkpoints import byte_pairs
    from tokenizers import Tokenizer
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, RobertaTokenizerFast

    tokenizer = byte_pairs()
    if whole_texts:
        tokenizer = Tokenizer.from_str(enlarged(tokenizer.to_str(), CLAP_TOKENS))
    texts: dict[str, Any] = {"vocab_size": tokenizer.get_vocab_size(), "num_hidden_layers": 12 if whole_texts else 1}
    clap = ClapModel(ClapConfig(text_config=texts))
    with torch.no_grad():
        for parameter in clap.text_model.parameters():  # else all texts are one vector, and the model is refused
            parameter.add_(0.2 * torch.randn_like(parameter))
    clap.save_pretrained(folder)
    ClapFeatureExtractor(truncation="rand_trunc").save_pretrained(folder)
    RobertaTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)


def enlarged(tokenizer: str, count: int) -> str:
    """Return the JSON of a tokenizer of byte pairs with so many tokens: the shortest of the alphabet are added."""
    values = json.loads(tokenizer)
    tokens, merges = values["model"]["vocab"], values["model"]["merges"]
    for letter in ascii_lowercase:
        tokens.setdefault(letter, len(tokens))
    shorter = list(ascii_lowercase)
    while len(tokens) < count:
        longer = [(token, letter) for token in shorter for letter in ascii_lowercase]
        new = [pair for pair in longer if "".join(pair) not in tokens][: count - len(tokens)]
        tokens.update(("".join(pair), number) for number, pair in enumerate(new, start=len(tokens)))
        merges += map(list, new)
        shorter = ["".join(pair) for pair in longer]
    return json.dumps(values)
