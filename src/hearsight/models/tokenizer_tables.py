"""Tables of a tokenizer with a large vocabulary, from which the few tokens that a text can have are read.

To read the 256,000 tokens of SigLIP2's tokenizer.json takes longer than everything else that a search does. A text's
tokens are parts of the text, and so are the tokens that they are merged from. So a tokenizer of these tokens and their
merges alone gives the text the same ids, and is made in milliseconds.

That holds for byte-pair encoding after normalisation that looks at letters alone, which is what Gemma's tokenizer, and
so SigLIP2's, is. For others there are no tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

SMALLEST = 50_000  # tokens: smaller vocabularies are read in no time
NORMALIZERS = ("Lowercase", "Replace")
OPTIONS = ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges")  # of other forms


@dataclass(frozen=True)
class TokenizerTables:
    """The tables of a tokenizer.

    form: its JSON without tokens and merges. fixed: tokens that every text may have, by name. hashes: of all tokens,
    ascending; ids: theirs. pairs: the ids of the two tokens of each merge, as one number, ascending; ranks: theirs.
    longest: the letters of the longest token.
    """

    form: dict[str, Any]
    fixed: dict[str, int]
    longest: int
    hashes: NDArray[np.uint64]
    ids: NDArray[np.uint32]
    pairs: NDArray[np.uint64]
    ranks: NDArray[np.uint32]

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> TokenizerTables | None:
        """Return the tables of a tokenizer; None for a small one, and for one of another form."""
        if tokenizer.get_vocab_size() < SMALLEST:
            return None
        form = json.loads(tokenizer.to_str())
        model = form["model"]
        if not _has_tables(form):
            return None
        vocabulary, merges = model.pop("vocab"), model.pop("merges")
        fixed = {token["content"] for token in form["added_tokens"]} | {model["unk_token"]}
        fixed |= {f"<0x{byte:02X}>" for byte in range(256)}
        hashes = np.array([_hash(token) for token in vocabulary], np.uint64)
        ids = np.fromiter(vocabulary.values(), np.uint32, len(vocabulary))
        first, second = (np.array([vocabulary[merge[side]] for merge in merges], np.uint64) for side in (0, 1))
        order, pairs = np.argsort(hashes), first << np.uint64(32) | second
        ranks = np.argsort(pairs, kind="stable")
        if len(np.unique(hashes)) < len(hashes) or len(np.unique(pairs)) < len(pairs):
            return None  # two tokens with one hash: one in a hundred million vocabularies
        return cls(
            form,
            {token: vocabulary[token] for token in fixed if token in vocabulary},
            max(map(len, vocabulary)),
            hashes[order],
            ids[order],
            pairs[ranks],
            ranks.astype(np.uint32),
        )

    def write(self, file: Path) -> None:
        """Write the tables into a file for `read`."""
        form = json.dumps([self.form, self.fixed, self.longest]).encode()
        arrays = {name: getattr(self, name) for name in ("hashes", "ids", "pairs", "ranks")}
        with file.open("wb") as out:
            np.savez(out, form=np.frombuffer(form, np.uint8), **arrays)

    @classmethod
    def read(cls, file: Path) -> TokenizerTables:
        """Read tables. Raises OSError, ValueError and others for a damaged file."""
        with np.load(file, allow_pickle=False) as arrays:
            form, fixed, longest = json.loads(arrays["form"].tobytes())
            return cls(form, fixed, longest, *(arrays[name] for name in ("hashes", "ids", "pairs", "ranks")))

    def tokenizer_of(self, texts: Iterable[str]) -> Tokenizer:
        """Return a tokenizer that gives these texts the ids that the complete one gives them."""
        empty = self._build(self.fixed, [])
        normalise, split = empty.normalizer, empty.pre_tokenizer
        letters = [normalise.normalize_str(text) if normalise else text for text in texts]
        pieces = {piece for text in letters for piece, _ in (split.pre_tokenize_str(text) if split else [(text, 0)])}
        vocabulary = self._find_tokens(sorted({part for piece in pieces for part in _parts(piece, self.longest)}))
        merges = self._find_merges(vocabulary)
        return self._build({**vocabulary, **self.fixed}, merges)

    def _find_tokens(self, parts: Sequence[str]) -> dict[str, int]:
        """Return the ids of those parts of texts that are tokens."""
        hashes = np.array([_hash(part) for part in parts], np.uint64)
        numbers, rows = _positions(self.hashes, hashes)
        return {parts[number]: int(id) for number, id in zip(numbers, self.ids[rows], strict=True)}

    def _find_merges(self, vocabulary: dict[str, int]) -> list[tuple[str, str]]:
        """Return the merges that give these tokens, in their order."""
        halves = [
            (token[:cut], token[cut:])
            for token in vocabulary
            for cut in range(1, len(token))
            if token[:cut] in vocabulary and token[cut:] in vocabulary
        ]
        pairs = np.array([vocabulary[first] << 32 | vocabulary[second] for first, second in halves], np.uint64)
        numbers, rows = _positions(self.pairs, pairs)
        return [halves[number] for number in numbers[np.argsort(self.ranks[rows])]]

    def _build(self, vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
        model = {**self.form["model"], "vocab": vocabulary, "merges": merges}
        tokenizer = Tokenizer.from_str(json.dumps({**self.form, "model": model}))
        tokenizer.encode_special_tokens = True  # which JSON does not record
        return tokenizer


def _has_tables(form: dict[str, Any]) -> bool:
    """Return whether parts of a text are all that its tokens depend on."""
    model, normalizer = form["model"], form["normalizer"] or {"normalizers": []}
    if model["type"] != "BPE" or not model["merges"]:
        return False
    return (
        not any(model.get(name) for name in OPTIONS)
        and all(step["type"] in NORMALIZERS for step in normalizer.get("normalizers", [normalizer]))
        and (form["pre_tokenizer"] or {"type": "Split"})["type"] == "Split"
        and all(model["vocab"].get(token["content"]) == token["id"] for token in form["added_tokens"])
        and not any(part.startswith("<0x") for merge in model["merges"] for part in merge)
    )


def _parts(piece: str, longest: int) -> Iterator[str]:
    """Yield every part of a piece of text that could be a token."""
    for first in range(len(piece)):
        yield from (piece[first:end] for end in range(first + 1, min(first + longest, len(piece)) + 1))


def _positions(
    ascending: NDArray[np.uint64], wanted: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which of the wanted numbers there are, and in which rows."""
    rows = np.searchsorted(ascending, wanted).clip(max=len(ascending) - 1)
    numbers = np.flatnonzero(ascending[rows] == wanted)
    return numbers, rows[numbers]


def _hash(token: str) -> int:
    return int.from_bytes(blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
