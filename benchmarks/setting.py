"""What the benchmarks share: models with random weights, the machine, and how results are told.

Random weights take as long as trained ones, and need no network.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

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


# Of transcripts, queries and the tokenizer.
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
    import torch

    from hearsight.models.checkpoint import build
    from hearsight.models.config import ModelConfig
    from hearsight.models.tokens import Tokenizer
    from hearsight.training.tokenizer import train_tokenizer

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    train_tokenizer([VOCABULARY], 1000, folder)
    clip, ast = SIZES[size]
    config = ModelConfig(
        method=method,
        clip=clip,
        ast=None if method == "clip4clip" else ast,
        heads=2 if size == "tiny" else None,
    )
    build(config, Tokenizer(folder)).save_pretrained(folder)


@dataclass(frozen=True)
class Machine:
    """load: the processes that wanted to run, on average over the minute before the benchmark."""

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
    told = dict(line.replace("\t", "").split(": ", 1) for line in lines if ": " in line)
    return f"{told.get('model name', '')} (family {told.get('cpu family')}, model {told.get('model')})"


def tell(on: Machine, tables: Sequence[tuple[str, Sequence[dict[str, str]]]], results: Any, as_json: bool) -> None:
    """Print results as JSON, or as tables (title, rows) for a person."""
    if as_json:
        print(json.dumps({"machine": asdict(on), "results": results}, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(width=max(120, Console().width))
    versions = ", ".join(f"{name} {number}" for name, number in on.versions.items())
    console.print(f"{on.date}; {on.cpu}, {on.cores} cores, load {on.load}; Python {on.python}, {versions}")
    for title, rows in tables:
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for place, name in enumerate(rows[0]):
            table.add_column(name, justify="right" if place else "left")
        for row in rows:
            table.add_row(*row.values())
        console.print()
        console.print(table)
