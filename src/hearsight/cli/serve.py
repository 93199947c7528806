"""`hearsight serve`: the page in a browser, and the HTTP API that it is built on."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import console
from hearsight.cli.options import LibraryOption, nearest_indexed_folder, parse_folder
from hearsight.errors import HearsightError
from hearsight.util.extras import install_command
from hearsight.util.plugins import run_files_once

if TYPE_CHECKING:
    import socket

    from hearsight.library import Collection
    from hearsight.web.state import IndexedFolder

LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")
MIN_TOKEN_LENGTH = 16


def serve(
    context: typer.Context,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FOLDER",
            parser=parse_folder,
            help="Indexed folders, all of one model. Default: the current one, or the nearest indexed folder above it.",
        ),
    ] = None,
    library: LibraryOption = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 8765,
    token: Annotated[
        str | None,
        typer.Option(envvar="HEARSIGHT_TOKEN", help="A secret that visitors must know; required with --host."),
    ] = None,
    helpers: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=64,
            metavar="N",
            help="The number of further processes that search when many people search at once. Each takes as much "
            "memory as the server. Default: one for each core, up to 4.",
        ),
    ] = None,
) -> None:
    """Search indexed folders in a browser, or over an HTTP API.

    hearsight serve ~/Videos
    """
    if importlib.util.find_spec("uvicorn") is None or importlib.util.find_spec("fastapi") is None:
        raise HearsightError(f"cannot serve: FastAPI and uvicorn are missing; install them: {install_command('web')}")
    _check_token(host, token)
    # Processes search in parallel, and NumPy's threads would compete for the cores. NumPy is not imported yet.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from hearsight.web.search_process import default_processes
    from hearsight.web.served_folders import find_folders
    from hearsight.web.server import run
    from hearsight.web.state import ServerState

    if library is not None and folders:
        raise HearsightError("--library names one index, which records its folder; leave the folders out")
    paths = [] if library is not None else folders or [nearest_indexed_folder(Path.cwd())]
    indexed, model = find_folders(paths, library)
    plugin_file: Path | None = context.obj
    processes = default_processes() if helpers is None else helpers
    load = partial(_load, indexed, plugin_file)
    state = ServerState(indexed, model, load, token, processes, plugin_file)
    suffix = "#token=..." if token else ""
    run(
        state,
        _listen(host, port),
        lambda url: console.note(f"searching {', '.join(indexed)} at {url}{suffix} (press Ctrl-C to stop)"),
    )


def _check_token(host: str, token: str | None) -> None:
    if token is not None and (
        len(token) < MIN_TOKEN_LENGTH or not (token.isascii() and token.isprintable()) or " " in token
    ):
        raise HearsightError(
            f"the token is too easy to guess; use {MIN_TOKEN_LENGTH} or more ASCII letters and digits, without spaces"
        )
    if token is None and host not in LOCAL_HOSTS:
        raise HearsightError(
            f"listening on {host} lets other machines in; set a token for them (HEARSIGHT_TOKEN or --token, "
            f"{MIN_TOKEN_LENGTH} or more letters and digits), or leave out --host"
        )


def _listen(host: str, port: int) -> socket.socket:
    from hearsight.web.server import listen

    try:
        return listen(host, port)
    except OSError as error:
        # Python appends the address to the reason, which this message contains already.
        reason = (error.strerror or str(error)).partition(" (while ")[0]
        raise HearsightError(
            f"cannot listen on {host} port {port}: {reason}; give another --port (0 takes a free one)"
        ) from error


def _load(indexed: Mapping[str, IndexedFolder], plugin_file: Path | None) -> Collection:
    """Open the libraries, in this process or a helper process, which has not run the plugin yet."""
    from hearsight.web.served_folders import open_collection

    if plugin_file:
        run_files_once([plugin_file])
    return open_collection(indexed)
