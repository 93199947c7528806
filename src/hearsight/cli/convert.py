"""`hearsight convert`: convert a published checkpoint to a model."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hearsight.cli import console

if TYPE_CHECKING:
    from hearsight.models.convert.convert import Converted

ORIGINS = {
    "avigate": "AVIGATE's training output",
    "save": "SAVE's training output",
    "clip4clip": "CLIP4Clip's training output",
    "clip": "OpenAI's CLIP",
    "ast": "AST, an audio tower",
}


def convert(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="IN", help="A checkpoint of AVIGATE, SAVE, CLIP4Clip, OpenAI's CLIP or AST.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write; it must be new or empty.")],
    method: Annotated[
        Literal["avigate", "save", "clip4clip"] | None,
        typer.Option(help="Detected by default. clip4clip takes only the CLIP towers of a checkpoint."),
    ] = None,
    heads: Annotated[
        int | None,
        typer.Option(metavar="N", help="Attention heads of the fusion transformers.", show_default="each 64 wide"),
    ] = None,
    frames: Annotated[
        int | None, typer.Option(metavar="N", help="Frames of a clip; 32 for Charades.", show_default="12")
    ] = None,
    words: Annotated[
        int | None, typer.Option(metavar="N", help="Tokens of a text; 64 for Charades.", show_default="32")
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(metavar="TAU", help="Of the similarity; 0.5 for AVIGATE on Charades.", show_default="1"),
    ] = None,
    vocabulary: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The folder of its tokenizer, if that is not OpenAI's.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Convert a published checkpoint to a model, without running code that is pickled in it.

    hearsight convert pytorch_model.bin.4 models/save

    The kind of checkpoint is detected. Those of AVIGATE, SAVE, CLIP4Clip and OpenAI become models for --model; AST
    becomes a folder for transformers.
    """
    options = {"heads": heads, "frames": frames, "words": words, "temperature": temperature}
    with console.spinner(f"reading {checkpoint}"):
        from hearsight.models.convert.convert import convert as convert_checkpoint

        result = convert_checkpoint(
            checkpoint, out, method, vocabulary, **{name: n for name, n in options.items() if n is not None}
        )
    if json:
        console.write_json(as_dict(result))
    else:
        console.write(console.get_console(), console.format_table(report(result).items()))


def as_dict(result: Converted) -> dict[str, Any]:
    """Return the complete report for JSON; on a screen, long lists are shortened."""
    contents = result.contents
    return {
        "in": contents.source,
        "format": contents.format,
        "kind": contents.kind,
        "tensors": len(contents.weights),
        "left_out": contents.left_out,
        "converted": contents.converted,
        "module_prefix": contents.prefixed,
        "out": str(result.out),
        "vocabulary": result.vocabulary,
        "config": {**result.config.flat(), **result.config.to_dict()} if result.config else result.ast,
        "next": next_command(result),
    }


def report(result: Converted) -> dict[str, str]:
    """Return rows that say what was read, what was written, and what to do next."""
    from hearsight.models.summary import ast_sizes, sizes
    from hearsight.models.weights import first_names

    contents = result.contents
    origin = ORIGINS.get(contents.kind, f"CLIP4Clip's training output with the {contents.kind} head")
    rows = {"read": f"{contents.source}: {origin}, {contents.format}"}
    rows["tensors"] = f"{len(contents.weights):,}"
    if contents.converted:
        changed = ", ".join(f"{count:,} from {dtype}" for dtype, count in contents.converted.items())
        rows["tensors"] += f"; to float32: {changed}"
    if contents.prefixed:
        rows["tensors"] += "; 'module.' taken off their names"
    rows["left out"] = (
        f"{len(contents.left_out):,}: {first_names(contents.left_out)}" if contents.left_out else "nothing"
    )
    rows |= sizes(result.config) if result.config else ast_sizes(result.ast or {})
    rows["written"] = str(result.out)
    if result.config and not result.vocabulary:
        rows["vocabulary"] = (
            "OpenAI's, which no checkpoint contains; it is downloaded when first used, or give it with --vocabulary"
        )
    rows["next"] = next_command(result)
    return rows


def next_command(result: Converted) -> str:
    """Return the command to type next."""
    if result.config is None:
        return f"python: transformers.ASTModel.from_pretrained({str(result.out)!r})"
    return f"hearsight index FOLDER --model {shlex.quote(str(result.out))}"
