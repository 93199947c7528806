"""The report of library_growth.py: tables, and curves of the time of a search as a library grows."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from growing_library_steps import QUERIES, TOP

PARTS = ("encoding", "finding", "scoring", "explaining")


def tables(results: dict[int, Any]) -> list[tuple[str, list[dict[str, str]]]]:
    built, searched, beside_it = [], [], []
    for clips, done in results.items():
        name = f"{clips:,}"
        if "optimise" in done:
            optimised = done["optimise"]
            built.append(
                {
                    "clips": name,
                    "appended in": f"{done['build']['seconds']:,.0f} s",
                    "windows in": f"{done['derive']['seconds']:,.0f} s" if "derive" in done else "",
                    **{
                        f"index of {column}": f"{seconds:.1f} s"
                        for column, seconds in sorted(optimised["made"].items())
                    },
                    "all optimising": f"{optimised['seconds']:,.0f} s",
                    "peak memory": f"{optimised['peak'] / 1e9:.1f} GB",
                    "table": f"{optimised['data'] / 1e9:.2f} GB",
                    "windows": f"{done['derive']['windows'] / 1e9:.2f} GB" if "derive" in done else "",
                    "indexes": f"{optimised['indexes'] / 1e9:.2f} GB",
                }
            )
        for mode in ("dense", "hybrid") if "search" in done else ():
            took = done["search"][mode]
            searched.append(
                {
                    "clips": f"{name}, {mode}",
                    "p50 / p95, ms": f"{took['p50']:.1f} / {took['p95']:.1f}",
                    "the first time": f"{took['first']['p50']:.1f} / {took['first']['p95']:.1f}",
                    **{part: f"{took['parts'].get(part, 0):.1f}" for part in PARTS},
                    "recall@10": f"{done['search']['recall']:.4f}" if mode == "dense" else "",
                    "cold start": f"{median(done['search']['cold']):.2f} s" if mode == "dense" else "",
                }
            )
        for step in ("ours", "hnsw", "ivf"):
            if step in done:
                took = done[step]
                beside_it.append(
                    {
                        "clips": f"{name}, {took.get('factory', 'LanceDB, IVF_RQ')}",
                        "built in": f"{took['seconds']:,.0f} s" if "seconds" in took else "",
                        "p50 / p95, ms": f"{took['p50']:.1f} / {took['p95']:.1f}",
                        "recall@10": f"{took['recall']:.4f}",
                        "peak memory": f"{took['peak'] / 1e9:.1f} GB",
                    }
                )
    titled = [
        ("a library that grows", built),
        (f"searching it, {QUERIES} queries; what they spend it on, mean ms", searched),
        (f"the {TOP} nearest pooled vectors alone", beside_it),
    ]
    return [(title, rows) for title, rows in titled if rows]


def draw(results: dict[int, Any], path: Path) -> None:
    """Draw curves of times, and what dominates at each size."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    sizes = list(results)
    figure, (curves, bars) = pyplot.subplots(1, 2, figsize=(11, 4), sharey=True)
    for mode, style in (("dense", "-"), ("hybrid", "--")):
        for name in ("p50", "p95"):
            times = [results[size]["search"][mode][name] for size in sizes]
            curves.plot(sizes, times, style, marker="o", label=f"{mode}, {name}")
    curves.set(xscale="log", xlabel="clips", ylabel="milliseconds a search", ylim=(0, None))
    curves.legend()
    below = np.zeros(len(sizes))
    for part in PARTS:
        share = np.array([results[size]["search"]["hybrid"]["parts"].get(part, 0.0) for size in sizes])
        bars.bar([f"{size:,}" for size in sizes], share, 0.5, below, label=part)
        below += share
    bars.set(xlabel="clips", title="hybrid: what it is spent on, mean")
    bars.legend()
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
