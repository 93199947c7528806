"""Train a method, in one process or in many (`accelerate launch -m hearsight train ...`).

Every process draws the same batches, computes its own part of each, and sees the texts and videos of all in the loss.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState

from hearsight.datasets.clips import ClipSet
from hearsight.datasets.features import FeatureSet, extract
from hearsight.datasets.files import FileSet
from hearsight.datasets.manifest import read_manifest
from hearsight.errors import HearsightError
from hearsight.evaluation.ranking import ALL
from hearsight.evaluation.retrieval import evaluate
from hearsight.models.checkpoint import build, load, save
from hearsight.models.clip4clip import CLIP4Clip
from hearsight.models.inputs import ClipInputs
from hearsight.models.listener import Listener
from hearsight.progress import Progress
from hearsight.training.batches import Batch, check_captions, make_batches, read_ahead
from hearsight.training.initialise import initialise
from hearsight.training.objective import Objective
from hearsight.training.parameters import parameter_groups
from hearsight.training.recipe import MethodRecipe
from hearsight.training.run import (
    LARGEST_GRADIENT,
    Run,
    clamp_scale,
    finite,
    make_optimizer,
    seed_step,
    set_learning_rates,
)
from hearsight.training.stored_teacher import check_folder, stored_teacher
from hearsight.training.teacher import Teacher, towers_as_teacher
from hearsight.types import ClipFeatures

TOWERS = "towers"
PRECISION = {"float32": "no", "bfloat16": "bf16"}
CHANGED = "a run on other clips, captions, towers or teacher, which have changed where they are; give an empty folder"


def train(recipe: MethodRecipe, folder: Path, progress: Progress | None = None) -> Path:
    """Train, and write the folder `model` of the best epoch, chosen by SumR on the validation split.

    A run that was stopped goes on as if it had not been. Raises HearsightError for towers or data that do not fit the
    recipe, and for a loss that is not finite.
    """
    training = Training(recipe, folder, progress)
    for epoch in range(training.step // training.an_epoch, recipe.epochs):
        training.run_epoch(epoch)
    training.accelerator.wait_for_everyone()
    return folder / "model"


class Training:
    """A run that goes on: model, data, optimiser, and how far it is. step: updates done."""

    def __init__(self, recipe: MethodRecipe, folder: Path, progress: Progress | None = None) -> None:
        self.recipe, self.progress = recipe, progress
        AcceleratorState._reset_state()  # a run before this one, in the same process, may have had another precision
        self.accelerator = accelerator = Accelerator(
            mixed_precision=PRECISION[recipe.precision],
            gradient_accumulation_steps=recipe.accumulation,
            # An option that is off leaves its part of the model unused.
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )
        _check(recipe, accelerator.num_processes)
        towers = load_towers(recipe).to(accelerator.device)
        self.model = fresh_model(recipe, towers)
        with accelerator.main_process_first():
            self.run = Run(folder, recipe, writes=accelerator.is_main_process)
            self.clips = self._read("train", towers)
            self.validation = self._read("validation", towers)
            self.teacher = self._teacher(towers) if _aligned(recipe) else None
            given = self.teacher if recipe.teacher != TOWERS else None
            self.run.pin("inputs.json", made_from(recipe, towers, given), CHANGED)
        optimizer = make_optimizer(parameter_groups(self.model, recipe), recipe)
        state = self.run.resume(self.model, optimizer)
        self.step, self.best = state["step"], state.get("best", -1.0)
        self.objective, self.optimizer = accelerator.prepare(Objective(self.model, recipe), optimizer)

    @property
    def an_epoch(self) -> int:
        """Updates in an epoch."""
        return len(self.clips) // self.recipe.batch

    def run_epoch(self, epoch: int) -> None:
        """The updates of an epoch that are still to be done."""
        recipe, accelerator = self.recipe, self.accelerator
        self.model.train()
        batches = make_batches(self.clips.examples, recipe, epoch)[self.step - epoch * self.an_epoch :]
        parts = [batch.part(number, recipe.accumulation) for batch in batches for number in range(recipe.accumulation)]
        told: list[dict[str, float]] = []  # of the parts of an update
        for batch, texts, clips in read_ahead(self.clips, parts, accelerator.process_index, accelerator.num_processes):
            seed_step(recipe.seed, self.step * recipe.accumulation + len(told))
            with accelerator.accumulate(self.objective):
                told.append(self._learn(batch, texts, clips))
            if accelerator.sync_gradients:
                self.step += 1
                figures = {name: round(sum(part[name] for part in told) / len(told), 5) for name in told[0]}
                self.run.log(self.step, **figures)
                self._keep(epoch, figures)
                if self.progress:
                    self.progress("step", self.step, recipe.epochs * self.an_epoch, figures)
                told = []

    def _learn(self, batch: Batch, texts: list[str], clips: ClipInputs | ClipFeatures) -> dict[str, float]:
        """Gradients of a batch, and the update if it is the last of its accumulation; the parts of its loss."""
        teacher = self.teacher.cosines(batch.seen, batch.heard).to(self.model.device) if self.teacher else None
        losses = self.objective(clips, self.model.tokenize(texts), teacher)
        names = ", ".join(self.clips.examples[place].id for place in batch.seen)
        self.accelerator.backward(finite(torch.stack([*losses.values()]).sum(), f"step {self.step + 1}, clips {names}"))
        if self.accelerator.sync_gradients:
            set_learning_rates(self.optimizer, self.step / (self.recipe.epochs * self.an_epoch), self.recipe.warmup)
            self.accelerator.clip_grad_norm_(self.objective.parameters(), LARGEST_GRADIENT)
        self.optimizer.step()
        self.optimizer.zero_grad()
        clamp_scale(self.model)
        return {name: loss.item() for name, loss in losses.items()}

    def _keep(self, epoch: int, figures: dict[str, float]) -> None:
        """Measure on validation at the end of an epoch; keep the state then, and every few updates."""
        at_end = self.step == (epoch + 1) * self.an_epoch
        if at_end and self.run.writes:
            report = evaluate(self.model, self.validation)
            self.model.train()
            figures["sumr"] = round(report[ALL].sumr, 2)
            self.run.log(self.step, epoch=epoch + 1, validation={kind: m.to_dict() for kind, m in report.items()})
            if figures["sumr"] > self.best:
                self.best = figures["sumr"]
                save(self.model, self.run.folder / "model", half=True)
        if at_end or self.step % self.recipe.save_every == 0:
            self.run.save(self.step, self.model, self.optimizer, best=self.best)

    def _teacher(self, towers: Listener) -> Teacher:
        """Of the training clips. Where towers learn, only the frozen ones as teacher need stored features."""
        if self.recipe.teacher != TOWERS:
            return stored_teacher(Path(self.recipe.teacher), self.clips)
        features = self.clips if isinstance(self.clips, FeatureSet) else self._stored("train", towers)
        return towers_as_teacher(towers, features)

    def _stored(self, split: str, towers: Listener) -> FeatureSet:
        return extract(Path(self.recipe.data) / split, towers, self.recipe.recogniser, self.progress)

    def _read(self, split: str, towers: Listener) -> ClipSet:
        """Stored features of frozen towers; the files where the towers learn."""
        if self.recipe.frozen_towers:
            return self._stored(split, towers)
        return FileSet.open(Path(self.recipe.data) / split, self.model, self.recipe.recogniser, self.progress)


def _aligned(recipe: MethodRecipe) -> bool:
    """Whether soft-ALBEF is a part of the loss."""
    return recipe.method in ("save", "chorus") and recipe.soft_albef > 0


def _check(recipe: MethodRecipe, processes: int) -> None:
    """What can be known before the first clip is read, so that no folder is begun that cannot be gone on with."""
    train, validation = (read_manifest(Path(recipe.data) / split) for split in ("train", "validation"))
    if len(train) < recipe.batch:
        raise HearsightError(
            f"{recipe.data} has {len(train)} clips to train on, fewer than a batch; set batch to at most that"
        )
    check_captions(train, recipe)
    if not any(example.captions for example in validation):
        raise HearsightError(f"{recipe.data}/validation has no captions to choose an epoch by; give it some")
    if _aligned(recipe) and recipe.teacher != TOWERS:
        check_folder(Path(recipe.teacher))
    parts = recipe.accumulation * processes
    if recipe.batch % parts:
        raise HearsightError(
            f"a batch of {recipe.batch} cannot be shared by {processes} processes in {recipe.accumulation} steps of "
            f"accumulation; set batch to a multiple of {parts}"
        )


def load_towers(recipe: MethodRecipe) -> Listener:
    """The towers of a recipe, as its model will have them."""
    towers = load(recipe.towers)
    if not isinstance(towers, Listener):
        raise HearsightError(f"{recipe.towers} does not listen; give towers with an audio tower")
    towers.config = replace(towers.config, average_frequencies=recipe.average_frequencies)
    # As the trained model will be saved: features are then of the very towers that it has, and are found by it.
    return towers.half().float()


def made_from(recipe: MethodRecipe, towers: Listener, teacher: Teacher | None = None) -> dict[str, str]:
    """What a run is made from beside its recipe. teacher: where it is not the towers."""
    manifests = {split: Path(recipe.data) / split / "manifest.jsonl" for split in ("train", "validation")}
    return {
        "towers": towers.fingerprint,
        **{split: sha256(path.read_bytes()).hexdigest() for split, path in manifests.items()},
        **({"teacher": teacher.fingerprint} if teacher else {}),
    }


def fresh_model(recipe: MethodRecipe, towers: Listener) -> CLIP4Clip:
    """A model of the recipe's method around trained towers, its own modules at their published start."""
    config = replace(
        towers.config,
        method=recipe.method,
        ast=None if recipe.method == "clip4clip" else towers.config.ast,
        layers=recipe.layers,
        queries=recipe.queries,
        heads=recipe.heads,
        gated=recipe.gated,
        mask_padding=recipe.mask_padding,
        weighed=recipe.weighed,
        questions=recipe.questions,
        absence=recipe.absence,
    )
    heads = recipe.heads or towers.width // 64
    if heads == 0 or towers.width % heads:
        raise HearsightError(
            f"heads: {heads} does not divide the width of {recipe.towers}, {towers.width}; set heads to what does"
        )
    torch.manual_seed(recipe.seed)
    model = build(config, towers.tokenizer)
    model.clip.load_state_dict(towers.clip.state_dict())
    if isinstance(model, Listener):
        model.ast.load_state_dict(towers.ast.state_dict())
        model.audio_projection.load_state_dict(towers.audio_projection.state_dict())
        initialise(model)  # from the text transformer that was just loaded
    return model
