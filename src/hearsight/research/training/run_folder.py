"""The parts that all training runs share: a folder, the optimiser with its schedule, and continuing after a stop."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from math import cos, log, pi
from pathlib import Path
from typing import Any

import torch
from tensorboardX import SummaryWriter
from torch import Tensor, nn

from hearsight.errors import HearsightError
from hearsight.models.torch_file import read_torch_file
from hearsight.research.training.recipe import Recipe, Schedule, read_recorded_recipe
from hearsight.util.atomic import atomic_file, write_atomic
from hearsight.util.bounded_file import read_bounded
from hearsight.util.json_files import LARGEST, read_json

RESULTS = ("state.pt", "model/model.safetensors", "pictures.npy")  # files that took time to compute
FILES = ("recipe.json", "inputs.json", "versions.json", "metrics.jsonl", "tensorboard", "model", *RESULTS)
MAX_GRADIENT_NORM = 1.0
MAX_LOGIT_SCALE = log(100)  # as CLIP


class Run:
    """The folder of a run: recipe.json and other pinned inputs, versions.json, metrics.jsonl, tensorboard, state.pt.

    writes: True for one process, which must come first; False for all others.
    A run that failed before it saved any result may be restarted with another recipe.
    Raises HearsightError for a folder with results of another recipe.
    """

    def __init__(self, folder: Path, recipe: Recipe, writes: bool = True) -> None:
        self.folder, self.writes = folder, writes
        self.first_step = 0  # updates done by earlier starts
        self.state_file = folder / "state.pt"
        self.metrics = folder / "metrics.jsonl"
        check_own_files(folder)
        if not _has_recipe(folder, recipe):
            problem = "a run of another recipe; give an empty folder, or the same recipe"
            self.pin("recipe.json", recipe.model_dump(), problem)
        if writes:
            self._record_versions()

    def pin(self, name: str, values: dict[str, Any], problem: str) -> None:
        """Write the values that the run depends on; if the folder has results already, check that they are the same.

        Raises HearsightError: the folder "holds {problem}".
        """
        file, text = self.folder / name, json.dumps(values, indent=2) + "\n"
        if file.exists() and file.stat().st_size == len(text.encode()) and file.read_bytes() == text.encode():
            return
        if file.exists() and (not self.writes or any((self.folder / result).exists() for result in RESULTS)):
            raise HearsightError(f"{self.folder} holds {problem}")
        if self.writes:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(file, text)

    def _record_versions(self) -> None:
        """Add the versions of this start to versions.json, unless they are those of the last start."""
        file = self.folder / "versions.json"
        recorded = read_json(file, list)
        if versions() not in recorded[-1:]:
            write_atomic(file, json.dumps([*recorded, versions()], indent=2) + "\n")

    @cached_property
    def board(self) -> SummaryWriter:
        return SummaryWriter(str(self.folder / "tensorboard"), purge_step=self.first_step + 1)

    def log(self, step: int, **figures: Any) -> None:
        """Add a line to metrics.jsonl; numbers, also those in dictionaries, go to TensorBoard as well."""
        if not self.writes:
            return
        with self.metrics.open("a") as file:
            file.write(json.dumps({"step": step, **figures}) + "\n")
        for name, number in _numbers(figures):
            self.board.add_scalar(name, number, step)

    def save(self, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, **extra: Any) -> None:
        """Save everything that is needed to continue. If the process is killed meanwhile, the last state remains."""
        if not self.writes:
            return
        state = {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict(), **extra}
        with atomic_file(self.state_file) as part:
            torch.save(state, part)

    def resume(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        """Load the saved state into model and optimizer, and return it; {"step": 0} if there is none.

        Metrics that were logged after it are removed, since these steps are repeated. Raises HearsightError for damaged
        files.
        """
        state: dict[str, Any] = {"step": 0}
        try:
            if self.state_file.exists():
                state = read_torch_file(self.state_file)
                model.load_state_dict(state["model"])
                optimizer.load_state_dict(state["optimizer"])
            if self.writes and self.metrics.exists():
                lines = [line for line in self.metrics.read_text().splitlines(keepends=True) if line.endswith("\n")]
                done = [line for line in lines if json.loads(line)["step"] <= state["step"]]
                write_atomic(self.metrics, "".join(done))
        except OSError:  # a fault of the disk, not of the run
            raise
        except Exception as error:  # a damaged archive may raise anything
            raise HearsightError(
                f"cannot continue the run in {self.folder}: its state.pt or metrics.jsonl is damaged ({error}); "
                "delete the folder and start again"
            ) from error
        self.first_step = int(state["step"])
        return state


def check_own_files(folder: Path) -> None:
    """Raise HearsightError for a folder with links and pipes in place of a run's files: they would be written to."""
    for name in FILES:
        path = folder / name
        if path.is_symlink() or (path.exists() and not (path.is_file() or path.is_dir())):
            raise HearsightError(
                f"cannot use the run in {folder}: {name} in it is a link, or no file, and training would write to what "
                "it leads to; remove it, or give another folder"
            )


def _has_recipe(folder: Path, recipe: Recipe) -> bool:
    """Return whether a folder's recipe.json is this recipe, which an older version may have written differently."""
    try:
        return read_recorded_recipe(read_bounded(folder / "recipe.json", LARGEST)) == recipe
    except (OSError, ValueError, HearsightError):
        return False


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a result may depend on."""
    names = ("hearsight", "torch", "transformers", "accelerate", "numpy", "av", "kaldi-native-fbank", "onnxruntime")
    numbers = {"python": platform.python_version(), **{name: version(name) for name in names}}
    for name in ("moonshine-voice", "pocketsphinx"):  # one of the two may be missing
        with suppress(PackageNotFoundError):
            numbers[name] = version(name)
    return numbers


def _numbers(figures: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{prefix}{name}/")
        else:
            yield prefix + name, value


def make_optimizer(groups: list[tuple[list[tuple[str, Tensor]], float]], recipe: Schedule) -> torch.optim.AdamW:
    """Return Adam with decoupled weight decay, none on biases. groups: named parameters with their learning rate."""
    settings = []
    for parameters, rate in groups:
        for decays in (True, False):
            tensors = [p for name, p in parameters if (p.ndim > 1 and not name.endswith("bias")) == decays]
            decay = recipe.weight_decay if decays else 0.0
            settings.append({"params": tensors, "lr": rate, "peak": rate, "weight_decay": decay})
    return torch.optim.AdamW([s for s in settings if s["params"]], betas=(0.9, 0.98), eps=1e-6, fused=True)


def seed_step(seed: int, step: int) -> None:
    """Seed torch for a step, so that dropout is the same in a run that was stopped before it."""
    torch.manual_seed((seed << 32 | step) % 2**63)


def update(
    model: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, progress: float, warmup: float, batch: str
) -> None:
    """Do one update at `progress` (0 to 1) through the run. batch: its description, for errors."""
    check_finite(loss, batch)
    set_learning_rates(optimizer, progress, warmup)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], MAX_GRADIENT_NORM)
    optimizer.step()
    clamp_scale(model)


def check_finite(loss: Tensor, batch: str) -> None:
    """Raise HearsightError for a loss that is not finite. batch: its description."""
    if not torch.isfinite(loss):
        raise HearsightError(f"the loss became {loss.item()} at {batch}; lower the learning rate, or check these clips")


def set_learning_rates(optimizer: torch.optim.Optimizer, progress: float, warmup: float) -> None:
    """Set the learning rates: linear warm-up over the first share of the run, then cosine decay."""
    share = progress / warmup if progress < warmup else (1 + cos(pi * (progress - warmup) / (1 - warmup))) / 2
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share


@torch.no_grad()
def clamp_scale(model: nn.Module) -> None:
    """Limit CLIP's logit scale to 100, as CLIP was trained."""
    for name, parameter in model.named_parameters():
        if name.endswith("logit_scale"):
            parameter.clamp_(max=MAX_LOGIT_SCALE)
