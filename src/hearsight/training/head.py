"""Train a method's own modules on stored features, with the losses of its paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional as F

from hearsight.errors import HearsightError
from hearsight.evaluation.retrieval import evaluate
from hearsight.models.avigate import AVIGATE
from hearsight.models.checkpoint import build, load, save
from hearsight.training.features import Example, FeatureSet, extract
from hearsight.training.features import Progress as Extracting
from hearsight.training.initialise import initialise
from hearsight.training.losses import adaptive_margin, adaptive_margin_loss, soft_albef_loss
from hearsight.training.recipe import HeadRecipe
from hearsight.training.run import Progress, Run, make_optimizer, update
from hearsight.types import ClipFeatures

SIGHT = "sight"  # kinds of captions that tell what is seen have this in their name, or are "all"


@dataclass
class Batch:
    """B clips with a caption each, and the cosines M0 (B, B) of a frozen teacher."""

    features: ClipFeatures
    texts: list[str]
    teacher: Tensor
    ids: list[str]


def train_head(
    recipe: HeadRecipe, folder: Path, extracting: Extracting | None = None, progress: Progress | None = None
) -> Path:
    """Train, and write the folder `model` of the best epoch, chosen by SumR on the validation split."""
    run = Run(folder, recipe)
    towers = load(recipe.towers)
    if not isinstance(towers, AVIGATE):
        raise HearsightError(f"{recipe.towers} does not listen; give towers with an audio tower")
    train = extract(Path(recipe.data) / "train", towers, progress=extracting)
    validation = extract(Path(recipe.data) / "validation", towers, progress=extracting)
    model = fresh_head(recipe, towers)
    optimizer = make_optimizer(_groups(model, recipe), recipe)
    state = run.resume(model, optimizer)
    best = state.get("best", -1.0)
    teacher = _teacher(towers, train)
    for epoch in range(state["step"], recipe.epochs):
        model.train()
        rng = np.random.default_rng([recipe.seed, epoch])
        batches = _batches(train.examples, recipe.batch, rng)
        total = 0.0
        for number, chosen in enumerate(batches):
            batch = _make_batch(train, chosen, teacher, recipe, rng)
            loss = head_loss(model, batch, recipe)
            share = (epoch + number / len(batches)) / recipe.epochs
            update(model, optimizer, loss, share, recipe.warmup, f"epoch {epoch + 1}, clips {', '.join(batch.ids)}")
            total += loss.item() / len(batches)
        report = evaluate(model, validation)
        figures = {"loss": round(total, 4), "sumr": round(report["all captions"].sumr, 2)}
        run.log(epoch=epoch + 1, loss=figures["loss"], validation={k: m.to_dict() for k, m in report.items()})
        if figures["sumr"] > best:
            best = figures["sumr"]
            save(model, folder / "model", half=True)
        run.save(epoch + 1, model, optimizer, best=best)
        if progress:
            progress(epoch + 1, recipe.epochs, figures)
    return folder / "model"


def fresh_head(recipe: HeadRecipe, towers: AVIGATE) -> AVIGATE:
    """A model of the recipe's method around trained towers, its own modules at their published start."""
    config = replace(
        towers.config,
        method=recipe.method,
        layers=recipe.layers,
        queries=recipe.queries,
        heads=recipe.heads,
        mask_padding=recipe.mask_padding,
    )
    torch.manual_seed(recipe.seed)
    model = build(config, towers.tokenizer)
    assert isinstance(model, AVIGATE)
    kept = {k: v for k, v in towers.state_dict().items() if k.startswith(("clip.", "ast.", "audio_projection."))}
    model.load_state_dict(kept, strict=False)
    initialise(model)
    return model


def _groups(model: AVIGATE, recipe: HeadRecipe) -> list[tuple[list[tuple[str, Tensor]], float]]:
    """Named parameters by learning rate. Image and audio tower are frozen: their outputs are stored."""
    text = ("clip.model.text_model.", "clip.model.text_projection.", "clip.model.logit_scale")
    groups: dict[float, list[tuple[str, Tensor]]] = {}
    for name, parameter in model.named_parameters():
        if name == "resampler.queries":
            rate = recipe.learning_rate * recipe.query_factor
        elif name.startswith(text):
            rate = recipe.text_learning_rate
        elif name.startswith(("clip.", "ast.")):
            parameter.requires_grad_(False)
            continue
        else:
            rate = recipe.learning_rate
        groups.setdefault(rate, []).append((name, parameter))
    return [(parameters, rate) for rate, parameters in groups.items()]


def head_loss(model: AVIGATE, batch: Batch, recipe: HeadRecipe) -> Tensor:
    """Adaptive-margin contrastive loss, and soft-ALBEF for a method that has it."""
    text = model.encode_text(model.tokenize(batch.texts))
    video = model.fuse(batch.features)
    margin = adaptive_margin(text, video, recipe.margin_weight, recipe.margin_limit)
    scale = model.clip.logit_scale.exp()
    loss = adaptive_margin_loss(model.similarity(text, video), margin, scale)
    if recipe.method == "save":
        # A clip shown without its frames has no vision to align.
        compared = batch.features.has_audio & batch.features.frame_mask.any(dim=1)
        loss = loss + recipe.soft_albef * soft_albef_loss(video, batch.teacher, compared)
    return loss


@torch.no_grad()
def _teacher(towers: AVIGATE, clips: FeatureSet) -> tuple[Tensor, Tensor]:
    """Unit vectors (N, D) of pictures and of sounds by the frozen towers, which stand in for ImageBind."""
    seen, heard = [], []
    for start in range(0, len(clips), 256):
        features = clips.batch(range(start, min(start + 256, len(clips))))
        assert features.audio is not None
        mask = features.frame_mask[..., None]
        seen.append((features.frames * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1))
        heard.append(towers.audio_projection(features.audio).mean(dim=1))
    return F.normalize(torch.cat(seen), dim=-1), F.normalize(torch.cat(heard), dim=-1)


def _batches(examples: Sequence[Example], size: int, rng: Generator) -> list[list[int]]:
    """Every clip once, in batches; twins side by side, so that what tells them apart is asked for."""
    groups: dict[str, list[int]] = {}
    for place, example in enumerate(examples):
        groups.setdefault(example.group, []).append(place)
    members = list(groups.values())
    order = [place for group in rng.permutation(len(members)) for place in members[group]]
    whole = max(1, len(order) // size)  # a last batch of a few would be an easy one
    return [list(map(int, part)) for part in np.array_split(order, whole)]


def _make_batch(
    clips: FeatureSet, chosen: Sequence[int], teacher: tuple[Tensor, Tensor], recipe: HeadRecipe, rng: Generator
) -> Batch:
    features = clips.batch(chosen)
    sounds, texts = list(chosen), []
    for row, place in enumerate(chosen):
        captions = clips.examples[place].captions
        unseen = [caption for caption in captions if SIGHT not in caption[0] and caption[0] != "all"]
        if rng.random() < recipe.mixed:
            sounds[row], spoken = rng.integers(len(clips), size=2).tolist()
            _mix(features, row, clips, sounds[row], spoken)
            texts.append(_joined([clips.examples[source] for source in (place, sounds[row], spoken)], rng))
            continue
        if unseen and rng.random() < recipe.audio_only:
            features.frame_mask[row] = False
            captions = tuple(unseen)
        texts.append(captions[rng.integers(len(captions))][1])
    ids = [clips.examples[place].id for place in chosen]
    return Batch(features, texts, teacher[0][torch.tensor(chosen)] @ teacher[1][torch.tensor(sounds)].T, ids)


def _mix(features: ClipFeatures, row: int, clips: FeatureSet, sound: int, spoken: int) -> None:
    """Give a clip of a batch the sound of one clip and the words of another, in place."""
    for name, source in (("audio", sound), ("has_audio", sound), ("speech_ids", spoken), ("has_speech", spoken)):
        ours, theirs = getattr(features, name), getattr(clips.features, name)
        if ours is not None:
            ours[row] = theirs[source]


def _joined(sources: Sequence[Example], rng: Generator) -> str:
    """What is seen in the first, heard in the second and said in the third: captions of one, two or all of these."""
    parts = []
    for example, kind in zip(sources, (SIGHT, "sound", "speech"), strict=True):
        fitting = [text for told, text in example.captions if told == kind]
        if fitting:
            parts.append(fitting[rng.integers(len(fitting))])
    kept = rng.permutation(len(parts))[: rng.integers(1, len(parts) + 1)]
    return " and ".join(parts[place] for place in kept)
