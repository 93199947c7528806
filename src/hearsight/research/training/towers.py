"""Small towers from scratch: pictures, sounds and sentences brought into one space by contrast with their captions.

They stand in for CLIP and AST in the bundled demo model. What they learn from is generated: scenes of Soundstage's
training split, each drawn at a few moments and sounded once, and sentences with their rewordings. Small towers learn
pairs by heart (a dog on a beach, and so no dog in a city), so every other scene may be drawn nowhere in particular.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from hearsight.errors import HearsightError
from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.config import ModelConfig
from hearsight.models.load import build, load
from hearsight.models.tokenizer import Tokenizer
from hearsight.research.soundstage.backgrounds import HEIGHT, WIDTH
from hearsight.research.soundstage.captions import caption_kinds, sample_caption
from hearsight.research.soundstage.clip_plans import sample_scene
from hearsight.research.soundstage.scenes import Scene, draw_frames
from hearsight.research.soundstage.soundtrack import soundtrack
from hearsight.research.training.recipe import TowersRecipe
from hearsight.research.training.run import Run, make_optimizer, seed_step, update
from hearsight.research.training.vocabulary import train_tokenizer
from hearsight.towers.filterbank import filterbank
from hearsight.towers.pixels import crop, normalise
from hearsight.util.atomic import atomic_file
from hearsight.util.progress import Progress

SAVE_EVERY = 200  # steps
TEXTS_FOR_TOKENIZER = 20_000
MISHEARD = 0.1  # of a sentence's words are lost, as a recogniser may lose them


@dataclass(frozen=True)
class Material:
    """Scenes with their pictures (scenes, P, size, size, 3) and, of the first ones, filterbanks (sounded, T, 128)."""

    scenes: list[Scene]
    pictures: NDArray[np.uint8]
    sounds: NDArray[np.float16]
    sounding: NDArray[np.integer]  # places of sounded scenes that have a sound event
    speaking: NDArray[np.integer]  # places of scenes in which someone speaks


def train_towers(recipe: TowersRecipe, folder: Path, workers: int = 2, progress: Progress | None = None) -> Path:
    """Train, and write the model's folder `model` inside `folder`: its towers trained, its fusion modules fresh."""
    scenes = [scene_of(recipe, number) for number in range(recipe.scenes)]
    run = Run(folder, recipe)
    model = _fresh_model(recipe, folder / "model", scenes)
    if recipe.start:
        otherwise = f"a run that began with {recipe.start}, which has changed since; give an empty folder"
        run.pin("inputs.json", {"start": model.fingerprint}, otherwise)
    material = make_material(recipe, scenes, folder, model.clip.image_size, model.ast.rows, workers)
    trained = ("clip.", "ast.", "audio_projection.")
    parameters: list[tuple[str, Tensor]] = [(n, p) for n, p in model.named_parameters() if n.startswith(trained)]
    optimizer = make_optimizer([(parameters, recipe.learning_rate)], recipe)
    for step in range(run.resume(model, optimizer)["step"], recipe.steps):
        seed_step(recipe.seed, step)
        rng = np.random.default_rng([recipe.seed, step])
        losses = {
            "picture": _picture_loss(model, recipe, material, rng),
            "sound": _sound_loss(model, recipe, material, rng),
            "sentence": _sentence_loss(model, recipe, material, rng),
        }
        loss = torch.stack(list(losses.values())).sum()
        update(model, optimizer, loss, step / recipe.steps, recipe.warmup, f"step {step + 1}")
        figures = {name: round(value.item(), 4) for name, value in losses.items()}
        if progress:
            progress("step", step + 1, recipe.steps, figures)
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == recipe.steps:
            run.log(step + 1, **figures)
            run.save(step + 1, model, optimizer)
    model.half().save_pretrained(folder / "model")
    return folder / "model"


def _fresh_model(recipe: TowersRecipe, folder: Path, scenes: Sequence[Scene]) -> AudioVisualModel:
    """The towers before the first step: random ones with a vocabulary of their own, or those to start from."""
    if recipe.start:
        begun = load(recipe.start)
        if not isinstance(begun, AudioVisualModel):
            raise HearsightError(f"{recipe.start} does not listen; start from towers made by `hearsight train`")
        return begun.train()
    assert recipe.vocabulary and recipe.clip and recipe.ast  # the recipe sees to it
    rng = np.random.default_rng([recipe.seed, 2])
    texts = (_any_text(scenes[int(rng.integers(len(scenes)))], rng) for _ in range(TEXTS_FOR_TOKENIZER))
    train_tokenizer(texts, recipe.vocabulary, folder)
    tokenizer = Tokenizer(folder)
    ids = {"vocab_size": tokenizer.end_id + 1, "bos_token_id": tokenizer.start_id, "eos_token_id": tokenizer.end_id}
    clip = {**recipe.clip, "text_config": {**recipe.clip.get("text_config", {}), **ids, "pad_token_id": 0}}
    torch.manual_seed(recipe.seed)
    model = build(
        ModelConfig(method="avigate", clip=clip, ast=recipe.ast, options={"layers": 1, "heads": 4}), tokenizer
    )
    assert isinstance(model, AudioVisualModel)
    return model


def _any_text(scene: Scene, rng: Generator) -> str:
    """A caption of the scene, or what is said in it."""
    if scene.speech and rng.random() < 0.3:
        return scene.speech.sentence.text
    kinds = caption_kinds(scene)
    return sample_caption(scene, kinds[rng.integers(len(kinds))], rng).text


# What is learned from, made once


def make_material(
    recipe: TowersRecipe, scenes: list[Scene], folder: Path, size: int, rows: int, workers: int
) -> Material:
    """The recipe's scenes, drawn and sounded in parallel; kept in the folder for resuming.

    size: of pictures. rows: of filterbanks. Raises HearsightError for scenes of which none sounds, or none speaks.
    """
    sounded = range(min(recipe.sounded, recipe.scenes))
    sounding = np.array([place for place in sounded if scenes[place].sound])
    speaking = np.array([place for place, scene in enumerate(scenes) if scene.speech])
    if not (len(sounding) and len(speaking)):
        raise HearsightError(
            "in none of the recipe's scenes something sounds, or none speaks; set more scenes, sounded"
        )
    pictures = _made(folder / "pictures.npy", partial(_show, recipe, size), range(recipe.scenes), workers)
    sounds = _made(folder / "sounds.npy", partial(_sound, recipe, rows), sounded, workers)
    return Material(scenes, pictures, sounds, sounding, speaking)


def scene_of(recipe: TowersRecipe, number: int) -> Scene:
    """Scene `number` of the recipe's own training scenes (not those of the rendered clips)."""
    return sample_scene(np.random.default_rng([recipe.seed, 1, number]), "train")


def _made(file: Path, make: Callable[[int], NDArray[Any]], numbers: range, workers: int) -> NDArray[Any]:
    if not file.exists():
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            arrays = np.stack(list(pool.map(make, numbers, chunksize=25)))
        with atomic_file(file) as part, part.open("wb") as opened:  # of a path, numpy would change the name
            np.save(opened, arrays)
    loaded: NDArray[Any] = np.load(file)
    return loaded


def _show(recipe: TowersRecipe, size: int, number: int) -> NDArray[np.uint8]:
    scene = scene_of(recipe, number)
    rng = np.random.default_rng([recipe.seed, 3, number])
    times = np.sort(rng.uniform(0, scene.duration, recipe.pictures_a_scene)).tolist()
    stage = _nowhere(rng) if recipe.nowhere and is_nowhere(number) else None
    return np.stack([crop(frame, size) for frame in draw_frames(scene, times, stage)])


def is_nowhere(number: int) -> bool:
    """Every other scene."""
    return number % 2 == 1


def _nowhere(rng: Generator) -> Image.Image:
    """Soft blots of random colours: a background that is no place."""
    blots = rng.integers(0, 256, (rng.integers(2, 7), rng.integers(2, 9), 3), dtype=np.uint8)
    return Image.fromarray(blots).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def _sound(recipe: TowersRecipe, rows: int, number: int) -> NDArray[np.float16]:
    waveform = soundtrack(scene_of(recipe, number))
    return filterbank(waveform, rows).numpy().astype(np.float16)


# The three contrasts


def _picture_loss(model: AudioVisualModel, recipe: TowersRecipe, material: Material, rng: Generator) -> Tensor:
    chosen = rng.integers(len(material.scenes), size=recipe.pictures)
    shots = material.pictures[chosen, rng.integers(recipe.pictures_a_scene, size=recipe.pictures)]
    frames = model.clip.frames(normalise(torch.from_numpy(shots).permute(0, 3, 1, 2))[:, None])[:, 0]
    told = [_sight(material.scenes[place], recipe.nowhere and is_nowhere(int(place)), rng) for place in chosen]
    return contrast(model, frames, [text for text, _ in told], [key for _, key in told])


def _sight(scene: Scene, nowhere: bool, rng: Generator) -> tuple[str, str]:
    """A caption of what is seen, and a key that is the same for pictures of the same things in the same place."""
    things = sorted(icon.name for icon in scene.icons)
    while True:
        told = sample_caption(scene, "sight", rng)
        if not (nowhere and f"background: {scene.background}" in told.facts):
            return told.text, f"{things} {'' if nowhere else scene.background}"


def _sound_loss(model: AudioVisualModel, recipe: TowersRecipe, material: Material, rng: Generator) -> Tensor:
    chosen = rng.choice(material.sounding, size=recipe.sounds)
    scenes = [material.scenes[place] for place in chosen]
    tokens = model.audio_projection(model.ast(torch.from_numpy(material.sounds[chosen]).float()))
    keys = [scene.sound.name for scene in scenes if scene.sound]
    return contrast(model, tokens.mean(dim=1), [sample_caption(scene, "sound", rng).text for scene in scenes], keys)


def _sentence_loss(model: AudioVisualModel, recipe: TowersRecipe, material: Material, rng: Generator) -> Tensor:
    scenes = [material.scenes[place] for place in rng.choice(material.speaking, size=recipe.sentences)]
    said = [scene.speech.sentence.text for scene in scenes if scene.speech]
    heard = [" ".join(word for word in text.split() if rng.random() >= MISHEARD) for text in said]
    vectors = model.clip.text(model.tokenize(heard))
    return contrast(model, vectors, [sample_caption(scene, "speech", rng).text for scene in scenes], said)


def contrast(model: AudioVisualModel, vectors: Tensor, texts: list[str], keys: list[str]) -> Tensor:
    """InfoNCE in both directions between vectors (B, D) and B texts; pairs of the same key are all right answers."""
    logits = model.clip.logit_scale.exp() * F.normalize(vectors, dim=-1) @ model.encode_text(model.tokenize(texts)).T
    same = torch.tensor([[a == b for b in keys] for a in keys], dtype=logits.dtype)
    targets = same / same.sum(dim=1, keepdim=True)
    return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.T, targets)) / 2
