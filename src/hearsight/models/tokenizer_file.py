"""Read a tokenizer.json, and refuse one whose steps make a text longer and longer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from hearsight.errors import HearsightError
from hearsight.util.bounded_file import check_size

LARGEST = 256 << 20  # bytes; those of a quarter of a million tokens have 35 million
# Sixty steps that each double a text would fill any memory with one letter. Steps of real tokenizers replace a letter
# by another one, and letters by their bytes once or twice.
MOST_GROWTH = 64


def read_tokenizer_file(file: Path) -> Tokenizer:
    """Read a tokenizer. Raises HearsightError for a damaged file, and for one that no model has."""
    try:
        check_size(file, LARGEST)
        tokenizer = Tokenizer.from_file(str(file))
        parts = [tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.post_processor]
        growth = _growth([json.loads(part.__getstate__()) for part in parts if part is not None])
    except Exception as error:  # all that the library raises
        raise HearsightError(f"cannot read {file} ({error}); download or save the model again") from error
    if growth > MOST_GROWTH:
        raise HearsightError(
            f"{file} makes texts over {MOST_GROWTH} times longer, which no model needs; download it from its authors"
        )
    return tokenizer


def _growth(parts: Any) -> int:
    """Return how many times longer a text may become by the steps of a tokenizer, or a number that is too large."""
    growth = 1
    for step in _steps(parts):
        match step.get("type"):
            case "Replace":
                growth *= max(1, len(step.get("content", "")))
            case "ByteLevel":
                growth *= 2
            case "TemplateProcessing":
                growth *= max(1, sum("Sequence" in piece for piece in step.get("single", ())))
        if growth > MOST_GROWTH:
            break
    return growth


def _steps(parts: Any) -> Iterator[dict[str, Any]]:
    """Yield every dictionary in the description of a tokenizer."""
    pending = [parts]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            yield part
        pending += part if isinstance(part, list) else part.values() if isinstance(part, dict) else ()
