"""The processes of a run: one, or as many as accelerate's launcher started."""

from __future__ import annotations

from datetime import timedelta

from accelerate import PartialState
from accelerate.utils import gather_object, parse_flag_from_env

from hearsight.errors import HearsightError

# One process checks data, extracts features or evaluates while the others wait. NCCL's default gives up after ten
# minutes.
TIMEOUT = timedelta(days=7)


def processes() -> PartialState:
    """Return the state of this process among those of the run, which are connected by the first call."""
    return PartialState(parse_flag_from_env("ACCELERATE_USE_CPU"), timeout=TIMEOUT)


def check_same_step(step: int, folder: str) -> None:
    """Raise HearsightError, in all processes, unless all of them continue from the same step of a run."""
    steps = gather_object([step])
    if len(set(steps)) > 1:
        raise HearsightError(
            f"some processes continue from step {max(steps)} of the run in {folder}, some from {min(steps)}; let all "
            "machines see the same folder under this name"
        )
