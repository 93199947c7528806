"""Tokenizers of models: from texts to token ids."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import tokenizers
import torch
from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.models.bpe import END, START, read_bpe, write_bpe
from hearsight.models.catalog import NONE
from hearsight.models.hub import TOKENIZER_FILES, HubModel, has_vocabulary
from hearsight.models.padded_texts import count_tokens, padded_ids, read_tokenizer
from hearsight.models.unpadded_texts import MAX_LETTERS
from hearsight.models.unpadded_texts import read_tokenizer as read_unpadded

PUBLIC = "openai/clip-vit-base-patch32"  # every public CLIP shares its vocabulary
PUBLIC_SIZE = 49_408


class Tokenizer:
    """CLIP's byte-pair tokenizer: start, words, end, padding with 0.

    source: a folder with CLIP's tokenizer files, read when first used. A published checkpoint does not contain its
    vocabulary, so the default is OpenAI's, from the hub. public: use OpenAI's, too, if the folder has no such files.
    """

    def __init__(
        self,
        source: str | Path = PUBLIC,
        start_id: int | None = None,
        end_id: int | None = None,
        public: bool = False,
    ) -> None:
        self.source = source
        self.public = public
        self._start_id, self._end_id = start_id, end_id

    @cached_property
    def backend(self) -> tokenizers.Tokenizer:
        """The byte-pair encoding of the tokenizers library. Raises HearsightError if its files are missing."""
        folder = Path(self.source)
        if str(self.source) == PUBLIC or (self.public and not has_vocabulary(folder)):
            folder = HubModel(PUBLIC, tuple(TOKENIZER_FILES), has_vocabulary).fetch()
        if not has_vocabulary(folder):
            raise HearsightError(
                f"no CLIP tokenizer in '{folder}'; put tokenizer.json, or vocab.json and merges.txt, there"
            )
        return read_bpe(folder)

    @property
    def size(self) -> int:
        """The number of tokens in the vocabulary."""
        return int(self.backend.get_vocab_size())

    @property
    def start_id(self) -> int:
        return self._special(START) if self._start_id is None else self._start_id

    @property
    def end_id(self) -> int:
        return self._special(END) if self._end_id is None else self._end_id

    def _special(self, token: str) -> int:
        id = self.backend.token_to_id(token)
        assert id is not None  # `read_bpe` refuses a vocabulary without it
        return id

    def __call__(self, texts: Sequence[str], length: int) -> Tensor:
        """Tokenise N texts -> (N, length) ids. A text that spells a special token is taken as plain letters."""
        start, end, rows = self.start_id, self.end_id, []
        for text in texts:
            words = self.backend.encode(text, add_special_tokens=False).ids[: length - 2]
            rows.append([start, *words, end] + [0] * (length - 2 - len(words)))
        return torch.tensor(rows, dtype=torch.long).reshape(len(texts), length)

    def count_pieces(self, words: Sequence[str]) -> list[int]:
        """Return how many tokens each word is cut into."""
        return count_tokens(self.backend, words)

    def save(self, folder: Path) -> None:
        """Write the tokenizer's files into a model's folder, if they can be read."""
        try:
            backend = self.backend
        except HearsightError:
            return  # a published checkpoint, offline: `load` fetches OpenAI's vocabulary when it is first needed
        write_bpe(backend, folder)


class BlankTokenizer(Tokenizer):
    """The tokenizer of a model that reads no text: every text is padding, and there are no files."""

    def __init__(self, source: str | Path = NONE) -> None:
        super().__init__(source)

    @property
    def size(self) -> int:
        return 1

    def __call__(self, texts: Sequence[str], length: int) -> Tensor:
        """Return (N, length) zeros."""
        return torch.zeros(len(texts), length, dtype=torch.long)

    def count_pieces(self, words: Sequence[str]) -> list[int]:
        """Return 1 for every word: none is less known than others."""
        return [1] * len(words)

    def save(self, folder: Path) -> None:
        """Write nothing."""


class UnpaddedTokenizer(Tokenizer):
    """A checkpoint's own tokenizer, whose texts are as long as they are (unpadded_texts.py), for PE-AV.

    source: a folder with tokenizer.json, read when first used. length: of a text, in tokens, at most.
    """

    def __init__(self, source: str | Path, length: int) -> None:
        super().__init__(source)
        self.length = length

    @cached_property
    def backend(self) -> tokenizers.Tokenizer:
        """The tokenizer of the tokenizers library. Raises HearsightError if its file is missing or damaged."""
        return read_unpadded(Path(self.source), self.length)

    def __call__(self, texts: Sequence[str], length: int) -> Tensor:
        """Tokenise N texts -> (N, tokens of the longest) ids, padded with -1."""
        rows = [encoding.ids for encoding in self.backend.encode_batch([text[:MAX_LETTERS] for text in texts])]
        ids = torch.full((len(rows), max(map(len, rows), default=0)), -1)
        for row, tokens in zip(ids, rows, strict=True):
            row[: len(tokens)] = torch.tensor(tokens)
        return ids

    def save(self, folder: Path) -> None:
        """Copy the tokenizer's file into a model's folder. Raises HearsightError if it cannot be read."""
        _ = self.backend
        (folder / "tokenizer.json").write_bytes((Path(self.source) / "tokenizer.json").read_bytes())


class PaddedTokenizer(Tokenizer):
    """A checkpoint's own tokenizer, whose texts all have one length (padded_texts.py).

    source: a folder with tokenizer.json and tokenizer_config.json, read when first used. length: of a text, in tokens.
    lower_case: whether texts are lower-cased, if the files do not say it.
    """

    def __init__(self, source: str | Path, length: int, lower_case: bool) -> None:
        super().__init__(source)
        self.length, self.lower_case = length, lower_case

    @cached_property
    def backend(self) -> tokenizers.Tokenizer:
        """The tokenizer of the tokenizers library. Raises HearsightError if its files are missing or damaged."""
        return read_tokenizer(Path(self.source), self.length, self.lower_case)

    def __call__(self, texts: Sequence[str], length: int) -> Tensor:
        """Tokenise N texts -> (N, length) ids. Raises HearsightError for another length than the model's."""
        if length != self.length:
            raise HearsightError(
                f"this model was trained on texts of {self.length} tokens, and {length} are asked for; set words to "
                f"{self.length}"
            )
        return torch.tensor(padded_ids(self.backend, texts), dtype=torch.long).reshape(len(texts), length)

    def save(self, folder: Path) -> None:
        """Copy the tokenizer's files into a model's folder. Raises HearsightError if they cannot be read."""
        _ = self.backend
        for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            file = Path(self.source) / name
            if file.is_file():
                (folder / name).write_bytes(file.read_bytes())
