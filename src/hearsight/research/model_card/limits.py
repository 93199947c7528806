"""Describe a model's limits, as far as they are recorded in its folder; nothing is guessed."""

from __future__ import annotations

from hearsight.models.base import VideoTextModel
from hearsight.models.tokenizer import PUBLIC_SIZE
from hearsight.research.model_card.history import Clips, History
from hearsight.research.training.recipe import MethodRecipe

GENERATED = (
    "clips that Soundstage generated: emoji that move over painted backgrounds, synthesised sounds, and sentences of a "
    "small English grammar, spoken by three synthetic voices. No real picture, sound, place or person was among them, "
    "so how it does on real videos is not known"
)


FAIRNESS = "Whether it works equally well for all people, places, accents and languages was not tested."


def limits(model: VideoTextModel, history: History | None) -> list[str]:
    """Return the limits as sentences in Markdown, without names of folders or recipes."""
    return [*_trained_on(history), *_inputs(model), *_heard(model, history), FAIRNESS]


def _trained_on(history: History | None) -> list[str]:
    if history is None:
        return ["What it was trained on is not recorded in its folder, so what it knows is not known either."]
    recipe = history.recipe
    if not isinstance(recipe, MethodRecipe):
        return [
            f"It was trained on {GENERATED}.",
            "Only its towers were trained, and not the modules that fuse them: it is meant for training a method.",
        ]
    sentences = [f"It was trained on {_clips(history.clips())}."]
    if recipe.frozen_towers:
        sentences.append(
            "Its image and audio towers were frozen: what these do not know, or get wrong, it does not learn."
        )
    return sentences


def _clips(clips: Clips | None) -> str:
    if clips is None:
        return "clips of which no more is known: they have moved or changed since"
    if clips.generated:
        return f"{clips.count:,} {GENERATED}"
    if clips.provenance is None:
        return f"{clips.count:,} clips of a private data set; what they show is not recorded"
    return (
        f"{clips.count:,} of the {clips.provenance.clips:,} training clips of its data set, and knows only what these "
        "show"
    )


def _inputs(model: VideoTextModel) -> list[str]:
    """Describe how much of a clip, and of a text, the model uses."""
    frames, words = model.config.frames, model.config.words
    size = model.clip.config.text_config.vocab_size
    if size == PUBLIC_SIZE:
        language = "The vocabulary is OpenAI's, for English: search in English."
    else:
        language = f"The vocabulary is its own, with {size:,} tokens, and not that of public CLIPs."
    return [
        f"It sees at most {frames} pictures of a clip, each at a whole second, and nothing in between.",
        f"It reads at most {words - 2} tokens of a text; the rest is cut off.",
        language,
    ]


def _heard(model: VideoTextModel, history: History | None) -> list[str]:
    if not model.branches:
        return ["It does not hear: it finds clips neither by sounds nor by speech."]
    if "speech" not in model.branches:
        return ["It hears sounds, and does not read what is said."]
    read = f"It reads the first {model.config.words - 2} tokens of a clip's transcript, with any errors in it."
    recogniser = history.recipe.recogniser if history and isinstance(history.recipe, MethodRecipe) else None
    more = {
        "none": "It was trained without transcripts, so it has not learned to read speech.",
        "moonshine": "In training, transcripts were Moonshine's, which knows English only.",
        "pocketsphinx": "In training, transcripts were pocketsphinx's, which knows English only.",
        "perfect": "In training, transcripts had no errors, unlike those of any recogniser.",
    }
    return [" ".join(filter(None, [read, more.get(recogniser or "")]))]
