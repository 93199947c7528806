"""Recipes: everything that a training run depends on, as validated YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.config import FORMER_FIELDS
from hearsight.models.method_options import (
    Count,
    NotNegative,
    Positive,
    Share,
    known_options,
    plain_options,
    read_options,
)
from hearsight.models.registry import METHODS, class_of
from hearsight.util.bounded_file import read_bounded
from hearsight.util.suggest import nearest
from hearsight.util.yaml_file import LARGEST, parse_yaml

SECTIONS = ("options", "losses")
# Keys of recipes that were written before methods had options: for each, its section and name of today.
FORMER_KEYS = {name: ("options", new) for name, (new, _) in FORMER_FIELDS.items() if name != "positions"}
FORMER_KEYS |= {"few_voices": ("losses", "few_voices")}
METHOD = "save"  # of a recipe that names none
Shown = Annotated[int, Field(ge=0)]


class Schedule(BaseModel):
    """Seed, learning rate and its schedule, for Adam with decoupled weight decay (docs/reference.md section 8)."""

    model_config = ConfigDict(extra="forbid")

    seed: Annotated[int, Field(ge=0)] = 0
    learning_rate: Positive = 1e-4
    weight_decay: NotNegative = 0.2
    warmup: Share = 0.1  # of all steps, linear; then cosine


class TowersRecipe(Schedule):
    """Small towers trained on generated pictures, sounds and sentences, in place of CLIP and AST."""

    kind: Literal["towers"]
    start: str | None = None  # a model whose towers and vocabulary are trained further; or these three, for new towers:
    vocabulary: Annotated[int, Field(ge=514)] | None = None  # 512 bytes, start and end
    clip: dict[str, Any] | None = None
    ast: dict[str, Any] | None = None
    scenes: Count  # to generate, and to draw at a few moments each
    pictures_a_scene: Count = 3
    nowhere: bool = False  # draw every other scene without its background
    sounded: Count  # scenes that get a sound track, too
    steps: Count
    pictures: Shown = 64  # per step, as the next two; 0 trains the tower of texts without them
    sounds: Shown = 32
    sentences: Shown = 64

    @model_validator(mode="after")
    def _check_start(self) -> TowersRecipe:
        present = [value is not None for value in (self.vocabulary, self.clip, self.ast)]
        if present != [self.start is None] * 3:
            raise ValueError("give either start, or vocabulary, clip and ast")
        if not (self.pictures or self.sounds or self.sentences):
            raise ValueError("show some pictures, sounds or sentences per step")
        return self


class MethodRecipe(Schedule):
    """A method trained on towers: on their stored features, or, where they are not frozen, on the files themselves."""

    kind: Literal["method"]
    towers: str  # a model whose towers are used
    audio: str | None = None  # an AST, where that model is a plain CLIP
    data: str  # the folder of the data set; without `dataset`, one with `train` and `validation`
    dataset: str | None = None  # a name that `hearsight data check` knows
    recogniser: str = "pocketsphinx"  # whose transcripts are read: "moonshine", "whisper", or one of a plugin
    method: str = METHOD
    options: dict[str, Any] = {}  # of the method (`hearsight models --method NAME` lists them)
    losses: dict[str, NotNegative] = {}  # weights of the method's own losses
    frames: Count | None = None  # this and the next two: of the model; the towers' own unless set
    words: Count | None = None
    temperature: Positive | None = None
    average_frequencies: bool = False  # one audio token per moment
    frozen_towers: bool = True  # image and audio tower; the text tower learns
    freeze_embeddings: bool = True  # of CLIP, as published
    clip_learning_rate: NotNegative = 1e-7
    query_factor: Positive = 100.0  # learning rate of a resampler's queries over that of the other new modules
    batch: Count = 128  # clips per update, over all processes
    accumulation: Count = 1  # parts of a batch, each with its own negatives
    epochs: Count = 5
    every_caption: bool = (
        False  # an epoch shows each clip with each of its captions, as published; else with one, drawn
    )
    precision: Literal["float32", "bfloat16"] = "float32"
    save_every: Count = 200  # updates; and after every epoch
    margin_weight: NotNegative = 0.2  # lambda of the adaptive margin
    margin_limit: NotNegative = 0.1  # delta of the adaptive margin
    soft_albef: NotNegative = 1.0  # weight of soft-ALBEF, for a method that has it
    teacher: str = "towers"  # of soft-ALBEF: the frozen towers, or a folder of features (`stored_teacher`)
    audio_only: Share = 0.0  # of the clips not mixed: shown without frames, with a caption of sound or speech
    mixed: Share = 0.0  # of clips, shown with the sound of a second and the words of a third, their captions joined

    @model_validator(mode="before")
    @classmethod
    def _move_former_keys(cls, values: Any) -> Any:
        return _in_sections(values) if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _complete(self) -> MethodRecipe:
        """Check options and losses, and fill in the defaults of those that are missing."""
        method = class_of(self.method)
        self.options = plain_options(method, read_options(method, self.options))
        names = list(method.loss_weights)
        for name in self.losses:
            if name not in names:
                listed = f"its losses are {', '.join(names)}" if names else "it has none"
                raise HearsightError(
                    f"{self.method} has no loss of its own called '{name}'{nearest(name, names)}; {listed}"
                )
        self.losses = {**method.loss_weights, **self.losses}
        if self.every_caption and (self.audio_only or self.mixed):
            raise ValueError("every_caption shows clips as they are; set audio_only and mixed to 0")
        return self


Recipe = TowersRecipe | MethodRecipe
ADAPTER: TypeAdapter[Recipe] = TypeAdapter(Annotated[Recipe, Field(discriminator="kind")])


def read_recipe(name_or_path: str, changes: list[str] | None = None) -> Recipe:
    """Read a bundled recipe by name, or a YAML file.

    changes: "key=value", with values read as YAML; "options.NAME=value" and "losses.NAME=value" for what is in these
    sections. Where a change names another method, the file's options that are of its own method alone are left out.
    Raises HearsightError for a recipe that does not exist, unknown keys and values out of range.
    """
    values = _read_yaml(name_or_path)
    file_method = values.get("method", METHOD)
    changed = [_read_change(change) for change in changes or []]
    values.update({key: value for section, key, value in changed if not section})
    values = _in_sections(_without_foreign(values, file_method))
    for section, key, value in changed:
        if section:
            values[section] = {**values.get(section, {}), key: value}
    return _validate(values, f"recipe '{name_or_path}'")


def read_recorded_recipe(content: bytes) -> Recipe:
    """Read the recipe.json of a run, of this or an older version.

    Older versions wrote the options of all methods; those that the run's method does not have are left out.
    Raises ValueError for content that is damaged, HearsightError for a method that is not registered.
    """
    try:
        values = json.loads(content)
    except RecursionError as error:
        raise ValueError("recipe.json is nested without an end") from error
    if not isinstance(values, dict):
        raise ValueError("recipe.json is not a dictionary")
    return ADAPTER.validate_python(_in_sections(_without_foreign(values)))


def _read_yaml(name_or_path: str) -> dict[str, Any]:
    path = Path(name_or_path)
    bundled = files("hearsight") / "recipes" / f"{name_or_path}.yaml"
    if not path.is_file() and not bundled.is_file():
        names = sorted(entry.name.removesuffix(".yaml") for entry in (files("hearsight") / "recipes").iterdir())
        raise HearsightError(
            f"no recipe '{name_or_path}'{nearest(name_or_path, names)}; give a YAML file or one of {', '.join(names)}"
        )
    try:
        values = parse_yaml(read_bounded(path, LARGEST) if path.is_file() else bundled.read_bytes())
    except (OSError, ValueError) as error:
        raise HearsightError(f"recipe '{name_or_path}' is not valid YAML: {error}; correct it") from error
    sections = [values.get(section) or {} for section in SECTIONS] if isinstance(values, dict) else []
    if not sections or not all(isinstance(section, dict) for section in sections):
        raise HearsightError(f"recipe '{name_or_path}' does not consist of 'key: value' lines; correct it")
    return {**values, **{section: values[section] or {} for section in SECTIONS if section in values}}


def _read_change(change: str) -> tuple[str, str, Any]:
    """Return the section ("" for none), the key and the value of a `--set`."""
    key, equals, text = change.partition("=")
    section, dot, name = key.partition(".")
    if not equals or (dot and section not in SECTIONS):
        raise HearsightError(f"cannot read '--set {change}'; write key=value, options.NAME=value or losses.NAME=value")
    try:
        value = parse_yaml(text)
    except ValueError as error:
        raise HearsightError(f"the value of '--set {change}' is not valid YAML: {error}; correct it") from error
    if not dot:
        section, name = FORMER_KEYS.get(key, ("", key))
    return section, name, value


def _in_sections(values: dict[str, Any]) -> dict[str, Any]:
    """Move former keys into their sections. A value that stands in its section already counts."""
    moved: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for key, (section, name) in FORMER_KEYS.items():
        if key in values:
            moved[section][name] = values[key]
    rest = {key: value for key, value in values.items() if key not in FORMER_KEYS}
    return rest | {s: {**moved[s], **(values.get(s) or {})} for s in SECTIONS if moved[s] or s in values}


def _without_foreign(values: dict[str, Any], file_method: str | None = None) -> dict[str, Any]:
    """Leave out the former keys that the recipe's method does not have.

    file_method: the method that the sections were written for, where a change has named another: what that one has and
    the recipe's method has not is left out, too.
    """
    name = values.get("method", METHOD)
    if values.get("kind") != "method" or not isinstance(name, str):
        return values
    method = class_of(name)
    foreign = {
        key for key, (section, present) in FORMER_KEYS.items() if not _entries_of(section, method, {present: None})
    }
    values = {key: value for key, value in values.items() if key not in foreign}
    if file_method and file_method != name and file_method in METHODS:
        file_class = class_of(file_method)
        for section in SECTIONS:
            written = values.get(section, {})
            dropped = _entries_of(section, file_class, written).keys() - _entries_of(section, method, written).keys()
            values = {**values, section: {n: v for n, v in written.items() if n not in dropped}}
    return values


def _entries_of(section: str, method: type[VideoTextModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a section that a method has."""
    if section == "options":
        return known_options(method, values)
    return {name: value for name, value in values.items() if name in method.loss_weights}


def _validate(values: dict[str, Any], source: str) -> Recipe:
    try:
        return ADAPTER.validate_python(values)
    except HearsightError as error:
        raise HearsightError(f"{source} cannot be followed: {error}") from error
    except ValidationError as error:
        keys = [key for kind in (MethodRecipe, TowersRecipe) for key in kind.model_fields]
        faults = [
            f"unknown key '{fault['loc'][-1]}'{nearest(str(fault['loc'][-1]), keys)}"
            if fault["type"] == "extra_forbidden"
            else f"{'.'.join(map(str, fault['loc'][1:] or fault['loc']))}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise HearsightError(f"{source} cannot be followed: {'; '.join(faults)}; correct it") from error
