"""Routes that search: by text, by an example file, and with the results as a file."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from hearsight.library.cut_lists import FORMATS, Format
from hearsight.library.results import Filters, SearchResult, Sense, Suggestion
from hearsight.web import api_examples
from hearsight.web.api_examples import json_answer
from hearsight.web.dependencies import (
    AllMomentsParameter,
    FiltersParameter,
    LibraryParameter,
    LimitParameter,
    MinConfidenceParameter,
    ModeParameter,
    QueryParameter,
    SenseParameter,
    State,
    error_responses,
)
from hearsight.web.pool import BusyError

if TYPE_CHECKING:
    from hearsight.library import Collection

router = APIRouter(tags=["search"])

MAX_UPLOAD_BYTES = 64 << 20
UPLOAD_SECONDS = 60.0

UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "description": f"The file itself: a picture, a sound or a short video, of at most {MAX_UPLOAD_BYTES >> 20} MB.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/search", responses={200: json_answer(api_examples.RESULT), **error_responses(404, 503)})
async def search(
    state: State,
    q: QueryParameter,
    filters: FiltersParameter,
    library: LibraryParameter,
    mode: ModeParameter = "hybrid",
    limit: LimitParameter = 10,
    all_moments: AllMomentsParameter = False,
    min_confidence: MinConfidenceParameter = None,
) -> SearchResult:
    """Find moments by what is seen, heard, said or read in them: the best moment of each video, best first."""
    collection = await state.collection()
    return await state.pool.run(
        collection.search,
        q,
        mode,
        limit,
        filters,
        library=library,
        all_moments=all_moments,
        min_confidence=min_confidence,
    )


@router.get(
    "/search/export",
    responses={200: api_examples.EXPORTS, **error_responses(404, 503)},
    response_class=Response,
)
async def export(
    state: State,
    q: QueryParameter,
    filters: FiltersParameter,
    library: LibraryParameter,
    format: Annotated[
        Format,
        Query(description="edl is CMX 3600; fcpxml is for Final Cut Pro and DaVinci Resolve; otio is OpenTimelineIO."),
    ],
    mode: ModeParameter = "hybrid",
    limit: LimitParameter = 10,
    all_moments: AllMomentsParameter = False,
    min_confidence: MinConfidenceParameter = None,
) -> Response:
    """Return the matches of a search as a file: a table, or a cut list that an editing program opens."""
    collection = await state.collection()
    cut_list = FORMATS[format]
    result = await state.pool.run(
        collection.search,
        q,
        mode,
        limit,
        filters,
        library=library,
        all_moments=all_moments,
        min_confidence=min_confidence,
    )
    if min_confidence is None:
        result = result.without_weak()
    disposition = f'attachment; filename="hearsight.{format}"'
    text = await state.run_in_thread(cut_list.write, result)  # a cut list opens every file
    return Response(text, media_type=cut_list.media_type, headers={"content-disposition": disposition})


@router.post(
    "/search/example",
    responses={200: json_answer(api_examples.SIMILAR), **error_responses(404, 408, 413, 503)},
    openapi_extra=UPLOAD_BODY,
)
async def search_by_example(
    request: Request,
    state: State,
    filters: FiltersParameter,
    library: LibraryParameter,
    limit: LimitParameter = 10,
    by: SenseParameter = None,
) -> SearchResult:
    """Find the moments that are most similar to a picture, a sound or a short video. Its speech is not compared."""
    _check_size(int(request.headers.get("content-length", "0")))
    if state.example_slots.locked():
        raise BusyError("too many searches by example at once; try again in a moment")
    async with state.example_slots:
        collection = await state.collection()
        with _temporary_file() as file:
            path = Path(file.name)
            await _receive_body(request, path)
            async with state.decoder_slots:
                return await asyncio.to_thread(_search_similar, collection, path, limit, filters, by, library)


def _temporary_file() -> IO[bytes]:
    """Return a file that is deleted when it is closed. Raises BusyError if none can be created."""
    try:
        return tempfile.NamedTemporaryFile(prefix="hearsight-example-")
    except OSError as error:
        raise _cannot_store(error) from error


async def _receive_body(request: Request, path: Path) -> None:
    """Write a request's body to a file. Raises HTTPException if it is too large or too slow."""
    size = 0
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            with path.open("wb") as file:
                async for part in request.stream():
                    size += len(part)
                    _check_size(size)
                    file.write(part)
    except TimeoutError as error:
        raise HTTPException(408, "the example did not arrive in time; send a smaller one") from error
    except OSError as error:
        raise _cannot_store(error) from error


def _cannot_store(error: OSError) -> BusyError:
    return BusyError(f"the server cannot store the example ({error.strerror}); free disk space, or try again later")


def _check_size(size: int) -> None:
    if size > MAX_UPLOAD_BYTES:
        raise HTTPException(413, f"the example is larger than {MAX_UPLOAD_BYTES >> 20} MB; send a part of it")


def _search_similar(
    collection: Collection, path: Path, limit: int, filters: Filters, by: Sense | None, library: str | None
) -> SearchResult:
    import torch

    torch.set_num_threads(1)  # else an example would take the cores from searches
    return collection.search_by_example(path, limit, filters, by=by, library=library)


@router.get("/examples", responses={200: json_answer(api_examples.SUGGESTIONS), **error_responses(503)})
async def examples(state: State) -> list[Suggestion]:
    """Return a few queries that have answers in these libraries."""
    return await state.suggestions()
