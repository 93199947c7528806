"""The configuration of a model: everything that its config.json holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from math import inf
from typing import Any

from hearsight.errors import HearsightError
from hearsight.util.suggest import nearest

FILE = "config.json"
SHOWN = 80  # letters of a name in a message
MOST_FRAMES, MOST_WORDS = 1000, 100_000  # of a clip, and of a text
# Fields of config.json files that were written before methods had options: for each, the name of the option that it
# is today, and the default of the field.
FORMER_FIELDS: dict[str, tuple[str, Any]] = {
    "queries": ("queries", 12),
    "layers": ("layers", 4),
    "heads": ("heads", None),
    "positions": ("positions", 77),
    "gated": ("gated", True),
    "mask_padding": ("mask_padding", False),
    "weighed": ("query_weights", True),
    "questions": ("query_projections", True),
    "absence": ("learned_absence", True),
}


def default_heads(width: int) -> int:
    """Return the attention heads of a method's own modules, where its options name none: one for 64 of the width D."""
    return max(1, width // 64)


@dataclass(frozen=True)
class ModelConfig:
    """Sizes and choices of a model; the defaults are the published ones (docs/reference.md sections 1 to 6).

    method: a registered name (registry.py); `build` (load.py) builds its class.
    clip, ast: dictionaries of a transformers `CLIPConfig` and `ASTConfig` (ast: None for a method without audio).
    frames: the most frames of a clip. words: tokens of a text, with start and end. temperature: tau of the similarity.
    average_frequencies: read AST's patches as one token per moment, which makes AST-base's tokens 12 times fewer.
    options: of the method, by name. Those that are missing have the method's defaults; a model's own configuration has
    them all.
    former: fields of an older config.json that became options. A built model keeps those of other methods, which only
    count for its fingerprint.
    """

    method: str
    clip: dict[str, Any]
    ast: dict[str, Any] | None = None
    frames: int = 12
    words: int = 32
    temperature: float = 1.0
    average_frequencies: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    former: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """Build a configuration from the dictionary of a config.json, of this or an older version.

        Raises HearsightError for an unknown field.
        """
        names = [field.name for field in fields(cls)]
        former = {name: values[name] for name in FORMER_FIELDS if name in values}
        for name in values.keys() - former.keys():
            if name not in names:
                raise HearsightError(
                    f"unknown field '{name[:SHOWN]}'{nearest(name, names)} in a configuration; correct its {FILE}"
                )
        own = {name: value for name, value in values.items() if name not in former}
        older = own.get("former") or {}
        try:
            config = cls(**{**own, "former": {**older, **former}})
        except TypeError as error:
            raise HearsightError(f"a model's configuration lacks its method or its clip; correct its {FILE}") from error
        config.check()
        return config

    def check(self) -> None:
        """Raise HearsightError for values of another type, and for numbers that no model has."""
        fits = {
            "method": isinstance(self.method, str),
            "clip": isinstance(self.clip, dict)
            and all(isinstance(self.clip.get(part) or {}, dict) for part in ("text_config", "vision_config")),
            "ast": self.ast is None or isinstance(self.ast, dict),
            "frames": type(self.frames) is int and 1 <= self.frames <= MOST_FRAMES,
            "words": type(self.words) is int and 1 <= self.words <= MOST_WORDS,
            "temperature": type(self.temperature) in (int, float) and 0 < self.temperature < inf,
            "average_frequencies": isinstance(self.average_frequencies, bool),
            "options": isinstance(self.options, dict),
            "former": isinstance(self.former, dict) and set(self.former) <= set(FORMER_FIELDS),
        }
        if wrong := [name for name, is_right in fits.items() if not is_right]:
            raise HearsightError(f"a model's configuration has an impossible '{wrong[0]}'; correct its {FILE}")

    def to_dict(self) -> dict[str, Any]:
        """Return the dictionary that `from_dict` takes."""
        values = asdict(self)
        return values if self.former else {name: value for name, value in values.items() if name != "former"}

    def flat(self) -> dict[str, Any]:
        """Return the dictionary of an older config.json, with the options that existed then, of whatever method."""
        flat = {name: value for name, value in asdict(self).items() if name not in ("options", "former")}
        flat |= {name: self.former.get(name, default) for name, (_, default) in FORMER_FIELDS.items()}
        return flat | {name: self.options[new] for name, (new, _) in FORMER_FIELDS.items() if new in self.options}

    def complete(self, options: dict[str, Any]) -> ModelConfig:
        """Return a configuration with all options of its method, and only those former fields that still count."""
        former = {
            name: value
            for name, value in self.former.items()
            if FORMER_FIELDS[name][0] not in options and FORMER_FIELDS[name][1] != value
        }
        return replace(self, options=options, former=former)
