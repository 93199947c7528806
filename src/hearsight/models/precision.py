"""Set the precision in which towers compute: float32 or bfloat16.

bfloat16 has the range of float32 and 8 bits of digits. Processors that multiply it natively (AVX-512 BF16, AMX) run the
towers in a fraction of the time, and the vectors of clips stay within a cosine of 0.99 (docs/performance.md).
What follows the towers (fusion, similarity) takes milliseconds and stays in float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from hearsight.errors import HearsightError
from hearsight.towers.ast import AudioTower
from hearsight.towers.clip import ClipTowers
from hearsight.towers.siglip import SiglipTowers

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
AUTO = "auto"
NATIVE = ("amx_bf16", "avx512_bf16")
# Narrower towers spend most of their time on other things than multiplying.
MIN_WIDTH = 256


def dtype_of(name: str, device: str, width: int) -> torch.dtype:
    """Return the dtype of a name: "float32", "bfloat16" or "auto".

    "auto" is bfloat16 for wide towers on a CPU that multiplies it natively, and float32 otherwise.

    width: D, of the towers' outputs. Raises HearsightError for another name.
    """
    if name == AUTO:
        gains = device == "cpu" and width >= MIN_WIDTH and multiplies_bfloat16()
        return torch.bfloat16 if gains else torch.float32
    if name not in DTYPES:
        raise HearsightError(f"unknown dtype '{name}'; choose one of {', '.join([*DTYPES, AUTO])}")
    return DTYPES[name]


def multiplies_bfloat16() -> bool:
    """Return whether this CPU multiplies bfloat16 natively; False where an older torch cannot tell."""
    capabilities: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name) for name in NATIVE)


def set_precision(model: nn.Module, dtype: torch.dtype) -> None:
    """Convert the towers of a model to a dtype, in place; their outputs are float32 in any case."""
    for tower in model.modules():
        if isinstance(tower, (ClipTowers, SiglipTowers, AudioTower)):
            for part in tower.model.children():  # all but the scalars (logit_scale), which similarities need exactly
                part.to(dtype)
