"""CLIP's byte-pair encoding (its paper, section 2.4, and OpenAI's program), by the tokenizers library.

A text is normalised, lower-cased and split into words; the bytes of each word are merged, pair by pair, into tokens of
the vocabulary. Files are those that transformers' CLIPTokenizer reads and writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from hearsight.errors import HearsightError

START, END = "<|startoftext|>", "<|endoftext|>"
SUFFIX = "</w>"
WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def make_bpe(vocabulary: dict[str, int], merges: Sequence[tuple[str, str]]) -> Tokenizer:
    """The tokenizer of a vocabulary, which has START and END. Its `encode(text, add_special_tokens=False)` takes a text
    that spells one of these for its letters."""
    bpe = Tokenizer(
        models.BPE(
            vocabulary,
            list(merges),
            continuing_subword_prefix="",
            end_of_word_suffix=SUFFIX,
            fuse_unk=False,
            unk_token=END,
        )
    )
    bpe.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    # ByteLevel splits once more, as GPT-2 does: so it is in the files, and ids depend on it.
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    bpe.post_processor = processors.RobertaProcessing(
        (END, vocabulary[END]), (START, vocabulary[START]), trim_offsets=False, add_prefix_space=False
    )
    bpe.add_special_tokens([START, END])
    bpe.encode_special_tokens = True
    return bpe


def read_bpe(folder: Path) -> Tokenizer:
    """Of tokenizer.json, or else of vocab.json and merges.txt. Raises HearsightError for files that cannot be read."""
    try:
        vocabulary, merges = _read(folder)
        lacking = {START, END} - vocabulary.keys()
        if lacking:
            raise ValueError(f"its vocabulary lacks {' and '.join(sorted(lacking))}, so it is not CLIP's")
        return make_bpe(vocabulary, merges)
    except Exception as error:  # the tokenizers library raises plain Exception
        reason = str(error) or type(error).__name__
        raise HearsightError(
            f"cannot read the tokenizer in {folder}: {reason}; download or copy its files again"
        ) from error


def _read(folder: Path) -> tuple[dict[str, int], list[tuple[str, str]]]:
    whole = folder / "tokenizer.json"
    if not whole.is_file():
        vocabulary, merges = models.BPE.read_file(str(folder / "vocab.json"), str(folder / "merges.txt"))
        return vocabulary, merges
    model: dict[str, Any] = json.loads(whole.read_text(encoding="utf-8"))["model"]
    # Older files have "a b" for each pair, newer ones ["a", "b"].
    pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"])
    return model["vocab"], [(left, right) for left, right in pairs]


def write_bpe(bpe: Tokenizer, folder: Path) -> None:
    """tokenizer.json, and what transformers needs to know to read it."""
    bpe.save(str(folder / "tokenizer.json"))
    names = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}
    told = {"tokenizer_class": "CLIPTokenizer", **names}
    (folder / "tokenizer_config.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
