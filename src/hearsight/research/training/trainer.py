"""Train a method, in one process or in many (`accelerate launch -m hearsight train ...`).

Every process draws the same batches, computes its own part of each, and sees the texts and videos of all in the loss.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState

from hearsight.errors import HearsightError
from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.preprocess import ClipInputs
from hearsight.models.registry import class_of
from hearsight.research.datasets.clip_set import ClipSet
from hearsight.research.datasets.features import FeatureSet, extract
from hearsight.research.datasets.files import FileSet
from hearsight.research.datasets.provenance import checked_folder
from hearsight.research.datasets.split import read_manifest
from hearsight.research.datasets.transcripts import read_transcripts
from hearsight.research.evaluation.ranking import ALL
from hearsight.research.evaluation.retrieval import evaluate
from hearsight.research.training.batches import Batch, check_captions, make_batches, read_ahead, updates
from hearsight.research.training.initial_model import fresh_model, load_towers
from hearsight.research.training.objective import Objective
from hearsight.research.training.parameters import parameter_groups
from hearsight.research.training.processes import check_alike, processes
from hearsight.research.training.recipe import MethodRecipe
from hearsight.research.training.run import (
    LARGEST_GRADIENT,
    Run,
    clamp_scale,
    finite,
    make_optimizer,
    seed_step,
    set_learning_rates,
)
from hearsight.research.training.stored_teacher import check_folder, stored_teacher
from hearsight.research.training.teacher import Teacher, towers_as_teacher
from hearsight.types import ClipFeatures
from hearsight.util.progress import Progress

TOWERS = "towers"
PRECISION = {"float32": "no", "bfloat16": "bf16"}
CHANGED = (
    "a run on other clips, captions, transcripts, towers or teacher, which have changed where they are; give an empty "
    "folder"
)


def train(recipe: MethodRecipe, folder: Path, progress: Progress | None = None) -> Path:
    """Train, and write the folder `model` of the best epoch, chosen by SumR on the validation split; of the last epoch
    where the data have no such split.

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
        self.recipe, self.data = recipe, data_folder(recipe)
        processes()
        AcceleratorState._reset_state()  # a run before this one, in the same process, may have had another precision
        self.accelerator = accelerator = Accelerator(
            mixed_precision=PRECISION[recipe.precision],
            gradient_accumulation_steps=recipe.accumulation,
            # An option that is off leaves its part of the model unused.
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )
        self.progress = progress if accelerator.is_main_process else None
        _check(recipe, self.data, accelerator.num_processes)
        towers = load_towers(recipe).to(accelerator.device)
        self.model = fresh_model(recipe, towers)
        with accelerator.main_process_first():
            self.run = Run(folder, recipe, writes=accelerator.is_main_process)
            self.clips = self._read("train", towers)
            self.validation = self._read("validation", towers) if has_validation(self.data) else None
            self.teacher = self._teacher(towers) if _aligned(recipe) else None
            given = self.teacher if recipe.teacher != TOWERS else None
            self.run.pin("inputs.json", made_from(recipe, towers, given), CHANGED)
        optimizer = make_optimizer(parameter_groups(self.model, recipe), recipe)
        state = self.run.resume(self.model, optimizer)
        self.step, self.best = state["step"], state.get("best", -1.0)
        check_alike(self.step, str(folder))
        self.objective, self.optimizer = accelerator.prepare(Objective(self.model, recipe), optimizer)

    @property
    def an_epoch(self) -> int:
        """Updates in an epoch."""
        return updates(self.clips.examples, self.recipe)

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
        """Measure at the end of an epoch; keep the state then, and every few updates."""
        at_end = self.step == (epoch + 1) * self.an_epoch
        if at_end and self.run.writes and self._is_best(epoch, figures):
            self.model.save_pretrained(self.run.folder / "model")
        if at_end or self.step % self.recipe.save_every == 0:
            self.run.save(self.step, self.model, self.optimizer, best=self.best)

    def _is_best(self, epoch: int, figures: dict[str, float]) -> bool:
        """Whether an epoch is the best yet, on validation; without that, the last one is."""
        if self.validation is None:
            return True
        report = evaluate(self.model, self.validation)
        self.model.train()
        figures["sumr"] = round(report[ALL].sumr, 2)
        self.run.log(self.step, epoch=epoch + 1, validation={kind: m.to_dict() for kind, m in report.items()})
        better = bool(figures["sumr"] > self.best)
        self.best = max(self.best, figures["sumr"])
        return better

    def _teacher(self, towers: AudioVisualModel) -> Teacher:
        """Of the training clips. Where towers learn, only the frozen ones as teacher need stored features."""
        if self.recipe.teacher != TOWERS:
            return stored_teacher(Path(self.recipe.teacher), self.clips)
        features = self.clips if isinstance(self.clips, FeatureSet) else self._stored("train", towers)
        return towers_as_teacher(towers, features)

    def _stored(self, split: str, towers: AudioVisualModel) -> FeatureSet:
        return extract(self.data / split, towers, recogniser_of(self.recipe), self.progress)

    def _read(self, split: str, towers: AudioVisualModel) -> ClipSet:
        """Stored features of frozen towers; the files where the towers learn."""
        if self.recipe.frozen_towers:
            return self._stored(split, towers)
        return FileSet.open(self.data / split, self.model, recogniser_of(self.recipe), self.progress)


def data_folder(recipe: MethodRecipe) -> Path:
    """The folder with a manifest for each split."""
    return checked_folder(recipe.dataset, Path(recipe.data)) if recipe.dataset else Path(recipe.data)


def recogniser_of(recipe: MethodRecipe) -> str:
    """Who hears what is said: a method that does not read speech needs nobody."""
    return recipe.recogniser if "speech" in class_of(recipe.method).branches else "none"


def has_validation(data: Path) -> bool:
    return (data / "validation" / "manifest.jsonl").is_file()


def _aligned(recipe: MethodRecipe) -> bool:
    """Whether soft-ALBEF is a part of the loss."""
    return class_of(recipe.method).soft_albef and recipe.soft_albef > 0


def _check(recipe: MethodRecipe, data: Path, processes: int) -> None:
    """What can be known before the first clip is read, so that no folder is begun that cannot be gone on with."""
    train = read_manifest(data / "train")
    if not updates(train, recipe):
        captions = sum(len(example.captions) for example in train)
        shown = f"{captions} captions" if recipe.every_caption else f"{len(train)} clips"
        raise HearsightError(
            f"{data} has {shown} to train on, too few for a batch of {recipe.batch}; set batch to less"
        )
    check_captions(train, recipe)
    if has_validation(data) and not any(example.captions for example in read_manifest(data / "validation")):
        raise HearsightError(f"{data}/validation has no captions to choose an epoch by; give it some")
    if _aligned(recipe) and recipe.teacher != TOWERS:
        check_folder(Path(recipe.teacher))
    if _aligned(recipe) and recipe.teacher == TOWERS and recipe.audio:
        raise HearsightError(
            f"nothing has taught {recipe.towers} and {recipe.audio} yet which sounds go with which pictures, so they "
            "cannot be the teacher; set teacher to a folder made by `hearsight data teach`, or soft_albef to 0"
        )
    parts = recipe.accumulation * processes
    if recipe.batch % parts:
        raise HearsightError(
            f"a batch of {recipe.batch} cannot be shared by {processes} processes in {recipe.accumulation} steps of "
            f"accumulation; set batch to a multiple of {parts}"
        )


def made_from(recipe: MethodRecipe, towers: AudioVisualModel, teacher: Teacher | None = None) -> dict[str, str]:
    """What a run is made from beside its recipe, as hashes. teacher: where it is not the towers."""
    data = data_folder(recipe)
    splits = ("train", "validation") if has_validation(data) else ("train",)
    said = [[each.text for each in read_transcripts(data / split, recogniser_of(recipe)).values()] for split in splits]
    return {
        "towers": towers.fingerprint,
        **{split: sha256((data / split / "manifest.jsonl").read_bytes()).hexdigest() for split in splits},
        "transcripts": sha256(json.dumps(said).encode()).hexdigest(),
        **({"teacher": teacher.fingerprint} if teacher else {}),
    }
