"""Train a method's own modules on stored features, with the losses of its paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hearsight.datasets.features import FeatureSet, extract
from hearsight.datasets.manifest import Progress as Extracting
from hearsight.errors import HearsightError
from hearsight.evaluation.retrieval import evaluate
from hearsight.models.avigate import AVIGATE
from hearsight.models.checkpoint import build, load, save
from hearsight.models.clip4clip import CLIP4Clip
from hearsight.training.batches import Batch, batches, make_batch
from hearsight.training.initialise import initialise
from hearsight.training.losses import adaptive_margin, adaptive_margin_loss, soft_albef_loss
from hearsight.training.recipe import HeadRecipe
from hearsight.training.run import Progress, Run, make_optimizer, update


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
    teacher = teacher_vectors(towers, train) if recipe.method == "save" else None
    for epoch in range(state["step"], recipe.epochs):
        model.train()
        rng = np.random.default_rng([recipe.seed, epoch])
        places = batches(train.examples, recipe.batch, rng)
        total = 0.0
        for number, chosen in enumerate(places):
            batch = make_batch(train, chosen, recipe, rng)
            loss = head_loss(model, batch, recipe, teacher)
            share = (epoch + number / len(places)) / recipe.epochs
            clips = ", ".join(train.examples[place].id for place in chosen)
            update(model, optimizer, loss, share, recipe.warmup, f"epoch {epoch + 1}, clips {clips}")
            total += loss.item() / len(places)
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


def fresh_head(recipe: HeadRecipe, towers: AVIGATE) -> CLIP4Clip:
    """A model of the recipe's method around trained towers, its own modules at their published start."""
    config = replace(
        towers.config,
        method=recipe.method,
        ast=None if recipe.method == "clip4clip" else towers.config.ast,
        layers=recipe.layers,
        queries=recipe.queries,
        heads=recipe.heads,
        mask_padding=recipe.mask_padding,
    )
    torch.manual_seed(recipe.seed)
    model = build(config, towers.tokenizer)
    if isinstance(model, AVIGATE):
        model.ast.load_state_dict(towers.ast.state_dict())
        model.audio_projection.load_state_dict(towers.audio_projection.state_dict())
        initialise(model)
    model.clip.load_state_dict(towers.clip.state_dict())
    return model


def _groups(model: CLIP4Clip, recipe: HeadRecipe) -> list[tuple[list[tuple[str, Tensor]], float]]:
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


def head_loss(model: CLIP4Clip, batch: Batch, recipe: HeadRecipe, teacher: Teacher | None) -> Tensor:
    """Adaptive-margin contrastive loss, and soft-ALBEF where there is a teacher."""
    text = model.encode_text(model.tokenize(batch.texts))
    video = model.fuse(batch.features)
    margin = adaptive_margin(text, video, recipe.margin_weight, recipe.margin_limit)
    scale = model.clip.logit_scale.exp()
    loss = adaptive_margin_loss(model.similarity(text, video), margin, scale)
    if teacher is not None:
        # A clip shown without its frames has no vision to align.
        compared = batch.features.has_audio & batch.features.frame_mask.any(dim=1)
        cosines = teacher.seen[batch.seen] @ teacher.heard[batch.heard].T
        loss = loss + recipe.soft_albef * soft_albef_loss(video, cosines, compared)
    return loss


@dataclass(frozen=True)
class Teacher:
    """What a frozen teacher makes of N clips: unit vectors (N, D) of their pictures and of their sounds."""

    seen: Tensor
    heard: Tensor


@torch.no_grad()
def teacher_vectors(towers: AVIGATE, clips: FeatureSet) -> Teacher:
    """The frozen towers as their own teacher, in place of ImageBind."""
    seen, heard = [], []
    for start in range(0, len(clips), 256):
        features = clips.batch(range(start, min(start + 256, len(clips))))
        assert features.audio is not None
        mask = features.frame_mask[..., None]
        seen.append((features.frames * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1))
        heard.append(towers.audio_projection(features.audio).mean(dim=1))
    return Teacher(F.normalize(torch.cat(seen), dim=-1), F.normalize(torch.cat(heard), dim=-1))
