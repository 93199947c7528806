"""Shared by the benchmarks: models and features of random numbers, timing in turns, the machine, printed results.

Random weights take as long as trained ones, and need no network.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hearsight.research.datasets.feature_set import FeatureSet

MIB = 2**20
SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
# Arguments of CLIPConfig and ASTConfig: their defaults are CLIP ViT-B/32 and AST-base. "tiny" is for trying out.
SIZES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "published": ({}, {}),
    "tiny": (
        {
            "projection_dim": 32,
            "text_config": SMALL,
            "vision_config": {**SMALL, "image_size": 32, "patch_size": 16},
        },
        {**SMALL, "max_length": 64, "time_stride": 16, "frequency_stride": 16},
    ),
}


# The words of transcripts and queries, and the text that the tokenizer is trained on.
VOCABULARY = """
water fire bridge window garden market doctor teacher bicycle train ship engine river mountain island winter summer
morning evening music guitar piano drum bell whistle thunder rain storm cloud forest desert horse dog cat bird fish
spider apple bread butter coffee kitchen table chair letter paper pencil camera picture mirror money ticket station
airport passport suitcase hotel village castle church school office hospital police soldier farmer baker painter
singer dancer runner swimmer father mother brother sister daughter neighbour stranger captain pilot driver carries
opens closes breaks repairs builds paints washes cooks sings dances whispers shouts laughs cries runs jumps swims
climbs falls sleeps wakes reads writes counts buys sells loses finds hides follows leaves arrives crosses remembers
forgets promises explains yellow green purple orange silver golden wooden broken empty heavy quiet loud bright dark
early late quick slow warm cold
"""
WORDS = VOCABULARY.split()


def make_model(folder: Path, method: str, size: str) -> None:
    """Write a model of a size, with random weights, for `hearsight.load`."""
    build_model(folder, method, size).save_pretrained(folder)


def build_model(folder: Path, method: str, size: str, device: str = "cpu") -> Any:
    """Build a model of a size with random weights, and write its tokenizer. device: "meta" builds no weights."""
    import torch

    from hearsight.models.config import ModelConfig
    from hearsight.models.load import build
    from hearsight.models.tokenizer import Tokenizer
    from hearsight.research.training.vocabulary import train_tokenizer

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    train_tokenizer([VOCABULARY], 1000, folder)
    clip, ast = SIZES[size]
    config = ModelConfig(
        method=method,
        clip=clip,
        ast=None if method == "clip4clip" else ast,
        options={"heads": 2} if size == "tiny" and method != "clip4clip" else {},
    )
    with torch.device(device):
        return build(config, Tokenizer(folder)).eval()


def make_features(folder: Path, model: Any, clips: int, averaged: bool = False) -> FeatureSet:
    """Store random features of clips that all have sound and speech, with a caption each, as those of files are."""
    import lancedb
    import numpy as np
    import torch

    from hearsight.models.feature_rows import as_rows
    from hearsight.models.preprocess import has_speech, speech_ids
    from hearsight.research.datasets.feature_set import CLIPS_PER_COMMIT, FeatureSet
    from hearsight.research.datasets.manifest import Example
    from hearsight.types import ClipFeatures

    draw, random = torch.Generator().manual_seed(0), np.random.default_rng(0)
    across, along = model.ast.grid
    tokens = 1 + (along if averaged else across * along)
    ids, table = [f"{n:05}" for n in range(clips)], None
    for start in range(0, clips, CLIPS_PER_COMMIT):
        some = ids[start : start + CLIPS_PER_COMMIT]
        yes = torch.ones(len(some), dtype=torch.bool)
        frames = torch.randn(len(some), model.config.frames, model.width, generator=draw)
        audio = torch.randn(len(some), tokens, model.ast.width, generator=draw)
        rows = as_rows(some, ClipFeatures(frames, torch.ones(frames.shape[:2], dtype=torch.bool), yes, yes, audio))
        if table is None:
            table = lancedb.connect(str(folder)).create_table("features", rows)
        else:
            table.add(rows)
    said = [sentence(random, 30) for _ in ids]
    return FeatureSet(
        [Example(id, Path(), (("", sentence(random, 9)),), id) for id in ids],
        table,
        np.arange(clips),
        speech_ids(model, said),
        has_speech(said),
        model.ast.width,
    )


def sentence(random: Any, words: int) -> str:
    return " ".join(random.choice(WORDS, words))


@dataclass(frozen=True)
class Timing:
    """Seconds of wall and of processor time. The second hardly depends on the machine's other work."""

    wall: float
    processor: float


def take_turns(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[Timing]]:
    """Time each way in each round; one round before these does not count."""
    taken: dict[str, list[Timing]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            wall, processor = time.perf_counter(), time.process_time()
            way()
            taken[name].append(Timing(time.perf_counter() - wall, time.process_time() - processor))
            print(name, taken[name][-1], file=sys.stderr)
    return {name: each[1:] for name, each in taken.items()}


def comparison_rows(taken: dict[str, list[Timing]], unit: str, per_second: float) -> list[dict[str, str]]:
    """Return rows of medians in a unit, by clock and way, with their ratio to those of the first way."""
    rows = []
    for clock in ("wall", "processor"):
        times = {name: [per_second * getattr(one, clock) for one in each] for name, each in taken.items()}
        first = median(next(iter(times.values())))
        rows += [
            {
                "way": name,
                "clock": clock,
                unit: f"{median(each):,.2f}",
                "from - to": f"{min(each):,.2f} - {max(each):,.2f}",
                "times as fast": f"{first / median(each):,.1f}",
            }
            for name, each in times.items()
        ]
    return rows


def peak_bytes(max_rss: int) -> int:
    """Convert a process's `ru_maxrss`, which macOS counts in bytes and Linux in KiB."""
    return max_rss * (1 if sys.platform == "darwin" else 1024)


@dataclass(frozen=True)
class Machine:
    """The machine that measures. load: its load average over the minute before the benchmark."""

    date: str
    cpu: str
    cores: int
    load: float
    system: str
    python: str
    versions: dict[str, str]


def machine() -> Machine:
    packages = ("torch", "transformers", "lancedb", "av")
    return Machine(
        date=datetime.now(UTC).isoformat(timespec="minutes"),
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        load=round(os.getloadavg()[0], 2),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions={name: version(name) for name in packages},
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    fields = dict(line.replace("\t", "").split(": ", 1) for line in lines if ": " in line)
    return f"{fields.get('model name', '')} (family {fields.get('cpu family')}, model {fields.get('model')})"


def print_results(
    hardware: Machine, tables: Sequence[tuple[str, Sequence[dict[str, str]]]], results: Any, as_json: bool
) -> None:
    """Print results as JSON, or as tables (title, rows) for a person."""
    if as_json:
        print(json.dumps({"machine": asdict(hardware), "results": results}, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(width=max(120, Console().width))
    versions = ", ".join(f"{name} {number}" for name, number in hardware.versions.items())
    console.print(
        f"{hardware.date}; {hardware.cpu}, {hardware.cores} cores, load {hardware.load}; "
        f"Python {hardware.python}, {versions}"
    )
    for title, rows in tables:
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for column, name in enumerate(rows[0]):
            table.add_column(name, justify="right" if column else "left")
        for row in rows:
            table.add_row(*row.values())
        console.print()
        console.print(table)
