"""The command line: `hearsight COMMAND ...`. Each command is a file of this folder, registered here in one line.

Exit codes: 0 done; 1 failed (a line on stderr says why and what to do), or nothing found by `search`; 2 usage error;
130 stopped by Ctrl-C.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

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

SECONDS_UNTIL_TERMINATED = 10.0

app = typer.Typer(
    help="Find moments in videos by what is seen, heard and said.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(short_help="Make a folder of videos searchable, or bring it up to date.")(index.index)
app.command(short_help="Find moments by what is seen, heard or said.", cls=search.SearchCommand)(search.search)
app.command(short_help="Search in a browser: the page, and an HTTP API.")(serve.serve)
app.command(short_help="Show what is in an index, and which files failed.")(info.info)
app.command(short_help="Make searches of an index faster.")(optimise.optimise)
app.command(short_help="Change the model of an index without decoding files.")(reindex.reindex)
app.command(short_help="Restore what can be read of a damaged index.")(repair.repair)
app.command(short_help="Convert a published checkpoint to a model.")(convert.convert)
app.command(short_help="Index the bundled clips and search for six of them.")(demo.demo)
app.command(short_help="Train a model by a recipe.")(train.train)
app.command(short_help="Measure how well a model finds clips by captions.")(evaluate.evaluate)
app.command(short_help="Prepare a model for the Hugging Face hub.")(export.export)
app.add_typer(models.app, name="models", short_help="List, describe and download models.")
app.add_typer(data.app, name="data", short_help="Check a data set, and compute its teacher features.")
app.add_typer(soundstage.app, name="soundstage", short_help="Generate clips for training and testing.")


@cache
def command() -> Callable[..., Any]:
    """Return the command line. Building it takes a twentieth of a second, and a program may call `main` often."""
    return typer.main.get_command(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (by default that of this process) and return its exit code.

    With `--debug`, an error is raised with its traceback.
    """
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # escapes what the terminal cannot show
    words, debug = _take_debug(list(sys.argv[1:] if arguments is None else arguments))
    if not debug:
        _silence_libraries()
    try:
        try:
            command()(words, prog_name="hearsight")
        finally:
            sys.stdout.flush()  # an error here is handled; one when Python ends is not
    except BrokenPipeError:  # the reader, such as head, needs no more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            return 0
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if code == 130 and _is_first_process():
            console.note("stopped")
        return code
    except HearsightError as error:
        if debug:
            raise
        if not _is_first_process():
            time.sleep(SECONDS_UNTIL_TERMINATED)
        console.note(f"error: {error}")
        return 1
    except Exception as error:
        if debug:
            raise
        if _is_launched():  # the cause may be that another process failed, which prints its own error
            time.sleep(SECONDS_UNTIL_TERMINATED)
        advice = "this is a fault of Hearsight: add --debug for its traceback, and report it"
        if plugin_of(error):
            advice = "correct the plugin, or add --debug for the whole traceback"
        console.note(f"error: {describe_error(error)}; {advice}")
        return 1
    return 0


def _open_missing_streams() -> None:
    """Open what a process lacks that was started without one of the standard streams (`>&-`).

    Else the next file that is opened has its number, and what libraries print is written into it.
    """
    for name, mode in {"stdin": "r", "stdout": "w", "stderr": "w"}.items():
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # the lowest that is free, which is the stream's own
            setattr(sys, name, os.fdopen(descriptor, mode))


def _is_launched() -> bool:
    """Return whether a launcher of several processes, such as accelerate, started this one."""
    return "LOCAL_RANK" in os.environ


def _is_first_process() -> bool:
    """Return whether this is the first process of its machine, which prints the errors that all processes have.

    When one process fails, the launcher terminates the others. They wait for that before they print an error, so that
    only errors of their own are printed.
    """
    return os.environ.get("LOCAL_RANK", "0") == "0"


def _take_debug(words: list[str]) -> tuple[list[str], bool]:
    """Return the words without `--debug`, and whether it was among them. Words after `--` are part of a query."""
    end = words.index("--") if "--" in words else len(words)
    options = [word for word in words[:end] if word != "--debug"]
    return options + words[end:], len(options) < end


def _silence_libraries() -> None:
    """Hide the warnings and progress bars of the libraries that Hearsight uses."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    os.environ.setdefault("LANCEDB_LOG", "error")
    for name in ("transformers", "huggingface_hub", "httpx", "torch", "faster_whisper"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # in processes that this one starts


def _print_version(requested: bool) -> None:
    if requested:
        print(f"hearsight {hearsight.__version__}")
        raise typer.Exit


@app.callback()
def hearsight_command(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    plugin: Annotated[
        Path | None,
        typer.Option(
            "--plugin",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Run a Python file first, which registers a method or a recogniser, say. Goes before COMMAND.",
        ),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error. May be anywhere in the command.")
    ] = False,
) -> None:
    """Find moments in videos by what is seen, heard and said."""
    if plugin:
        context.obj = plugin.absolute()
        run_file(context.obj)


if __name__ == "__main__":
    sys.exit(main())
