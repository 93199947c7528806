"""What a model was not shown and cannot do, as far as its folder tells: nothing here is guessed."""

from __future__ import annotations

from hearsight.models.base import VideoTextModel
from hearsight.models.tokenizer import PUBLIC_SIZE
from hearsight.research.model_card.history import Clips, History
from hearsight.research.training.recipe import MethodRecipe

GENERATED = (
    "clips that Soundstage generated: emoji that move over painted backgrounds, synthesised sounds, and sentences of a "
    "small English grammar, spoken by three synthetic voices. No real picture, sound, place or person was among them, "
    "so nothing here tells how it does on real videos"
)


NOBODY = (
    "Whom it fails was not looked into: nothing was measured by who is seen or heard, by place, by accent or by "
    "language."
)


def limits(model: VideoTextModel, history: History | None) -> list[str]:
    """Sentences in Markdown; what recipes and data sets are called is not in them, but for words that are known."""
    return [*_trained_on(history), *_taken_in(model), *_heard(model, history), NOBODY]


def _trained_on(history: History | None) -> list[str]:
    if history is None:
        return ["What it was trained on is not recorded in its folder, so what it knows cannot be told."]
    recipe = history.recipe
    if not isinstance(recipe, MethodRecipe):
        return [
            f"It was trained on {GENERATED}.",
            "Only its towers were trained. What fuses them was not: it is there for a method to be trained on.",
        ]
    told = [f"It was trained on {_clips(history.clips())}."]
    if recipe.frozen_towers:
        told.append("Its image and audio towers were kept as they came: what these do not know, or have wrong, it has.")
    return told


def _clips(clips: Clips | None) -> str:
    if clips is None:
        return "clips of which no more is known: they are not, or no longer the same, where the recipe has them"
    if clips.generated:
        return f"{clips.count:,} {GENERATED}"
    if clips.source is None:
        return f"{clips.count:,} clips of someone's own; what they show is not recorded"
    return f"{clips.count:,} of the {clips.source.told:,} training clips of its data set, and knows what these show"


def _taken_in(model: VideoTextModel) -> list[str]:
    """What of a clip, and of a text, reaches the model."""
    frames, words = model.config.frames, model.config.words
    size = model.clip.config.text_config.vocab_size
    if size == PUBLIC_SIZE:
        language = "The vocabulary is OpenAI's, made for English: ask in English."
    else:
        language = f"The vocabulary is its own, of {size:,} tokens, and not that of public CLIPs."
    return [
        f"Of a clip, at most {frames} pictures are seen, each at a whole second: what happens between is not.",
        f"Of a text, no more than {words - 2} tokens are read; the rest is cut off.",
        language,
    ]


def _heard(model: VideoTextModel, history: History | None) -> list[str]:
    if not model.branches:
        return ["It does not hear: neither sounds nor speech find anything."]
    if "speech" not in model.branches:
        return ["It hears sounds, and does not read what is said."]
    read = f"What is said is read from transcripts, their first {model.config.words - 2} tokens, with all their errors."
    recogniser = history.recipe.recogniser if history and isinstance(history.recipe, MethodRecipe) else None
    more = {
        "none": "In training nothing was said to it: how it reads speech was not learned.",
        "pocketsphinx": "In training they were pocketsphinx's, which knows English only.",
        "perfect": "In training they were free of errors, as no recogniser's are.",
    }
    return [" ".join(filter(None, [read, more.get(recogniser or "")]))]
