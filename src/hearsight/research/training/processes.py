"""The processes of a run: one, or as many as accelerate's launcher started, each of which calls the same functions."""

from __future__ import annotations

from datetime import timedelta

from accelerate import PartialState
from accelerate.utils import gather_object, parse_flag_from_env

from hearsight.errors import HearsightError

# One process looks through data, extracts or evaluates while the others wait. NCCL would give up after ten minutes.
PATIENCE = timedelta(days=7)


def processes() -> PartialState:
    """Of this run; connected when this is first called."""
    return PartialState(parse_flag_from_env("ACCELERATE_USE_CPU"), timeout=PATIENCE)


def check_alike(step: int, folder: str) -> None:
    """Raises HearsightError, in all processes, where they do not go on from the same step of a run."""
    steps = gather_object([step])
    if len(set(steps)) > 1:
        raise HearsightError(
            f"some processes go on from step {max(steps)} of the run in {folder}, some from {min(steps)}; let all "
            "machines see the same folder under this name"
        )
