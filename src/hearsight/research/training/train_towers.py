"""Train small towers from scratch: pictures, sounds and sentences are aligned with captions by a contrastive loss.

They replace CLIP and AST in the bundled demo model. Their training data are generated: scenes of Soundstage's training
split, each drawn at a few moments and rendered once as sound, and sentences with paraphrases. Small towers memorise
pairs (a dog on a beach, and so no dog in a city). To prevent this, every other scene can be drawn on an abstract
background.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
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
from hearsight.research.training.run_folder import Run, make_optimizer, seed_step, update
from hearsight.research.training.vocabulary import train_tokenizer
from hearsight.towers.filterbank import filterbank
from hearsight.towers.pixels import crop, normalise
from hearsight.util.atomic import atomic_file
from hearsight.util.parallel import parallel_map
from hearsight.util.progress import Progress

SAVE_EVERY = 200  # steps
TEXTS_FOR_TOKENIZER = 20_000
DROPPED_WORDS = 0.1  # share of a sentence's words, as a recogniser may miss them


@dataclass(frozen=True)
class SceneData:
    """Generated training data.

    pictures: (scenes, P, size, size, 3). sounds: filterbanks of the first scenes, (sounded, T, 128).
    sounding: indices of the scenes among these that have a sound event. speaking: indices of the scenes with speech.
    """

    scenes: list[Scene]
    pictures: NDArray[np.uint8]
    sounds: NDArray[np.float16]
    sounding: NDArray[np.integer]
    speaking: NDArray[np.integer]


def train_towers(recipe: TowersRecipe, folder: Path, workers: int = 2, progress: Progress | None = None) -> Path:
    """Train towers, and return the folder of a model with them, `folder/model`; its fusion modules are not trained."""
    scenes = [scene_of(recipe, number) for number in range(recipe.scenes)]
    run = Run(folder, recipe)
    model = _fresh_model(recipe, folder / "model", scenes)
    if recipe.start:
        problem = f"a run that started from {recipe.start}, which has changed since; give an empty folder"
        run.pin("inputs.json", {"start": model.fingerprint}, problem)
    data = make_scene_data(recipe, scenes, folder, model.clip.image_size, model.ast.rows, workers)
    trained = ("clip.", "ast.", "audio_projection.")
    parameters: list[tuple[str, Tensor]] = [(n, p) for n, p in model.named_parameters() if n.startswith(trained)]
    optimizer = make_optimizer([(parameters, recipe.learning_rate)], recipe)
    for step in range(run.resume(model, optimizer)["step"], recipe.steps):
        seed_step(recipe.seed, step)
        rng = np.random.default_rng([recipe.seed, step])
        losses = {
            name: loss(model, recipe, data, rng)
            for name, loss, count in (
                ("picture", _picture_loss, recipe.pictures),
                ("sound", _sound_loss, recipe.sounds),
                ("sentence", _sentence_loss, recipe.sentences),
            )
            if count
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
    """Return the towers before the first step: those to start from, or random ones with a new vocabulary."""
    if recipe.start:
        model = load(recipe.start)
        if not isinstance(model, AudioVisualModel):
            raise HearsightError(f"{recipe.start} has no audio tower; start from towers trained by `hearsight train`")
        return model.train()
    assert recipe.vocabulary and recipe.clip and recipe.ast  # as the recipe checks
    rng = np.random.default_rng([recipe.seed, 2])
    texts = (_random_text(scenes[int(rng.integers(len(scenes)))], rng) for _ in range(TEXTS_FOR_TOKENIZER))
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


def _random_text(scene: Scene, rng: Generator) -> str:
    """Return a caption of the scene, or what is said in it."""
    if scene.speech and rng.random() < 0.3:
        return scene.speech.sentence.text
    kinds = caption_kinds(scene)
    return sample_caption(scene, kinds[rng.integers(len(kinds))], rng).text


# Training data, generated once


def make_scene_data(
    recipe: TowersRecipe, scenes: list[Scene], folder: Path, size: int, rows: int, workers: int
) -> SceneData:
    """Draw the recipe's scenes and render their sound, in parallel. The arrays are stored in the folder of the run.

    size: of pictures. rows: of filterbanks. What the recipe shows none of is not generated.
    Raises HearsightError if no scene has sound, or none has speech, and the recipe shows some.
    """
    drawn = range(recipe.scenes if recipe.pictures else 0)
    sounded = range(min(recipe.sounded, recipe.scenes) if recipe.sounds else 0)
    sounding = np.array([index for index in sounded if scenes[index].sound])
    speaking = np.array([index for index, scene in enumerate(scenes) if scene.speech])
    if (recipe.sounds and not len(sounding)) or (recipe.sentences and not len(speaking)):
        raise HearsightError("no scene of the recipe has sound, or none has speech; set more scenes, and more sounded")
    pictures = _load_or_compute(folder / "pictures.npy", partial(_draw_pictures, recipe, size), drawn, workers)
    sounds = _load_or_compute(folder / "sounds.npy", partial(_render_sound, recipe, rows), sounded, workers)
    return SceneData(scenes, pictures, sounds, sounding, speaking)


def scene_of(recipe: TowersRecipe, number: int) -> Scene:
    """Return scene `number` of the recipe's own training scenes (not those of the rendered clips)."""
    return sample_scene(np.random.default_rng([recipe.seed, 1, number]), "train")


def _load_or_compute(file: Path, compute: Callable[[int], NDArray[Any]], numbers: range, workers: int) -> NDArray[Any]:
    if not file.exists():
        computed = list(parallel_map(compute, numbers, workers, chunk=25))
        arrays = np.stack(computed) if computed else np.empty(0)
        with atomic_file(file) as part, part.open("wb") as opened:  # given a path, numpy would change the name
            np.save(opened, arrays)
    loaded: NDArray[Any] = np.load(file)
    return loaded


def _draw_pictures(recipe: TowersRecipe, size: int, number: int) -> NDArray[np.uint8]:
    scene = scene_of(recipe, number)
    rng = np.random.default_rng([recipe.seed, 3, number])
    times = np.sort(rng.uniform(0, scene.duration, recipe.pictures_a_scene)).tolist()
    background = _abstract_background(rng) if recipe.nowhere and has_abstract_background(number) else None
    return np.stack([crop(frame, size) for frame in draw_frames(scene, times, background)])


def has_abstract_background(number: int) -> bool:
    """Return whether scene `number` is drawn on an abstract background if the recipe says `nowhere`: every other is."""
    return number % 2 == 1


def _abstract_background(rng: Generator) -> Image.Image:
    """Return a picture of soft blots of random colours."""
    blots = rng.integers(0, 256, (rng.integers(2, 7), rng.integers(2, 9), 3), dtype=np.uint8)
    return Image.fromarray(blots).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def _render_sound(recipe: TowersRecipe, rows: int, number: int) -> NDArray[np.float16]:
    waveform = soundtrack(scene_of(recipe, number))
    return filterbank(waveform, rows).numpy().astype(np.float16)


# The three losses


def _picture_loss(model: AudioVisualModel, recipe: TowersRecipe, data: SceneData, rng: Generator) -> Tensor:
    indices = rng.integers(len(data.scenes), size=recipe.pictures)
    pictures = data.pictures[indices, rng.integers(recipe.pictures_a_scene, size=recipe.pictures)]
    frames = model.clip.frames(normalise(torch.from_numpy(pictures).permute(0, 3, 1, 2))[:, None])[:, 0]
    captions = [
        _sight_caption(data.scenes[index], recipe.nowhere and has_abstract_background(int(index)), rng)
        for index in indices
    ]
    return contrast(model, frames, [text for text, _ in captions], [key for _, key in captions])


def _sight_caption(scene: Scene, abstract: bool, rng: Generator) -> tuple[str, str]:
    """Return a caption of what is seen, and a key that is equal for pictures of the same things in the same place.

    abstract: the picture has an abstract background, which the caption must not describe.
    """
    things = sorted(icon.name for icon in scene.icons)
    while True:
        drawn = sample_caption(scene, "sight", rng)
        if not (abstract and f"background: {scene.background}" in drawn.facts):
            return drawn.text, f"{things} {'' if abstract else scene.background}"


def _sound_loss(model: AudioVisualModel, recipe: TowersRecipe, data: SceneData, rng: Generator) -> Tensor:
    indices = rng.choice(data.sounding, size=recipe.sounds)
    scenes = [data.scenes[index] for index in indices]
    tokens = model.audio_projection(model.ast(torch.from_numpy(data.sounds[indices]).float()))
    keys = [scene.sound.name for scene in scenes if scene.sound]
    return contrast(model, tokens.mean(dim=1), [sample_caption(scene, "sound", rng).text for scene in scenes], keys)


def _sentence_loss(model: AudioVisualModel, recipe: TowersRecipe, data: SceneData, rng: Generator) -> Tensor:
    scenes = [data.scenes[index] for index in rng.choice(data.speaking, size=recipe.sentences)]
    sentences = [scene.speech.sentence.text for scene in scenes if scene.speech]
    recognised = [" ".join(word for word in text.split() if rng.random() >= DROPPED_WORDS) for text in sentences]
    vectors = model.clip.text(model.tokenize(recognised))
    return contrast(model, vectors, [sample_caption(scene, "speech", rng).text for scene in scenes], sentences)


def contrast(model: AudioVisualModel, vectors: Tensor, texts: list[str], keys: list[str]) -> Tensor:
    """Return InfoNCE in both directions between vectors (B, D) and B texts. Pairs with equal keys are all positives."""
    logits = model.clip.logit_scale.exp() * F.normalize(vectors, dim=-1) @ model.encode_text(model.tokenize(texts)).T
    same = torch.tensor([[a == b for b in keys] for a in keys], dtype=logits.dtype)
    targets = same / same.sum(dim=1, keepdim=True)
    return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.T, targets)) / 2
