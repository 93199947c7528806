"""Measures how long a search takes in a library that is open, beside the encoding of its text.

    python benchmarks/query.py
    python benchmarks/query.py --clips 100000 --json
    python benchmarks/query.py --everyday

Libraries are made up, with no video behind them: clips of random vectors that stand in clusters, as those of real films
do, and transcripts of random words. Each is searched by `Library.search` (encoding the query included) in its three
modes, on disk and in memory, with queries of three to eight words. They take turns with encoding the same text alone:
in NumPy, as searches do, by every text encoder of the library and by the model's alone, and by the model in torch. The
median (p50) and the 95th percentile (p95) of each round of queries, then their medians over all rounds. One library is
of a model the size of CLIP ViT-B/32 (random weights), one of the demo model, or of a tiny one where that is not
installed. With --everyday, there is one library instead, of SigLIP 2, CLAP and vectors of words, the first two with
random weights of the published sizes (everyday_models.py). cold_search.py measures the command.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import numpy as np

import hearsight
from everyday_models import make_clap, make_siglip
from harness import WORDS, machine, make_model, print_results
from hearsight.models.catalog import DEMO
from synthetic_clips import write_clips

if TYPE_CHECKING:
    from hearsight.experts.sound_expert import SoundExpert
    from hearsight.library import Library

MODES = ("dense", "hybrid", "speech")
QUERIES, WARM_UP = 40, 5
CLIPS_A_VIDEO, CLUSTERS, SMALL_LIBRARY = 20, 200, 24
SECONDS = 15.0


@dataclass(frozen=True)
class Times:
    """Milliseconds."""

    p50: float
    p95: float


@dataclass(frozen=True)
class Result:
    model: str
    clips: int
    megabytes: float
    times: dict[str, Times]


def make_library(model_folder: str, model: Any, folder: Path, clips: int, sound: str | None = None) -> Library:
    """Create a library of clips of random vectors, with the windows and the calibration that an update derives.

    sound: the name of a sound expert.
    """
    from hearsight.library.derive import update_calibration
    from hearsight.library.library_experts import LibraryExperts

    folder.mkdir()
    library = hearsight.Library.create(folder, model, name=model_folder, sound=sound)
    store = library.searchable.store
    random = np.random.default_rng(0)
    centres = random.standard_normal((CLUSTERS, model.width), np.float32)
    for first in range(0, clips, 1000):
        add_videos(store, model, random, centres, first, min(clips, first + 1000))
    store.maintain()
    experts = LibraryExperts.load(library.identity)
    if experts.sound is not None:
        add_sounds(store, experts.sound, random)
    update_calibration(store, library.identity.fingerprint, library.query_encoder, experts)
    return library


def add_videos(store: Any, model: Any, random: np.random.Generator, centres: np.ndarray, first: int, last: int) -> None:
    import torch

    from hearsight.library.tables.schema import ClipFacts, Video, clip_id
    from hearsight.library.words.indexed_words import indexed_words
    from hearsight.models.layers import pool
    from hearsight.types import Clip, Line

    F, D, B = model.config.frames, model.width, last - first
    near = centres[random.integers(0, len(centres), B)][:, None] + random.standard_normal((B, F, D), np.float32)
    frames = torch.nn.functional.normalize(torch.from_numpy(near), dim=-1)
    pooled = pool(frames, torch.ones(B, F, dtype=torch.bool)).repeat(1, model.text_width // D)
    facts, videos = [], []
    for number in range(first, last):
        position = number % CLIPS_A_VIDEO
        if position == 0:
            videos.append(f"{number:016x}")
        clip = Clip(Path(), SECONDS * position, SECONDS * (position + 1))
        said = [" ".join(random.choice(WORDS, 8)) for _ in range(4)]
        lines = [Line(clip.start + 4 * i, clip.start + 4 * i + 3.5, text) for i, text in enumerate(said)]
        text = " ".join(said)
        words = indexed_words(text, "en")
        facts.append(ClipFacts(clip_id(videos[-1], clip), videos[-1], clip, text, words, lines, True, True, None))
    write_clips(store, facts, frames, pooled)
    store.put_videos([Video(id, f"{id}.mp4", 0, "", id, SECONDS * CLIPS_A_VIDEO) for id in videos])


def add_sounds(store: Any, expert: SoundExpert, random: np.random.Generator) -> None:
    """Add the windows of a sound expert, two for each clip, as an update does that has listened to the files."""
    import pyarrow as pa

    from hearsight.library.tables.windows import windows_schema

    schema, windows = windows_schema(expert.width), store.windows(expert.name)
    windows.create(expert.width, expert.fingerprint)
    for batch in store.batches(["id", "video", "start"], 1 << 16):
        clips = batch.take(np.repeat(np.arange(len(batch)), 2))
        starts = clips["start"].to_numpy() + np.tile([0.0, SECONDS / 2], len(batch))
        vectors = random.standard_normal((len(clips), expert.width)).astype(np.float32)
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
        values = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), expert.width)
        columns = [clips["id"], clips["video"], pa.array(starts), pa.array(starts + SECONDS / 2), values]
        windows.add(pa.Table.from_arrays(columns, schema=schema))
    windows.maintain()


def queries(seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, random.integers(3, 9))) for _ in range(QUERIES)]


def timed(ways: dict[str, Callable[[str], object]], rounds: int) -> dict[str, Times]:
    """Time each way for each query, in turns."""
    from hearsight.experts.registry import encode_query
    from hearsight.experts.sound_registry import encode_sound_query
    from hearsight.library.search.encoded_question import _text_vector

    caches = (_text_vector, encode_query, encode_sound_query)
    for query in queries(0)[:WARM_UP]:
        for way in ways.values():
            way(query)
    p50, p95 = {name: [] for name in ways}, {name: [] for name in ways}
    for seed in range(1, rounds + 1):
        times: dict[str, list[float]] = {name: [] for name in ways}
        for query in queries(seed):
            for name, way in ways.items():
                for cache in caches:  # each way asks the same
                    cache.cache_clear()
                begun = time.perf_counter()
                way(query)
                times[name].append(1000 * (time.perf_counter() - begun))
        for name in ways:
            p50[name].append(median(times[name]))
            p95[name].append(quantiles(times[name], n=20)[-1])
    return {name: Times(median(p50[name]), median(p95[name])) for name in ways}


def measure(name: str, model_folder: str, sound: str | None, folder_path: Path, clips: int, rounds: int) -> Result:
    from hearsight.library.library_experts import LibraryExperts
    from hearsight.models.torch_queries import TorchQueryEncoder

    model = hearsight.load(model_folder)
    folder = folder_path / f"films of {name}"
    megabytes = make_library(model_folder, model, folder, clips, sound).info().bytes / 1e6
    by_torch = TorchQueryEncoder(model)
    libraries = {"disk": hearsight.open(folder), "memory": hearsight.open(folder, in_memory=True)}
    experts = LibraryExperts.load(libraries["disk"].identity)
    others = [*experts.texts, *([experts.sound] if experts.sound else [])]
    model_alone = libraries["disk"].query_encoder

    def encode(query: str) -> object:
        return model_alone.encode([query]), [expert.encode_queries([query]) for expert in others]

    ways: dict[str, Callable[[str], object]] = {
        "encoding": encode,
        "encoding, the model alone": lambda query: model_alone.encode([query]),
        "encoding, torch": lambda query: by_torch.encode([query]),
    }
    for storage, library in libraries.items():
        for mode in MODES:
            ways[f"{mode}, {storage}"] = partial(library.search, mode=mode)
    return Result(name, clips, megabytes, timed(ways, rounds))


def rows(result: Result) -> list[dict[str, str]]:
    encoding = result.times["encoding"].p50
    return [
        {
            "model": result.model,
            "clips": f"{result.clips:,}",
            "on disk": f"{result.megabytes:.0f} MB",
            "what": name,
            "p50": f"{times.p50:.1f}",
            "p95": f"{times.p95:.1f}",
            "p50 x encoding": f"{times.p50 / encoding:.2f}",
        }
        for name, times in result.times.items()
    ]


def models(folder_path: Path, everyday: bool) -> Sequence[tuple[str, str, str | None]]:
    """Return names of models, what `hearsight.load` takes for them, and the sound expert beside each."""
    if everyday:
        make_siglip(folder_path / "siglip", True)
        make_clap(folder_path / "clap", True)
        return [("everyday", str(folder_path / "siglip"), f"clap:{folder_path / 'clap'}")]
    make_model(folder_path / "ViT-B-32", "clip4clip", "published")
    if (DEMO / "config.json").is_file():
        return [("demo", "demo", None), ("ViT-B-32", str(folder_path / "ViT-B-32"), None)]
    make_model(folder_path / "tiny", "save", "tiny")
    return [("tiny", str(folder_path / "tiny"), None), ("ViT-B-32", str(folder_path / "ViT-B-32"), None)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=10_000, help="in the library that is searched")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--everyday", action="store_true", help="three text encoders")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    hardware = machine()
    with tempfile.TemporaryDirectory() as folder:
        folder_path = Path(folder)
        os.environ["XDG_CACHE_HOME"] = str(folder_path / "cache")  # query encoders of random weights
        results = [
            measure(name, source, sound, folder_path, options.clips, options.rounds)
            for name, source, sound in models(folder_path, options.everyday)
        ]
    title = f"searching, milliseconds, medians of {options.rounds} rounds of {QUERIES} queries"
    table = [row for result in results for row in rows(result)]
    print_results(hardware, [(title, table)], [asdict(result) for result in results], options.json)


if __name__ == "__main__":
    main()
