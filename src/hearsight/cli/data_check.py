"""`hearsight data check`: report which clips of a data set can be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import console
from hearsight.cli.task_progress import StepProgress

if TYPE_CHECKING:
    from hearsight.research.datasets.check import Findings

EXAMPLES = 5  # of missing clips, and of damaged ones

DatasetName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="msrvtt-9k, msrvtt-7k, vatex, charades, lsmdc, didemo, msvd, activitynet; or table, for your own.",
    ),
]


def check(
    name: DatasetName,
    root: Annotated[
        Path, typer.Argument(metavar="ROOT", exists=True, help="The folder it was unpacked in; or the table's file.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FOLDER", file_okay=False, help="The folder to write to; else ROOT/hearsight/NAME."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Check every clip of a data set once: whether its file exists and can be read, and whether it has sound and
    speech. Training and evaluation then use the good clips. An interrupted check continues where it stopped.

    hearsight data check msrvtt-9k data/msrvtt

    hearsight data check table clips.csv
    """
    from hearsight.research.datasets.check import check as check_dataset

    findings = check_dataset(name, root, out, progress=StepProgress())
    if json:
        left_out = [clip for clip in findings.clips if not clip.good]
        console.write_json(
            {
                "dataset": name,
                "folder": str(findings.folder),
                "splits": findings.counts(),
                "left_out": [{"id": c.entry.id, "split": c.entry.split, "why": c.fault} for c in left_out],
            }
        )
        return
    console.write(console.get_console(), as_text(findings))
    console.note(f"manifests: {findings.folder}")


def as_text(findings: Findings) -> str:
    """Return a table of counts, and the first examples of clips that are left out."""
    counts = findings.counts()
    lines = ["".join([f"{'clips':<16}", *(f"{split:>12}" for split in counts)])]
    names = {"clips": "in data set", "without_speech": "without speech"}
    for row in next(iter(counts.values())):
        cells = ("unknown" if column[row] is None else f"{column[row]:,}" for column in counts.values())
        lines.append("".join([f"{names.get(row, row):<16}", *(f"{cell:>12}" for cell in cells)]))
    missing = [clip.entry for clip in findings.clips if not clip.entry.path]
    damaged = [clip for clip in findings.clips if clip.entry.path and not clip.good]
    lines += _first("missing", [f"{entry.id} ({entry.source})" for entry in missing])
    lines += _first("damaged", [f"{clip.entry.id}: {clip.fault}" for clip in damaged])
    return "\n".join(lines)


def _first(heading: str, examples: list[str]) -> list[str]:
    more = [f"  and {len(examples) - EXAMPLES:,} more (--json lists all)"] if len(examples) > EXAMPLES else []
    return [f"\n{heading}:", *(f"  {example}" for example in examples[:EXAMPLES]), *more] if examples else []
