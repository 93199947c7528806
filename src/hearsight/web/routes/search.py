"""Searching: by words, by example, and the results as files."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from hearsight.library.results import Filters, SearchResult, Suggestion
from hearsight.web import api_examples
from hearsight.web.cut_lists import csv_of, edl_of, fcpxml_of
from hearsight.web.dependencies import By, Filtered, Limit, Searched, Served, Text, problems
from hearsight.web.pool import BusyError
from hearsight.web.query_by_example import decode, inputs_of
from hearsight.web.schemas import Format

if TYPE_CHECKING:
    from hearsight.library import Collection

router = APIRouter(tags=["search"])

MOST_BYTES = 64 << 20
SECONDS_TO_SEND = 60.0

WRITERS: dict[Format, tuple[str, Callable[[SearchResult], str]]] = {
    "json": ("application/json", lambda result: json.dumps(result.to_dict(), indent=2)),
    "csv": ("text/csv", csv_of),
    "edl": ("text/plain", edl_of),
    "fcpxml": ("application/xml", fcpxml_of),
}
EXAMPLE_BODY = {
    "requestBody": {
        "required": True,
        "description": f"The file itself: a picture, a sound or a short video, of {MOST_BYTES >> 20} MB at most.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/search", responses={200: api_examples.of(api_examples.RESULT), **problems(404, 503)})
async def search(
    served: Served, q: Text, filters: Filtered, library: Searched, mode: By = "hybrid", limit: Limit = 10
) -> SearchResult:
    """Find moments by what is seen, heard or said in them: the best moment of each video, best first."""
    collection = await served.collection()
    return await served.workers.work(collection.search, q, mode, limit, filters, library)


@router.get(
    "/search/export",
    responses={200: api_examples.EXPORTS, **problems(404, 503)},
    response_class=Response,
)
async def export(
    served: Served,
    q: Text,
    filters: Filtered,
    library: Searched,
    format: Annotated[Format, Query(description="edl is CMX 3600; fcpxml is for Final Cut Pro and DaVinci Resolve.")],
    mode: By = "hybrid",
    limit: Limit = 10,
) -> Response:
    """The same as a file: a table, or a list of cuts that an editing program opens."""
    collection = await served.collection()
    kind, write = WRITERS[format]
    result = await served.workers.work(collection.search, q, mode, limit, filters, library)
    name = f'attachment; filename="hearsight.{format}"'
    text = await served.look(write, result)  # a cut list opens every file
    return Response(text, media_type=kind, headers={"content-disposition": name})


@router.post(
    "/search/example",
    responses={200: api_examples.of(api_examples.ALIKE), **problems(404, 408, 413, 503)},
    openapi_extra=EXAMPLE_BODY,
)
async def search_by_example(
    request: Request, served: Served, filters: Filtered, library: Searched, limit: Limit = 10
) -> SearchResult:
    """Find the moments that are most like a picture, a sound or a short video. What is said in it is not compared."""
    _check_size(int(request.headers.get("content-length", "0")))
    if served.examples.locked():
        raise BusyError("other examples are being looked at; try again in a moment")
    async with served.examples:
        collection = await served.collection()
        with _example_file() as file:
            await _receive(request, Path(file.name))
            async with served.decoders:
                return await asyncio.to_thread(_like, collection, Path(file.name), limit, filters, library)


def _example_file() -> IO[bytes]:
    """A file that is gone when it is closed. Raises BusyError where none can be made."""
    try:
        return tempfile.NamedTemporaryFile(prefix="hearsight-example-")
    except OSError as error:
        raise _cannot_keep(error) from error


async def _receive(request: Request, path: Path) -> None:
    """Write a request's body to a file. Raises HTTPException for one that is too large, or too slow."""
    size = 0
    try:
        async with asyncio.timeout(SECONDS_TO_SEND):
            with path.open("wb") as file:
                async for part in request.stream():
                    size += len(part)
                    _check_size(size)
                    file.write(part)
    except TimeoutError as error:
        raise HTTPException(408, "the example came too slowly; give a smaller one") from error
    except OSError as error:
        raise _cannot_keep(error) from error


def _cannot_keep(error: OSError) -> BusyError:
    return BusyError(f"cannot keep the example ({error.strerror}); make room, or try again later")


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        raise HTTPException(413, f"the example is larger than {MOST_BYTES >> 20} MB; give a part of it")


def _like(collection: Collection, path: Path, limit: int, filters: Filters, library: str | None) -> SearchResult:
    model = collection.model
    decoded = decode(path, model.config.frames, model.audio_rows is not None)
    return collection.search_by_example(inputs_of(decoded, model), limit, filters, library)


@router.get("/examples", responses={200: api_examples.of(api_examples.SUGGESTIONS), **problems(503)})
async def examples(served: Served) -> list[Suggestion]:
    """A few queries that these libraries answer."""
    return await served.suggested()
