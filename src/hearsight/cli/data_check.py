"""`hearsight data check`: what of a data set can be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import console
from hearsight.cli.step_progress import Steps

if TYPE_CHECKING:
    from hearsight.research.datasets.check import Findings

SHOWN = 5  # examples of what is missing, and of what is damaged

NameOfData = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="msrvtt-9k, msrvtt-7k, vatex, charades, lsmdc, didemo, msvd, activitynet; or table, for your own.",
    ),
]


def check(
    name: NameOfData,
    root: Annotated[
        Path, typer.Argument(metavar="ROOT", exists=True, help="The folder it was unpacked in; or the table's file.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FOLDER", file_okay=False, help="Where to keep what is found, else ROOT/hearsight/NAME."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Look at every clip of a data set once: is it there, can it be read, is anything heard or said? Training and
    evaluation then run on what is good. Interrupted, it goes on where it stopped.

    hearsight data check msrvtt-9k data/msrvtt

    hearsight data check table clips.csv
    """
    from hearsight.research.datasets.check import check as look_through

    findings = look_through(name, root, out, progress=Steps())
    if json:
        left_out = [clip for clip in findings.clips if not clip.good]
        console.write_json(
            {
                "dataset": name,
                "folder": str(findings.folder),
                "splits": findings.counts(),
                "left_out": [{"id": c.entry.id, "split": c.entry.split, "why": c.why} for c in left_out],
            }
        )
        return
    console.write(console.get_console(), as_text(findings))
    console.note(f"manifests: {findings.folder}")


def as_text(findings: Findings) -> str:
    """A table of what there is, and the first examples of what is not."""
    counts = findings.counts()
    lines = ["".join([f"{'clips':<16}", *(f"{split:>12}" for split in counts)])]
    names = {"clips": "told of", "without_speech": "without speech"}
    for row in next(iter(counts.values())):
        cells = ("not known" if of[row] is None else f"{of[row]:,}" for of in counts.values())
        lines.append("".join([f"{names.get(row, row):<16}", *(f"{cell:>12}" for cell in cells)]))
    missing = [clip.entry for clip in findings.clips if not clip.entry.path]
    damaged = [clip for clip in findings.clips if clip.entry.path and not clip.good]
    lines += _first("missing", [f"{entry.id} ({entry.told_in})" for entry in missing])
    lines += _first("damaged", [f"{clip.entry.id}: {clip.why}" for clip in damaged])
    return "\n".join(lines)


def _first(what: str, examples: list[str]) -> list[str]:
    more = [f"  and {len(examples) - SHOWN:,} more (--json lists all)"] if len(examples) > SHOWN else []
    return [f"\n{what}:", *(f"  {example}" for example in examples[:SHOWN]), *more] if examples else []
