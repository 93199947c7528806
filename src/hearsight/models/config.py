"""What a model is made of: everything that its config.json says."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from hearsight.errors import HearsightError


@dataclass(frozen=True)
class ModelConfig:
    """Sizes and choices of a model; the defaults are the published ones (docs/reference.md sections 1 to 6).

    method: a name that `build` knows (methods.py).
    clip, ast: dictionaries of a transformers `CLIPConfig` and `ASTConfig` (ast: None for one that does not listen).
    heads: of the resampler and the fusion transformers; None for width // 64.
    average_frequencies: hear AST's patches as one token a moment, which makes AST-base's tokens 12 times fewer.
    gated: False fixes every gate at 1, as "blind" does for AVIGATE.
    mask_padding: leave padded frames out of fusion, too. The published program does not.
    weighed, questions, absence: what Chorus is made of, each to be left out. A text weighs the voices, or asks all of
    them alike; it has a question for each, or is the same to all; a voice that a clip has not is a learned vector, or
    what comes of zeros: what they sound like, as published, and of no words nothing.
    """

    method: str
    clip: dict[str, Any]
    ast: dict[str, Any] | None = None
    frames: int = 12
    words: int = 32
    queries: int = 12
    layers: int = 4
    heads: int | None = None
    positions: int = 77
    temperature: float = 1.0
    average_frequencies: bool = False
    gated: bool = True
    mask_padding: bool = False
    weighed: bool = True
    questions: bool = True
    absence: bool = True

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """Raises HearsightError for a field that it does not know."""
        unknown = values.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise HearsightError(f"unknown fields in the model's configuration: {', '.join(sorted(unknown))}")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
