"""`hearsight convert`: a published checkpoint becomes a model."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hearsight.cli import console

if TYPE_CHECKING:
    from hearsight.models.convert.convert import Converted

WHOSE = {
    "avigate": "AVIGATE's training output",
    "save": "SAVE's training output",
    "clip4clip": "CLIP4Clip's training output",
    "clip": "OpenAI's CLIP",
    "ast": "AST, an audio tower",
}


def convert(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="IN", help="Of AVIGATE, SAVE or CLIP4Clip, OpenAI's CLIP, or AST.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to make; it must not hold anything.")],
    method: Annotated[
        Literal["avigate", "save", "clip4clip"] | None,
        typer.Option(help="Else found out. clip4clip takes the CLIP towers of any."),
    ] = None,
    heads: Annotated[
        int | None, typer.Option(metavar="N", help="Of the fusion transformers.", show_default="each 64 wide")
    ] = None,
    frames: Annotated[int | None, typer.Option(metavar="N", help="Of a clip; Charades: 32.", show_default="12")] = None,
    words: Annotated[int | None, typer.Option(metavar="N", help="Of a text; Charades: 64.", show_default="32")] = None,
    temperature: Annotated[
        float | None, typer.Option(metavar="TAU", help="AVIGATE on Charades: 0.5.", show_default="1")
    ] = None,
    vocabulary: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Its tokenizer, where it is not OpenAI's.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Make a model of a published checkpoint, without running anything that is pickled in it.

    hearsight convert pytorch_model.bin.4 models/save

    What IN is, is found out. AVIGATE's, SAVE's, CLIP4Clip's and OpenAI's become models for --model; AST becomes a
    folder for transformers.
    """
    given = {"heads": heads, "frames": frames, "words": words, "temperature": temperature}
    with console.spinner(f"reading {checkpoint}"):
        from hearsight.models.convert.convert import convert as make

        made = make(checkpoint, out, method, vocabulary, **{name: n for name, n in given.items() if n is not None})
    if json:
        console.write_json(as_dict(made))
    else:
        console.write(console.get_console(), console.format_table(report(made).items()))


def as_dict(made: Converted) -> dict[str, Any]:
    """All of it: nothing is cut short as it is on a screen."""
    contents = made.contents
    return {
        "in": contents.source,
        "format": contents.format,
        "kind": contents.kind,
        "tensors": len(contents.weights),
        "left_out": contents.left_out,
        "converted": contents.converted,
        "module_prefix": contents.prefixed,
        "out": str(made.out),
        "vocabulary": made.vocabulary,
        "config": {**made.config.flat(), **made.config.to_dict()} if made.config else made.ast,
        "next": next_command(made),
    }


def report(made: Converted) -> dict[str, str]:
    """What was read, what was made of it, and what to do with it."""
    from hearsight.models.summary import ast_sizes, sizes
    from hearsight.models.weights import first_names

    contents = made.contents
    whose = WHOSE.get(contents.kind, f"CLIP4Clip's training output with the {contents.kind} head")
    rows = {"read": f"{contents.source}: {whose}, {contents.format}"}
    rows["tensors"] = f"{len(contents.weights):,}"
    if contents.converted:
        changed = ", ".join(f"{count:,} from {dtype}" for dtype, count in contents.converted.items())
        rows["tensors"] += f"; to float32: {changed}"
    if contents.prefixed:
        rows["tensors"] += "; 'module.' taken off their names"
    rows["left out"] = (
        f"{len(contents.left_out):,}: {first_names(contents.left_out)}" if contents.left_out else "nothing"
    )
    rows |= sizes(made.config) if made.config else ast_sizes(made.ast or {})
    rows["written"] = str(made.out)
    if made.config and not made.vocabulary:
        rows["vocabulary"] = "OpenAI's, which no checkpoint holds: fetched when first used, or give it by --vocabulary"
    rows["next"] = next_command(made)
    return rows


def next_command(made: Converted) -> str:
    """What to type now."""
    if made.config is None:
        return f"python: transformers.ASTModel.from_pretrained({str(made.out)!r})"
    return f"hearsight index FOLDER --model {shlex.quote(str(made.out))}"
