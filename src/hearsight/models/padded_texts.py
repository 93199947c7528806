"""Texts as token ids for SigLIP, by the tokenizer of the checkpoint: lower-cased and padded to one length.

SigLIP and SigLIP2 were trained on lower-cased texts that are padded to 64 tokens, and see the padding. A tokenizer.json
may leave either to the program that reads it: transformers' own classes for them do both (its `SiglipTokenizer` also
removes punctuation, and its `Siglip2Tokenizer` does not). Here the tokenizer itself is set to do it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Regex, Tokenizer, normalizers, processors

from hearsight.errors import HearsightError
from hearsight.models.tokenizer_file import read_tokenizer_file
from hearsight.models.tokenizer_tables import TokenizerTables
from hearsight.util.json_files import read_json

MAX_LETTERS = 4000  # of a text: more than any model reads
ENDS = ("bos", "eos")  # of texts, as settings call them
UNLIMITED = 1 << 20  # tokenizers without a limit record a far larger number


def read_tokenizer(folder: Path, length: int, lower_case: bool) -> Tokenizer:
    """Read a checkpoint's tokenizer, and set it to the form of texts that the model was trained on.

    length: of every text, in tokens. lower_case: whether texts are lower-cased, if tokenizer_config.json says nothing.
    Raises HearsightError for files that are missing or damaged.
    """
    file, settings = folder / "tokenizer.json", read_json(folder / "tokenizer_config.json")
    if not file.is_file():
        raise HearsightError(
            f"no tokenizer.json in {folder}, which this model needs; download it again, or choose another model"
        )
    try:
        tokenizer = read_tokenizer_file(file)
        _normalise(tokenizer, settings, lower_case)
        _add_ends(tokenizer, settings)
        padding = _padding(tokenizer, settings, folder)
        tokenizer.encode_special_tokens = True  # "<eos>" in a text is letters
        tokenizer.enable_truncation(length)
        tokenizer.enable_padding(length=length, pad_id=tokenizer.token_to_id(padding), pad_token=padding)
    except HearsightError:
        raise
    except Exception as error:  # all that the library raises
        raise HearsightError(f"cannot read {file} ({error}); download or save the model again") from error
    return tokenizer


def longest(folder: Path, positions: int) -> int:
    """Return how many tokens a text has: as many as the model has positions, or fewer if its tokenizer says so."""
    limit = read_json(folder / "tokenizer_config.json").get("model_max_length")
    return min(limit, positions) if isinstance(limit, int) and 2 <= limit < UNLIMITED else positions


def padded_ids(tokenizer: Tokenizer | TokenizerTables, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of N texts, all of one length. A text that spells a special token is taken as letters."""
    return [encoding.ids for encoding in _encode(tokenizer, texts, with_ends=True)]


def count_tokens(tokenizer: Tokenizer | TokenizerTables, words: Sequence[str]) -> list[int]:
    """Return how many tokens each word is cut into, up to the length of a text."""
    return [sum(encoding.attention_mask) for encoding in _encode(tokenizer, words, with_ends=False)]


def _encode(tokenizer: Tokenizer | TokenizerTables, texts: Sequence[str], with_ends: bool) -> Iterator[Encoding]:
    texts = [text[:MAX_LETTERS] for text in texts]
    complete = tokenizer.tokenizer_of(texts) if isinstance(tokenizer, TokenizerTables) else tokenizer
    return (complete.encode(text, add_special_tokens=with_ends) for text in texts)


def _normalise(tokenizer: Tokenizer, settings: Mapping[str, Any], lower_case: bool) -> None:
    """Add what precedes the tokenizer's own normalisation. A tokenizer.json that does the same loses nothing by it."""
    steps: list[Any] = []
    if settings.get("do_lower_case", lower_case):
        steps.append(normalizers.Lowercase())
    if settings.get("tokenizer_class") in ("SiglipTokenizer", "SiglipTokenizerFast"):
        steps += [
            normalizers.Replace(Regex(f"[{re.escape(string.punctuation)}]"), ""),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
        ]
    if steps and tokenizer.normalizer is not None:
        steps.append(tokenizer.normalizer)
    if steps:
        tokenizer.normalizer = normalizers.Sequence(steps)


def _add_ends(tokenizer: Tokenizer, settings: Mapping[str, Any]) -> None:
    """Add the first and the last token of texts that tokenizer_config.json asks for, as transformers does."""
    if not {"add_bos_token", "add_eos_token"} & settings.keys():
        return
    ends = [_content(settings.get(f"{name}_token")) if settings.get(f"add_{name}_token") else None for name in ENDS]
    first, last = ([token] if token and tokenizer.token_to_id(token) is not None else [] for token in ends)
    special = [(token, tokenizer.token_to_id(token)) for token in dict.fromkeys(first + last)]
    tokenizer.post_processor = processors.TemplateProcessing(single=[*first, "$A", *last], special_tokens=special)


def _padding(tokenizer: Tokenizer, settings: Mapping[str, Any], folder: Path) -> str:
    """Return the token that texts are padded with."""
    token = settings.get("pad_token") or read_json(folder / "special_tokens_map.json").get("pad_token")
    padding = _content(token) or (tokenizer.padding or {}).get("pad_token")
    if not padding or tokenizer.token_to_id(padding) is None:
        raise HearsightError(
            f"the tokenizer in {folder} names no pad_token that it has, and the model was trained on padded texts; "
            "download its files again"
        )
    return str(padding)


def _content(token: Any) -> str | None:
    """Return the text of a special token, which files have as text or as a dictionary."""
    content = token.get("content") if isinstance(token, dict) else token
    return str(content) if isinstance(content, str) else None
