"""In-batch negatives across processes: each sees the complete batch, and gradients are those of a single process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from hearsight.types import VideoEmbedding


class _Gather(torch.autograd.Function):
    """all_gather along the first axis.

    Every process computes the same loss of the complete batch, so the gradient of a process's own rows, summed over all
    processes, is too large by the number of processes. The average that DistributedDataParallel takes over processes
    corrects this exactly.
    """

    @staticmethod
    def forward(context: Any, local: Tensor) -> Tensor:
        context.rows = len(local)
        parts = [torch.empty_like(local) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, local.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        start = dist.get_rank() * context.rows
        return gradient[start : start + context.rows]


def gather(local: Tensor) -> Tensor:
    """Return the rows of all processes, in their order: (b, ...) of each -> (B, ...). All have to hold b rows."""
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return local
    if local.dtype == torch.bool:
        return gather(local.to(torch.uint8)).bool()
    gathered: Tensor = _Gather.apply(local)  # type: ignore[no-untyped-call]
    return gathered


def gather_video(local: VideoEmbedding) -> VideoEmbedding:
    """Return the embeddings of all processes' clips; without gates, which no loss reads."""
    return replace(local, gates={}).map(gather)
