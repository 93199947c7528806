"""`hearsight serve`: the page, and the HTTP API that it is built on."""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Mapping, Sequence
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
    from hearsight.library import Collection
    from hearsight.web.state import Shelf

LOCAL = ("127.0.0.1", "::1", "localhost")
LEAST_TOKEN = 16


def serve(
    context: typer.Context,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FOLDER",
            parser=parse_folder,
            help="Indexed folders, all of one model; else the current one, or the nearest above it.",
        ),
    ] = None,
    library: LibraryOption = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8765,
    token: Annotated[
        str | None,
        typer.Option(envvar="HEARSIGHT_TOKEN", help="What visitors have to know; needed to listen elsewhere."),
    ] = None,
    helpers: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=64,
            metavar="N",
            help="Processes that may help where many search at once, each with as much memory as the server; "
            "else by the number of cores.",
        ),
    ] = None,
) -> None:
    """Search indexed folders in a browser: a page, and an HTTP API under it.

    hearsight serve ~/Videos
    """
    if importlib.util.find_spec("uvicorn") is None or importlib.util.find_spec("fastapi") is None:
        raise HearsightError(f"cannot serve: FastAPI and uvicorn are missing; install them: {install_command('web')}")
    _check_token(host, token)
    shelves, model = _shelves(folders or [], library)
    listening = _listen(host, port)
    from hearsight.web.search_process import useful
    from hearsight.web.server import run
    from hearsight.web.state import Serving

    names = ", ".join(shelves)
    own: Path | None = context.obj  # what --plugin says
    load = partial(_load, shelves, model, own)
    run(
        Serving(shelves, model, load, token, useful() if helpers is None else helpers, own),
        listening,
        lambda address: console.note(f"searching {names} at {address}{'#token=...' if token else ''} (Ctrl-C ends it)"),
    )


def _check_token(host: str, token: str | None) -> None:
    if token is not None and (
        len(token) < LEAST_TOKEN or not (token.isascii() and token.isprintable()) or " " in token
    ):
        raise HearsightError(f"the token is too easy; give {LEAST_TOKEN} or more letters and digits, without spaces")
    if token is None and host not in LOCAL:
        raise HearsightError(
            f"listening on {host} lets others in; set a token for them (HEARSIGHT_TOKEN or --token, {LEAST_TOKEN} or "
            "more letters and digits), or leave out --host"
        )


def _shelves(folders: Sequence[Path], at: Path | None) -> tuple[dict[str, Shelf], str]:
    """The folders by their names, and the model of all. Raises HearsightError where one is not indexed."""
    from hearsight.library.indexing.model_names import check_model_exists
    from hearsight.library.tables.identity import Identity, absolute_location, default_location, folder_of
    from hearsight.web.state import Shelf, named

    if at is not None and folders:
        raise HearsightError("--library names one index, which knows its folder; leave the folders out")
    places = (
        [at]
        if at is not None
        else [default_location(folder) for folder in folders or [nearest_indexed_folder(Path.cwd())]]
    )
    found, models = [], {}
    # One that is named twice is served once: else every moment would be found twice.
    for place in {place.resolve(): place for place in map(absolute_location, places)}.values():
        identity = Identity.read(place)
        if identity is None:
            raise HearsightError(f"{place.parent if at is None else place} is not indexed; run: hearsight index FOLDER")
        found.append(Shelf(place.parent if at is None else folder_of(place, identity), place))
        models[identity.fingerprint] = identity.model
    if len(models) > 1:
        raise HearsightError(
            f"the folders are indexed with different models ({', '.join(sorted(models.values()))}), whose answers "
            "cannot be compared; serve them apart, each with a --port of its own"
        )
    model = next(iter(models.values()))
    check_model_exists(model)
    return named(found), model


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        # Python says after the reason where it tried to listen, which is told already.
        reason = (error.strerror or str(error)).partition(" (while ")[0]
        raise HearsightError(
            f"cannot listen on {host} port {port}: {reason}; give another --port (0 takes any)"
        ) from error
    # Of its connections: asyncio does so for its own sockets only. Else an answer's body waits 40 ms behind its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _load(shelves: Mapping[str, Shelf], name: str, own: Path | None) -> Collection:
    """Open the libraries, with all that searches read in memory, and load their model. own: a plugin for it."""
    import torch

    import hearsight
    from hearsight.library import Collection, Library

    if own:
        run_files_once([own])
    torch.set_num_threads(1)  # helpers search side by side, and threads of one would stand in the way of another
    libraries = {key: Library.open(shelf.folder, shelf.at, in_memory=True) for key, shelf in shelves.items()}
    collection = Collection(libraries, hearsight.load(name, dtype="auto"))
    collection.search("a bell rings")  # the first one reads the tables
    return collection
