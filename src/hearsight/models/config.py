"""The configuration of a model: everything that its config.json holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from hearsight.errors import HearsightError
from hearsight.util.suggest import nearest

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
                    f"unknown field '{name}'{nearest(name, names)} in a model's configuration; correct its config.json"
                )
        own = {name: value for name, value in values.items() if name not in former}
        return cls(**{**own, "former": {**own.get("former", {}), **former}})

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
