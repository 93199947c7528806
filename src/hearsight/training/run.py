"""What every training run shares: its folder, optimiser and schedule, and going on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import cos, log, pi
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hearsight.errors import HearsightError
from hearsight.training.recipe import Recipe, Schedule

Progress = Callable[[int, int, dict[str, float]], None]  # steps done, steps in all, latest figures

LARGEST_LOGIT_SCALE = log(100)  # as CLIP


class Run:
    """A folder with recipe.json, metrics.jsonl and, while it goes on, state.pt.

    A folder that holds another recipe's run is refused.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder = folder
        self.state_file = folder / "state.pt"
        resolved = recipe.model_dump_json(indent=2) + "\n"
        note = folder / "recipe.json"
        if note.exists() and note.read_text() != resolved:
            raise HearsightError(f"{folder} holds a run of another recipe; give an empty folder, or the same recipe")
        folder.mkdir(parents=True, exist_ok=True)
        note.write_text(resolved)

    def log(self, **figures: Any) -> None:
        with (self.folder / "metrics.jsonl").open("a") as file:
            file.write(json.dumps(figures) + "\n")

    def save(self, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, **extra: Any) -> None:
        """Keep all that going on needs; a kill while writing leaves the state before."""
        state = {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict(), **extra}
        torch.save(state, self.state_file.with_suffix(".part"))
        self.state_file.with_suffix(".part").replace(self.state_file)

    def resume(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        """Load the state that was kept into model and optimizer; {"step": 0} where there is none."""
        if not self.state_file.exists():
            return {"step": 0}
        state: dict[str, Any] = torch.load(self.state_file, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        return state


def make_optimizer(groups: list[tuple[list[tuple[str, Tensor]], float]], recipe: Schedule) -> torch.optim.AdamW:
    """Adam with decoupled weight decay, none on biases. groups: named parameters, each with its learning rate."""
    settings = []
    for parameters, rate in groups:
        for decays in (True, False):
            chosen = [p for name, p in parameters if (p.ndim > 1 and not name.endswith("bias")) == decays]
            decay = recipe.weight_decay if decays else 0.0
            settings.append({"params": chosen, "lr": rate, "peak": rate, "weight_decay": decay})
    return torch.optim.AdamW([s for s in settings if s["params"]], betas=(0.9, 0.98), eps=1e-6)


def update(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Tensor,
    progress: float,
    warmup: float,
    what: str,
) -> None:
    """One step at `progress` (0 to 1) through the run: warm-up, then cosine; the gradient's norm clipped at 1.

    what: the batch, for the error that a loss which is not finite raises.
    """
    if not torch.isfinite(loss):
        raise HearsightError(f"the loss became {loss.item()} at {what}; lower the learning rate or look at these clips")
    share = progress / warmup if progress < warmup else (1 + cos(pi * (progress - warmup) / (1 - warmup))) / 2
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)
    optimizer.step()
    for name, parameter in model.named_parameters():
        if name.endswith("logit_scale"):
            parameter.data.clamp_(max=LARGEST_LOGIT_SCALE)
