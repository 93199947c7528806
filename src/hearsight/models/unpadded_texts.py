"""Texts as token ids for encoders that need no padding, by the tokenizer of their checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hearsight.errors import HearsightError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_LETTERS = 20_000  # of a text: more than any model reads


def read_tokenizer(folder: Path, max_tokens: int, rows: int | None = None) -> Tokenizer:
    """Read the tokenizer of a checkpoint, to cut texts to so many tokens.

    rows: the number of tokens that the model has vectors for; None if that is checked elsewhere. Raises HearsightError
    for a damaged file, and for one with more tokens.
    """
    from hearsight.models.tokenizer_file import read_tokenizer_file

    file = folder / "tokenizer.json"
    tokenizer = read_tokenizer_file(file)
    if rows is not None and tokenizer.get_vocab_size() > rows:
        raise HearsightError(
            f"{file} has {tokenizer.get_vocab_size()} tokens, and the model {rows}; download or save both again"
        )
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    tokenizer.encode_special_tokens = True  # "<s>" in a text is letters
    return tokenizer
