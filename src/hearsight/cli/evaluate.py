"""`hearsight evaluate`: a model on a set of clips with captions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hearsight
from hearsight.cli import show
from hearsight.cli.steps import Steps

if TYPE_CHECKING:
    from hearsight.evaluation import Metrics


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="See hearsight models, or the folder of one.")],
    data: Annotated[Path, typer.Argument(metavar="FOLDER", exists=True, file_okay=False, help="A rendered split.")],
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Measure how well a model finds clips by their captions: recall@k, ranks, by kind of caption.

    hearsight evaluate demo soundstage/test
    """
    with show.busy(f"loading {model}"):
        from hearsight.datasets.features import extract
        from hearsight.evaluation.retrieval import evaluate as measure

        loaded = hearsight.load(model)
    clips = extract(data, loaded, progress=Steps())
    report = measure(loaded, clips)
    if json:
        show.write_json({"model": model, "clips": len(clips), **{name: m.to_dict() for name, m in report.items()}})
    else:
        show.write(show.console(), metrics_table(report, len(clips)))


def metrics_table(report: dict[str, Metrics], clips: int) -> str:
    """One row a kind of caption."""
    head = f"{'':<16}{'queries':>8}{'R@1':>7}{'R@5':>7}{'R@10':>7}{'median':>8}{'mean':>8}{'SumR':>8}"
    rows = [
        f"{name:<16}{m.queries:>8,}{m.r1:>7.1f}{m.r5:>7.1f}{m.r10:>7.1f}{m.median_rank:>8g}{m.mean_rank:>8.1f}{m.sumr:>8.1f}"
        for name, m in report.items()
    ]
    return "\n".join([head, *rows, f"recall in percent, ranks among {clips:,} clips"])
