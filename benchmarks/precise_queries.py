"""Measures what exact phrases, exclusions, numbers and near misses add to a search, on disk and in memory.

    python benchmarks/precise_queries.py
    python benchmarks/precise_queries.py --clips 1000000 --json

The library is made up, with no video behind it: clips of random vectors of a tiny model, so that the vectors take
little time, and transcripts of 32 words of a vocabulary of 30,000, as frequent as in a language (Zipf's law). Each
query is asked a few times, in turns with the others; the median is shown. "ranked": the clips that were ranked, which
meet the query's conditions. Libraries of more than 512 MB are not kept in memory.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

import hearsight
from harness import machine, make_model, print_results
from query import CLIPS_A_VIDEO, SECONDS
from synthetic_clips import SYLLABLES, write_clips

if TYPE_CHECKING:
    from hearsight.library import Library

VOCABULARY, WORDS_A_CLIP, CLIPS_A_BLOCK, WARM_UP = 30_000, 32, 2_000, 1
# The numbers of words in the order of their frequency.
FREQUENT, COMMON, RARE = 5, 60, 20_000


@dataclass(frozen=True)
class Result:
    clips: int
    query: str
    what: str
    storage: str
    ranked_clips: int
    milliseconds: float


def vocabulary() -> list[str]:
    random = np.random.default_rng(0)
    return ["".join(random.choice(SYLLABLES, 4)) for _ in range(VOCABULARY)]


def make_library(folder: Path, clips: int) -> Library:
    import torch

    from hearsight.library.tables.schema import ClipFacts, Video, clip_id
    from hearsight.library.words.indexed_words import indexed_words
    from hearsight.models.layers import pool
    from hearsight.types import Clip

    make_model(folder / "model", "clip4clip", "tiny")
    model = hearsight.load(str(folder / "model"))
    (folder / "films").mkdir()
    library = hearsight.Library.create(folder / "films", model, name=str(folder / "model"))
    store, random, words = library.searchable.store, np.random.default_rng(1), np.array(vocabulary())
    chances = 1 / np.arange(3, VOCABULARY + 3)
    up_to = np.cumsum(chances / chances.sum())
    F, D = model.config.frames, model.width
    for first in range(0, clips, CLIPS_A_BLOCK):
        B = min(CLIPS_A_BLOCK, clips - first)
        frames = torch.nn.functional.normalize(torch.from_numpy(random.standard_normal((B, F, D), np.float32)), dim=-1)
        said = words[np.searchsorted(up_to, random.random((B, WORDS_A_CLIP))).clip(max=VOCABULARY - 1)]
        facts = []
        for number, text in enumerate(said, first):
            video, position = f"{number // CLIPS_A_VIDEO:016x}", number % CLIPS_A_VIDEO
            clip = Clip(Path(), SECONDS * position, SECONDS * (position + 1))
            said = " ".join(text)
            words = indexed_words(said, "en")
            facts.append(ClipFacts(clip_id(video, clip), video, clip, said, words, [], True, True, None))
        write_clips(store, facts, frames, pool(frames, torch.ones(B, F, dtype=torch.bool)))
        ids = sorted({each.video for each in facts})
        store.put_videos([Video(id, f"{id}.mp4", 0, "", id, SECONDS * CLIPS_A_VIDEO) for id in ids])
    store.maintain()
    return library


def queries() -> dict[str, str]:
    """Return queries, by what is special in them."""
    words = vocabulary()
    plain = f"{words[RARE]} {words[COMMON]}"
    return {
        "plain": plain,
        "a phrase of rare words": f'{plain} "{words[RARE]} {words[RARE + 1]}"',
        "a phrase of one rare word": f'{plain} "{words[RARE]}"',
        "a phrase of frequent words": f'{plain} "{words[FREQUENT]} {words[FREQUENT + 1]}"',
        "a rare exclusion": f"{plain} -{words[RARE + 2]}",
        "a common exclusion": f"{plain} -{words[COMMON]}",
        "a frequent exclusion": f"{plain} -{words[FREQUENT]}",
        "a number": f"{plain} 1972",
        "a mistyped word": words[RARE][:-1] + "z",
    }


def measure(folder: Path, clips: int, rounds: int) -> list[Result]:
    make_library(folder, clips)
    libraries = {"disk": hearsight.open(folder / "films"), "memory": hearsight.open(folder / "films", in_memory=True)}
    if libraries["memory"].searchable.store.snapshot().loaded is None:
        del libraries["memory"]
    times: dict[tuple[str, str], list[float]] = {}
    ranked_clips: dict[str, int] = {}
    for number in range(rounds + WARM_UP):
        for what, query in queries().items():
            for storage, library in libraries.items():
                begun = time.perf_counter()
                result = library.search(query)
                if number >= WARM_UP:
                    times.setdefault((what, storage), []).append(1000 * (time.perf_counter() - begun))
                ranked_clips[what] = result.clips
    texts = queries()
    return [
        Result(clips, texts[what], what, storage, ranked_clips[what], median(values))
        for (what, storage), values in times.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=10_000, help="in the library that is searched")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    hardware = machine()
    with tempfile.TemporaryDirectory() as folder:
        results = measure(Path(folder), options.clips, options.rounds)
    table = [
        {
            "query with": one.what,
            "storage": one.storage,
            "ranked": f"{one.ranked_clips:,}",
            "p50": f"{one.milliseconds:.1f}",
        }
        for one in results
    ]
    title = f"searching {options.clips:,} clips, milliseconds, medians of {options.rounds} rounds"
    print_results(hardware, [(title, table)], [asdict(result) for result in results], options.json)


if __name__ == "__main__":
    main()
