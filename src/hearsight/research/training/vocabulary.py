"""Learn a small vocabulary in CLIP's format from texts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from hearsight.models.bpe import END, START, SUFFIX, make_bpe, write_bpe


def train_tokenizer(texts: Iterable[str], size: int, folder: Path) -> None:
    """Learn a byte-pair vocabulary of at most `size` tokens and write it to a model's folder.

    It contains every byte, so that any text can be encoded. The end token has the largest id, by which CLIP finds it.
    """
    bpe = Tokenizer(models.BPE(end_of_word_suffix=SUFFIX))
    bpe.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"'s|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    base = alphabet + [byte + SUFFIX for byte in alphabet]
    trainer = trainers.BpeTrainer(
        vocab_size=size - 2, initial_alphabet=alphabet, end_of_word_suffix=SUFFIX, show_progress=False
    )
    bpe.train_from_iterator(texts, trainer)
    merges: list[list[str]] = json.loads(bpe.to_str())["model"]["merges"][: size - len(base) - 2]
    tokens = [*dict.fromkeys([*base, *("".join(pair) for pair in merges)]), START, END]
    write_tokenizer({token: i for i, token in enumerate(tokens)}, [(a, b) for a, b in merges], folder)


def write_tokenizer(vocabulary: dict[str, int], merges: list[tuple[str, str]], folder: Path) -> None:
    """Write a vocabulary to a model's folder, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    write_bpe(make_bpe(vocabulary, merges), folder)
