"""Build modules whose weights are read afterwards: without drawing random numbers, and without touching memory."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


class NoRandomNumbers(TorchFunctionMode):
    """Skips the drawing of random numbers: weights stay uninitialised. (The device "meta" would import a compiler.)"""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if getattr(function, "__module__", "") == "torch.nn.init" or function is Tensor.normal_:
            return args[0] if args else named["tensor"]
        return torch.empty(*args, **named) if function is torch.randn else function(*args, **named)
