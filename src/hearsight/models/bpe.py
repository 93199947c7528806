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
from hearsight.util.bounded_file import check_size, read_bounded

START, END = "<|startoftext|>", "<|endoftext|>"
SUFFIX = "</w>"
LARGEST = 64 << 20  # bytes of a vocabulary; CLIP's has two million
WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def make_bpe(vocabulary: dict[str, int], merges: Sequence[tuple[str, str]]) -> Tokenizer:
    """Build the tokenizer of a vocabulary, which contains START and END.

    Its `encode(text, add_special_tokens=False)` treats a text that spells one of these as plain letters.
    """
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
    # ByteLevel splits once more, as GPT-2 does: the published files say so, and ids depend on it.
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
    """Read a tokenizer from tokenizer.json, or else from vocab.json and merges.txt.

    Raises HearsightError for files that cannot be read.
    """
    try:
        vocabulary, merges = _read_vocabulary(folder)
        lacking = {START, END} - vocabulary.keys()
        if lacking:
            raise ValueError(f"its vocabulary lacks {' and '.join(sorted(lacking))}, so it is not CLIP's")
        return make_bpe(vocabulary, merges)
    except Exception as error:  # the tokenizers library raises plain Exception
        reason = str(error) or type(error).__name__
        raise HearsightError(
            f"cannot read the tokenizer in {folder}: {reason}; download or copy its files again"
        ) from error


def _read_vocabulary(folder: Path) -> tuple[dict[str, int], list[tuple[str, str]]]:
    file = folder / "tokenizer.json"
    if not file.is_file():
        for part in ("vocab.json", "merges.txt"):
            check_size(folder / part, LARGEST)
        vocabulary, merges = models.BPE.read_file(str(folder / "vocab.json"), str(folder / "merges.txt"))
        return vocabulary, merges
    model: dict[str, Any] = json.loads(read_bounded(file, LARGEST))["model"]
    # Older files have "a b" for each pair, newer ones ["a", "b"].
    pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"])
    return model["vocab"], [(first, second) for first, second in pairs]


def write_bpe(bpe: Tokenizer, folder: Path) -> None:
    """Write tokenizer.json, and the tokenizer_config.json that transformers needs to read it."""
    bpe.save(str(folder / "tokenizer.json"))
    names = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}
    config = {"tokenizer_class": "CLIPTokenizer", **names}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
