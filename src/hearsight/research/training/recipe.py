"""Recipes: everything that a training run depends on, as validated YAML."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator

from hearsight.errors import HearsightError
from hearsight.models.registry import class_of

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0)]


class Schedule(BaseModel):
    """How long, how much at once, how fast; Adam with decoupled weight decay as published (docs/reference.md, 8)."""

    model_config = ConfigDict(extra="forbid")

    seed: Annotated[int, Field(ge=0)] = 0
    learning_rate: Positive = 1e-4
    weight_decay: NotNegative = 0.2
    warmup: Share = 0.1  # of all steps, linear; then cosine


class TowersRecipe(Schedule):
    """Small towers trained from scratch on generated pictures, sounds and sentences, to stand in for CLIP and AST."""

    kind: Literal["towers"]
    start: str | None = None  # a model whose towers and vocabulary are trained further; or these three, for new ones:
    vocabulary: Annotated[int, Field(ge=514)] | None = None  # 512 bytes, start and end
    clip: dict[str, Any] | None = None
    ast: dict[str, Any] | None = None
    scenes: Count  # generated, and drawn at a few moments
    pictures_a_scene: Count = 3
    nowhere: bool = False  # draw every other scene without its background
    sounded: Count  # so many of the scenes are sounded, too
    steps: Count
    pictures: Count = 64  # a step
    sounds: Count = 32  # a step
    sentences: Count = 64  # a step

    @model_validator(mode="after")
    def _one_beginning(self) -> TowersRecipe:
        given = [value is not None for value in (self.vocabulary, self.clip, self.ast)]
        if given != [self.start is None] * 3:
            raise ValueError("give either start, or vocabulary, clip and ast")
        return self


class MethodRecipe(Schedule):
    """A method trained on towers: on their stored features, or, where these are not frozen, on the files themselves.

    towers: a model whose towers are used; audio: their audio tower, where that is a plain CLIP. dataset: the name of
    one that `hearsight data check` knows, data: where it is; or no name, and a folder with `train` and `validation`, as
    `soundstage render` makes them. frames, words, temperature: of the model; the towers' own unless given.
    batch: clips an update, over all processes; accumulation: in so many parts, each with its own negatives.
    every_caption: an epoch shows each clip with each of its captions, as published; else with one, drawn anew.
    query_factor: learning rate of the resampler's queries over that of the other new modules. teacher: of soft-ALBEF,
    "towers" for the frozen towers themselves, or a folder of features (`stored_teacher`). mixed: share of clips
    shown with the sound of a second and the words of a third, their captions joined (of the kinds sight, sound and
    speech). audio_only: share of the others shown without their frames, so that audio files can be found (those with a
    caption that tells nothing of sight).
    """

    kind: Literal["method"]
    towers: str
    audio: str | None = None
    data: str
    dataset: str | None = None
    recogniser: str = "pocketsphinx"
    method: str = "save"
    frames: Count | None = None
    words: Count | None = None
    temperature: Positive | None = None
    layers: Count = 4
    queries: Count = 12
    heads: Count | None = None
    average_frequencies: bool = False
    gated: bool = True
    mask_padding: bool = False
    weighed: bool = True
    questions: bool = True
    absence: bool = True
    frozen_towers: bool = True  # of pictures and sounds; that of texts learns
    freeze_embeddings: bool = True  # of CLIP, as published
    clip_learning_rate: NotNegative = 1e-7
    query_factor: Positive = 100.0
    batch: Count = 128
    accumulation: Count = 1
    epochs: Count = 5
    every_caption: bool = False
    precision: Literal["float32", "bfloat16"] = "float32"
    save_every: Count = 200  # updates; and after every epoch
    margin_weight: NotNegative = 0.2
    margin_limit: NotNegative = 0.1
    soft_albef: NotNegative = 1.0
    teacher: str = "towers"
    few_voices: NotNegative = 0.6  # of Chorus
    audio_only: Share = 0.0
    mixed: Share = 0.0

    @field_validator("method")
    @classmethod
    def _known(cls, name: str) -> str:
        class_of(name)
        return name

    @model_validator(mode="after")
    def _one_way_to_show(self) -> MethodRecipe:
        if self.every_caption and (self.audio_only or self.mixed):
            raise ValueError("every_caption shows clips as they are; set audio_only and mixed to 0")
        return self


Recipe = TowersRecipe | MethodRecipe
ADAPTER: TypeAdapter[Recipe] = TypeAdapter(Annotated[Recipe, Field(discriminator="kind")])


def read_recipe(name_or_path: str, changes: list[str] | None = None) -> Recipe:
    """A bundled recipe by name, or a YAML file; changes are "key=value", values read as YAML.

    Raises HearsightError for a recipe that is not there, unknown keys and values out of range.
    """
    path = Path(name_or_path)
    bundled = files("hearsight") / "recipes" / f"{name_or_path}.yaml"
    if not path.is_file() and not bundled.is_file():
        names = sorted(entry.name.removesuffix(".yaml") for entry in (files("hearsight") / "recipes").iterdir())
        raise HearsightError(f"no recipe '{name_or_path}'; give a YAML file or one of {', '.join(names)}")
    try:
        values = yaml.safe_load((path if path.is_file() else bundled).read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise HearsightError(f"recipe '{name_or_path}' is not a list of 'key: value' lines")
        for change in changes or []:
            key, equals, value = change.partition("=")
            if not equals:
                raise HearsightError(f"cannot read '--set {change}'; write it as key=value")
            values[key] = yaml.safe_load(value)
        return ADAPTER.validate_python(values)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise HearsightError(f"recipe '{name_or_path}' is not valid YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise HearsightError(f"recipe '{name_or_path}' cannot be followed: {faults}") from error
