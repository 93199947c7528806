"""Few voices: what keeps queries of Chorus from listening to what only happened to sound along with what they ask."""

from __future__ import annotations

from torch import Tensor


def few_voices_loss(weights: Tensor) -> Tensor:
    """Mean entropy of the weights that texts give to voices, in nats: 0 where each listens to one alone.

    weights: (N, V), positive, adding up to 1. In training, what a picture happens to sound like tells one clip from
    another: a little is gained by listening to it, and lost on clips that sound otherwise. A small price on every
    further voice leaves those that a text speaks of, which gain much.
    """
    return -(weights * weights.clamp(min=1e-6).log()).sum(dim=-1).mean()
