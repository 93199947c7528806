"""The command line: `hearsight COMMAND ...`. Each command is a file of this folder, registered here in one line.

Exit codes: 0 done, 1 failed (one line on stderr says why and what to do), 2 not understood, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import hearsight
from hearsight.cli import (
    console,
    convert,
    data,
    demo,
    evaluate,
    export,
    index,
    info,
    models,
    optimise,
    reindex,
    repair,
    search,
    serve,
    soundstage,
    train,
)
from hearsight.errors import HearsightError
from hearsight.util.plugins import describe_error, plugin_of, run_file

SECONDS_TO_BE_ENDED = 10.0

app = typer.Typer(
    help="Find moments in videos by what is seen, heard and said.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(short_help="Make a folder of videos searchable, or bring it up to date.")(index.index)
app.command(short_help="Find moments by what is seen, heard or said.", cls=search.SearchCommand)(search.search)
app.command(short_help="Search in a browser: the page, and an HTTP API.")(serve.serve)
app.command(short_help="Tell what is in an indexed folder, and what failed.")(info.info)
app.command(short_help="Bring an index into the best order for searches.")(optimise.optimise)
app.command(short_help="Give an index another model without decoding a file.")(reindex.reindex)
app.command(short_help="Get a damaged index to work again.")(repair.repair)
app.command(short_help="List the models that can be named.")(models.models)
app.command(short_help="Make a model of a published checkpoint.")(convert.convert)
app.command(short_help="Index the bundled clips, and look for six of them.")(demo.demo)
app.command(short_help="Train a model by a recipe.")(train.train)
app.command(short_help="Measure how well a model finds clips by captions.")(evaluate.evaluate)
app.command(short_help="Make a folder of a model for the Hugging Face hub.")(export.export)
app.add_typer(data.app, name="data", short_help="Look through a data set, and compute what teaches with it.")
app.add_typer(soundstage.app, name="soundstage", short_help="Generate clips to train on and to test with.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (by default that of this process) and return its exit code.

    `--debug`, anywhere in it, lets an error through with its traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode is no reason to fail
    words, debug = _take_debug(list(sys.argv[1:] if arguments is None else arguments))
    if not debug:
        _silence_libraries()
    try:
        try:
            app(words, prog_name="hearsight")
        finally:
            sys.stdout.flush()  # here, where it may fail, and not when Python ends
    except BrokenPipeError:  # the reader, such as head, has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            return 0
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if code == 130 and _leads():
            console.note("stopped")
        return code
    except HearsightError as error:
        if debug:
            raise
        if not _leads():
            time.sleep(SECONDS_TO_BE_ENDED)
        console.note(f"error: {error}")
        return 1
    except Exception as error:
        if debug:
            raise
        if _launched():  # the reason may be that another process is gone, which has told why
            time.sleep(SECONDS_TO_BE_ENDED)
        advice = "this is a fault of Hearsight: add --debug for its traceback, and report it"
        if plugin_of(error):
            advice = "correct the plugin, or add --debug for the whole traceback"
        console.note(f"error: {describe_error(error)}; {advice}")
        return 1
    return 0


def _launched() -> bool:
    """Whether a launcher of several processes started this one."""
    return "LOCAL_RANK" in os.environ


def _leads() -> bool:
    """Whether this process tells what all of a machine have to tell, such as an error.

    When one has failed, the launcher ends the others. What is only theirs they can tell if they are not ended soon.
    """
    return os.environ.get("LOCAL_RANK", "0") == "0"


def _take_debug(words: list[str]) -> tuple[list[str], bool]:
    """The words without `--debug`, and whether it was there; what follows `--` is a query's own."""
    end = words.index("--") if "--" in words else len(words)
    options = [word for word in words[:end] if word != "--debug"]
    return options + words[end:], len(options) < end


def _silence_libraries() -> None:
    """Keep the libraries' warnings and progress bars off a person's screen."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    os.environ.setdefault("LANCEDB_LOG", "error")
    for name in ("transformers", "huggingface_hub", "httpx", "torch", "faster_whisper"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.simplefilter("ignore")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"hearsight {hearsight.__version__}")
        raise typer.Exit


@app.callback()
def hearsight_command(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    before: Annotated[
        Path | None,
        typer.Option(
            "--plugin",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Run a Python file first: one that registers your own method. Stands before COMMAND.",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; works in any place.")] = False,
) -> None:
    """Find moments in videos by what is seen, heard and said."""
    if before:
        context.obj = before.absolute()
        run_file(context.obj)


if __name__ == "__main__":
    sys.exit(main())
