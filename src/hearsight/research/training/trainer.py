"""Train a method, in one process or in several (`accelerate launch -m hearsight train ...`).

Every process draws the same batches, computes its own part of each, and gathers the texts and videos of all for the
loss.
"""

from __future__ import annotations

from pathlib import Path

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.preprocess import ClipInputs
from hearsight.research.datasets.clip_set import ClipSet
from hearsight.research.datasets.feature_set import FeatureSet
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.ranking import ALL
from hearsight.research.evaluation.retrieval import evaluate
from hearsight.research.training.batches import Batch, make_batches, prefetch, updates_per_epoch
from hearsight.research.training.initial_model import fresh_model, load_towers
from hearsight.research.training.objective import Objective
from hearsight.research.training.parameters import parameter_groups
from hearsight.research.training.processes import check_same_step, processes
from hearsight.research.training.recipe import MethodRecipe
from hearsight.research.training.run_folder import (
    MAX_GRADIENT_NORM,
    Run,
    check_finite,
    clamp_scale,
    make_optimizer,
    seed_step,
    set_learning_rates,
)
from hearsight.research.training.run_inputs import (
    TOWERS,
    check_inputs,
    input_hashes,
    needs_teacher,
    open_splits,
    recogniser_of,
)
from hearsight.research.training.stored_teacher import stored_teacher
from hearsight.research.training.teacher_vectors import Teacher, towers_as_teacher
from hearsight.types import ClipFeatures
from hearsight.util.progress import Progress

PRECISION = {"float32": "no", "bfloat16": "bf16"}
CHANGED = "a run with different clips, captions, transcripts, towers or teacher; give an empty folder"


def train(recipe: MethodRecipe, folder: Path, progress: Progress | None = None) -> Path:
    """Train a model and return its folder, `folder/model`.

    The model of the epoch with the best SumR on the validation split is saved; without such a split, that of the last
    epoch. A run that was stopped continues as if it had not been.

    Raises HearsightError for towers or data that do not fit the recipe, and for a loss that is not finite.
    """
    training = Training(recipe, folder, progress)
    for epoch in range(training.step // training.updates_per_epoch, recipe.epochs):
        training.run_epoch(epoch)
    training.accelerator.wait_for_everyone()
    return folder / "model"


class Training:
    """A run: its data, model and optimiser, and the number of updates that are done (`step`)."""

    def __init__(self, recipe: MethodRecipe, folder: Path, progress: Progress | None = None) -> None:
        self.recipe, self.splits = recipe, open_splits(recipe)
        processes()
        AcceleratorState._reset_state()  # an earlier run in this process may have had another precision
        self.accelerator = accelerator = Accelerator(
            mixed_precision=PRECISION[recipe.precision],
            gradient_accumulation_steps=recipe.accumulation,
            # An option that is off leaves its part of the model unused.
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )
        self.progress = progress if accelerator.is_main_process else None
        check_inputs(recipe, self.splits, accelerator.num_processes)
        towers = load_towers(recipe).to(accelerator.device)
        self.model = fresh_model(recipe, towers)
        with accelerator.main_process_first():  # which recognises and extracts what is missing
            self.run = Run(folder, recipe, writes=accelerator.is_main_process)
            self.clips = self._clips(self.splits.train, towers)
            self.validation = self._clips(self.splits.validation, towers) if self.splits.validation else None
            self.teacher = self._load_teacher(towers) if needs_teacher(recipe) else None
            recorded_teacher = self.teacher if recipe.teacher != TOWERS else None
            self.run.pin("inputs.json", input_hashes(recipe, self.splits, towers, recorded_teacher), CHANGED)
        optimizer = make_optimizer(parameter_groups(self.model, recipe), recipe)
        state = self.run.resume(self.model, optimizer)
        self.step, self.best = state["step"], state.get("best", -1.0)
        check_same_step(self.step, str(folder))
        self.objective, self.optimizer = accelerator.prepare(Objective(self.model, recipe), optimizer)

    @property
    def updates_per_epoch(self) -> int:
        return updates_per_epoch(self.clips.examples, self.recipe)

    def run_epoch(self, epoch: int) -> None:
        """Do the updates of an epoch that are not done yet, and measure the model after the last one."""
        recipe, accelerator = self.recipe, self.accelerator
        self.model.train()
        batches = make_batches(self.clips.examples, recipe, epoch)[self.step - epoch * self.updates_per_epoch :]
        parts = [batch.part(index, recipe.accumulation) for batch in batches for index in range(recipe.accumulation)]
        losses: list[dict[str, float]] = []  # of each part of the current update
        for batch, texts, clips in prefetch(self.clips, parts, accelerator.process_index, accelerator.num_processes):
            seed_step(recipe.seed, self.step * recipe.accumulation + len(losses))
            with accelerator.accumulate(self.objective):
                losses.append(self._learn(batch, texts, clips))
            if accelerator.sync_gradients:
                self.step += 1
                self._finish_update(epoch, losses)
                losses = []

    def _learn(self, batch: Batch, texts: list[str], clips: ClipInputs | ClipFeatures) -> dict[str, float]:
        """Add the gradients of a part of a batch, update the model if it is the last part, and return the losses."""
        teacher = self.teacher.cosines(batch.seen, batch.heard).to(self.model.device) if self.teacher else None
        losses = self.objective(clips, self.model.tokenize(texts), teacher)
        loss = torch.stack([*losses.values()]).sum()
        names = ", ".join(self.clips.examples[index].id for index in batch.seen)
        check_finite(loss, f"step {self.step + 1}, clips {names}")
        self.accelerator.backward(loss)
        if self.accelerator.sync_gradients:
            set_learning_rates(self.optimizer, self.step / self._updates, self.recipe.warmup)
            self.accelerator.clip_grad_norm_(self.objective.parameters(), MAX_GRADIENT_NORM)
        self.optimizer.step()
        self.optimizer.zero_grad()
        clamp_scale(self.model)
        return {name: loss.item() for name, loss in losses.items()}

    @property
    def _updates(self) -> int:
        return self.recipe.epochs * self.updates_per_epoch

    def _finish_update(self, epoch: int, losses: list[dict[str, float]]) -> None:
        """Log an update; after the last of an epoch, measure the model. Save the state then and every few updates."""
        figures = {name: round(sum(part[name] for part in losses) / len(losses), 5) for name in losses[0]}
        self.run.log(self.step, **figures)
        is_last = self.step == (epoch + 1) * self.updates_per_epoch
        if is_last and self.run.writes and self._is_best(epoch, figures):
            self.model.save_pretrained(self.run.folder / "model")
        if is_last or self.step % self.recipe.save_every == 0:
            self.run.save(self.step, self.model, self.optimizer, best=self.best)
        if self.progress:
            self.progress("step", self.step, self._updates, figures)

    def _is_best(self, epoch: int, figures: dict[str, float]) -> bool:
        """Return whether the epoch is the best so far on validation data; without these, the last epoch is."""
        if self.validation is None:
            return True
        report = evaluate(self.model, self.validation)
        self.model.train()
        figures["sumr"] = round(report[ALL].sumr, 2)
        self.run.log(self.step, epoch=epoch + 1, validation={kind: m.to_dict() for kind, m in report.items()})
        better = bool(figures["sumr"] > self.best)
        self.best = max(self.best, figures["sumr"])
        return better

    def _clips(self, split: Split, towers: AudioVisualModel) -> ClipSet:
        """Return stored features if the towers are frozen, and files to decode if they learn."""
        recogniser = recogniser_of(self.recipe)
        if self.recipe.frozen_towers:
            return split.features(towers, recogniser, self.progress)
        return split.files(self.model, recogniser, self.progress)

    def _load_teacher(self, towers: AudioVisualModel) -> Teacher:
        """Return the teacher's vectors for the training clips."""
        if self.recipe.teacher != TOWERS:
            return stored_teacher(Path(self.recipe.teacher), self.clips)
        if isinstance(self.clips, FeatureSet):
            return towers_as_teacher(towers, self.clips)
        return towers_as_teacher(towers, self.splits.train.features(towers, recogniser_of(self.recipe), self.progress))
