"""Draws clips and queries at random: vectors distributed as CLIP's are, and words as in a language (Zipf's law).

A frame's vector is a sum of what it shares with all pictures, with its topic, its subject, its film and its clip, and
of what is its own. The shares are such that two frames of a clip have a cosine of 0.86, of a film 0.77, of a subject
0.66, of a topic 0.57 and any two 0.48, as CLIP's pictures have. All but a frame's own part is drawn from a spectrum
that falls as that of learned vectors does, in no direction of the axes, so that vectors have fewer degrees of freedom
than numbers.

A query stands off from all pictures, as CLIP's texts do, and leans to one frame of one clip: its cosine with that is
0.2 to 0.35, with any other picture 0.1 to 0.2; what is left of it is noise. Among a million clips, many a one is as
near by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from hearsight.library.tables.schema import ClipFacts
    from hearsight.library.tables.store import Store

D, FRAMES = 512, 12
CLIPS_A_FILM, SECONDS = 15, 15.0
FILMS_A_BLOCK = 512
TOPICS, SUBJECTS = 1_000, 20_000
# What a frame shares, as parts of its squared length.
ALL, TOPIC, SUBJECT, FILM, CLIP, OWN = 0.48, 0.09, 0.09, 0.11, 0.09, 0.14
FALL = -0.4  # of the spectrum, in the double logarithm
BASE = 0.15  # the cosine of a query and any picture
NEAR = 0.20, 0.35  # and of a query and its frame, from and to

WORDS, WORDS_A_LINE, LINES = 30_000, 8, 4
SYLLABLES = [consonant + vowel for consonant in "bdklmnr" for vowel in "aeiou"]


@dataclass(frozen=True)
class Queries:
    """texts: of three to eight words. vectors: (N, D), unit. clips: the number of the clip that each leans to."""

    texts: list[str]
    vectors: Tensor
    clips: Tensor


class World:
    """Clips by number: the same for every run, however many are asked for."""

    def __init__(self) -> None:
        draw = torch.Generator().manual_seed(0)
        rotation = torch.linalg.qr(torch.randn(D, D, generator=draw))[0]
        spectrum = torch.arange(1, D + 1) ** FALL
        self._shape = (spectrum / spectrum.norm())[:, None] * rotation
        self._common = rotation[-1]  # in which clips vary least
        self._topics, self._subjects = self._drawn(TOPICS, draw), self._drawn(SUBJECTS, draw)
        random = np.random.default_rng(0)
        self._words = np.array(["".join(random.choice(SYLLABLES, 4)) for _ in range(WORDS)])
        chances = 1 / np.arange(3, WORDS + 3)
        self._up_to = np.cumsum(chances / chances.sum())

    def _drawn(self, count: int, draw: torch.Generator) -> Tensor:
        """Draw vectors whose squared length is 1 on average."""
        return torch.randn(count, D, generator=draw) @ self._shape

    def frames(self, block: int) -> Tensor:
        """Return the unit frame vectors of a block of clips: (films x clips, F, D)."""
        draw = torch.Generator().manual_seed(1 + block)
        n = FILMS_A_BLOCK
        subject = torch.randint(SUBJECTS, (n,), generator=draw)
        film = ALL**0.5 * self._common + TOPIC**0.5 * self._topics[subject % TOPICS]
        film = film + SUBJECT**0.5 * self._subjects[subject] + FILM**0.5 * self._drawn(n, draw)
        clip = film.repeat_interleave(CLIPS_A_FILM, dim=0) + CLIP**0.5 * self._drawn(n * CLIPS_A_FILM, draw)
        frames = torch.randn(len(clip), FRAMES, D, generator=draw).mul_((OWN / D) ** 0.5).add_(clip[:, None])
        return F.normalize(frames, dim=-1)

    def said(self, random: np.random.Generator, texts: int, words: int) -> list[str]:
        """Draw texts of words, whose frequencies are those of a language."""
        drawn = self._words[np.searchsorted(self._up_to, random.random((texts, words)))]
        return [" ".join(text) for text in drawn]

    def queries(self, count: int, clips: int, seed: int) -> Queries:
        """Draw queries, each near one of the first `clips` clips."""
        random, draw = np.random.default_rng([2, seed]), torch.Generator().manual_seed(seed)
        leans_to = np.sort(random.choice(clips, count, replace=False))
        targets = []
        for block in np.unique(leans_to // (FILMS_A_BLOCK * CLIPS_A_FILM)):
            first = block * FILMS_A_BLOCK * CLIPS_A_FILM
            inside = leans_to[(leans_to >= first) & (leans_to < first + FILMS_A_BLOCK * CLIPS_A_FILM)] - first
            frames = self.frames(int(block))[torch.from_numpy(inside)]
            targets.append(frames[:, random.integers(FRAMES)])
        target = torch.cat(targets)
        own = F.normalize(target - (target @ self._common)[:, None] * self._common, dim=-1)
        near = torch.rand(count, 1, generator=draw) * (NEAR[1] - NEAR[0]) + NEAR[0]
        lean = (near - BASE) / (1 - ALL) ** 0.5
        noise = F.normalize(torch.randn(count, D, generator=draw), dim=-1)
        # The noise has the length that is left, so that cosines stay what they are meant to be.
        remaining = (1 - lean**2 - BASE**2 / ALL).clamp(min=0) ** 0.5
        vectors = F.normalize(BASE / ALL**0.5 * self._common + lean * own + remaining * noise, dim=-1)
        texts = [self.said(random, 1, int(random.integers(3, 9)))[0] for _ in range(count)]
        return Queries(texts, vectors, torch.from_numpy(leans_to))


def add_block(store: Store, world: World, block: int, most: int) -> int:
    """Write a block of films as an update does, at most so many clips of it. Returns how many."""
    from hearsight.library.tables.schema import ClipFacts, Video, clip_id
    from hearsight.library.words.indexed_words import indexed_words
    from hearsight.models.layers import pool
    from hearsight.types import Clip, Line

    random = np.random.default_rng([1, block])
    frames = world.frames(block)[:most]
    said = world.said(random, LINES * FILMS_A_BLOCK * CLIPS_A_FILM, WORDS_A_LINE)
    pooled = pool(frames, torch.ones(frames.shape[:2], dtype=torch.bool))
    videos, facts = [], []
    for n in range(len(frames)):
        film, position = divmod(n, CLIPS_A_FILM)
        if position == 0:
            videos.append(f"{block * FILMS_A_BLOCK + film:016x}")
        clip = Clip(Path(), SECONDS * position, SECONDS * (position + 1))
        texts = said[LINES * n : LINES * (n + 1)]
        lines = [Line(clip.start + 3 * i, clip.start + 3 * i + 2.5, text) for i, text in enumerate(texts)]
        text = " ".join(texts)
        words = indexed_words(text, "en")
        facts.append(ClipFacts(clip_id(videos[-1], clip), videos[-1], clip, text, words, lines, True, True, None))
    write_clips(store, facts, frames, pooled)
    store.put_videos([Video(id, f"films/{id}.mp4", 0, "", id, SECONDS * CLIPS_A_FILM) for id in videos])
    return len(frames)


def write_clips(store: Store, facts: Sequence[ClipFacts], frames: Tensor, pooled: Tensor) -> None:
    """Add clips to a library as an update does. frames: (B, F, D), all real. pooled: (B, D)."""
    from hearsight.library.indexing.encode import ABLATIONS
    from hearsight.library.tables.schema import clip_table
    from hearsight.types import VideoEmbedding

    video = VideoEmbedding(frames, torch.ones(frames.shape[:2], dtype=torch.bool), pooled, vision=frames)
    store.add_clips([clip_table(store.clips.schema, facts, video, dict.fromkeys(ABLATIONS, pooled))])
