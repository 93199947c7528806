"""What every training run shares: its folder, optimiser and schedule, and going on where it stopped."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import version
from math import cos, log, pi
from pathlib import Path
from typing import Any

import torch
from tensorboardX import SummaryWriter
from torch import Tensor, nn

from hearsight.errors import HearsightError
from hearsight.research.training.recipe import Recipe, Schedule
from hearsight.util.atomic import atomic_file, write_atomic

KEPT = ("state.pt", "model/model.safetensors", "pictures.npy")  # what of a run took time to make
LARGEST_GRADIENT = 1.0  # norm
LARGEST_LOGIT_SCALE = log(100)  # as CLIP


class Run:
    """A folder with recipe.json (and what else is pinned), versions.json, metrics.jsonl, the same for TensorBoard, and
    state.pt to go on from.

    writes: False for all processes but one, which comes first. A run that failed before it kept anything is begun anew
    with any recipe. Raises HearsightError for a folder that holds another recipe's run.
    """

    def __init__(self, folder: Path, recipe: Recipe, writes: bool = True) -> None:
        self.folder, self.writes = folder, writes
        self.begun = 0  # updates that an earlier start did
        self.state_file = folder / "state.pt"
        self.metrics = folder / "metrics.jsonl"
        self.pin(
            "recipe.json", recipe.model_dump(), "a run of another recipe; give an empty folder, or the same recipe"
        )
        if writes:
            self._note_versions()

    def pin(self, name: str, values: dict[str, Any], otherwise: str) -> None:
        """Write what the run depends on, or, where it was written and anything was kept, see that it is the same.

        Raises HearsightError: the folder "holds {otherwise}".
        """
        note, text = self.folder / name, json.dumps(values, indent=2) + "\n"
        if note.exists() and note.read_text() == text:
            return
        if note.exists() and (not self.writes or any((self.folder / name).exists() for name in KEPT)):
            raise HearsightError(f"{self.folder} holds {otherwise}")
        if self.writes:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(note, text)

    def _note_versions(self) -> None:
        """All that the run was made with, in the order of its starts."""
        note = self.folder / "versions.json"
        noted = json.loads(note.read_text()) if note.exists() else []
        if versions() not in noted[-1:]:
            write_atomic(note, json.dumps([*noted, versions()], indent=2) + "\n")

    @cached_property
    def board(self) -> SummaryWriter:
        return SummaryWriter(str(self.folder / "tensorboard"), purge_step=self.begun + 1)

    def log(self, step: int, **figures: Any) -> None:
        """Add a line of metrics; for TensorBoard, those that are numbers, also within dictionaries."""
        if not self.writes:
            return
        with self.metrics.open("a") as file:
            file.write(json.dumps({"step": step, **figures}) + "\n")
        for name, number in _numbers(figures):
            self.board.add_scalar(name, number, step)

    def save(self, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, **extra: Any) -> None:
        """Keep all that going on needs; a kill while writing leaves the state before."""
        if not self.writes:
            return
        state = {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict(), **extra}
        with atomic_file(self.state_file) as part:
            torch.save(state, part)

    def resume(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        """Load the state that was kept into model and optimizer; {"step": 0} where there is none.

        What was logged after it will come again, and is forgotten. Raises HearsightError for damaged files.
        """
        state: dict[str, Any] = {"step": 0}
        try:
            if self.state_file.exists():
                state = torch.load(self.state_file, map_location="cpu", weights_only=True)
                model.load_state_dict(state["model"])
                optimizer.load_state_dict(state["optimizer"])
            if self.writes and self.metrics.exists():
                lines = self.metrics.read_text().splitlines(keepends=True)
                whole = [line for line in lines if line.endswith("\n")]
                kept = [line for line in whole if json.loads(line)["step"] <= state["step"]]
                write_atomic(self.metrics, "".join(kept))
        except OSError:  # of the disk, not of the run
            raise
        except Exception as error:  # of a damaged archive, anything may come
            raise HearsightError(
                f"cannot go on with the run in {self.folder}: its state.pt or metrics.jsonl is damaged ({error}); "
                "delete the folder and begin anew"
            ) from error
        self.begun = int(state["step"])
        return state


def versions() -> dict[str, str]:
    """Of what a result may depend on."""
    names = ("hearsight", "torch", "transformers", "accelerate", "numpy", "av", "kaldi-native-fbank", "pocketsphinx")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def _numbers(figures: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{prefix}{name}/")
        else:
            yield prefix + name, value


def make_optimizer(groups: list[tuple[list[tuple[str, Tensor]], float]], recipe: Schedule) -> torch.optim.AdamW:
    """Adam with decoupled weight decay, none on biases. groups: named parameters, each with its learning rate."""
    settings = []
    for parameters, rate in groups:
        for decays in (True, False):
            chosen = [p for name, p in parameters if (p.ndim > 1 and not name.endswith("bias")) == decays]
            decay = recipe.weight_decay if decays else 0.0
            settings.append({"params": chosen, "lr": rate, "peak": rate, "weight_decay": decay})
    return torch.optim.AdamW([s for s in settings if s["params"]], betas=(0.9, 0.98), eps=1e-6, fused=True)


def seed_step(seed: int, step: int) -> None:
    """What is drawn in a step, by dropout, is the same however often the run was stopped before it."""
    torch.manual_seed((seed << 32 | step) % 2**63)


def update(
    model: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, progress: float, warmup: float, what: str
) -> None:
    """One step at `progress` (0 to 1) through the run. what: the batch, for the error that a loss may raise."""
    set_learning_rates(optimizer, progress, warmup)
    optimizer.zero_grad(set_to_none=True)
    finite(loss, what).backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], LARGEST_GRADIENT)
    optimizer.step()
    clamp_scale(model)


def finite(loss: Tensor, what: str) -> Tensor:
    """The loss. Raises HearsightError if it is not finite, naming the batch."""
    if not torch.isfinite(loss):
        raise HearsightError(f"the loss became {loss.item()} at {what}; lower the learning rate or look at these clips")
    return loss


def set_learning_rates(optimizer: torch.optim.Optimizer, progress: float, warmup: float) -> None:
    """Linear warm-up over the first share of the run, then cosine."""
    share = progress / warmup if progress < warmup else (1 + cos(pi * (progress - warmup) / (1 - warmup))) / 2
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share


@torch.no_grad()
def clamp_scale(model: nn.Module) -> None:
    for name, parameter in model.named_parameters():
        if name.endswith("logit_scale"):
            parameter.clamp_(max=LARGEST_LOGIT_SCALE)
