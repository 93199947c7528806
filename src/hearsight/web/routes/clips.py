"""Routes of one clip: its details, picture, transcript and file, its video's moments, and similar moments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from hearsight.library.results import Hit, SearchResult, Transcript
from hearsight.web import api_examples
from hearsight.web.api_examples import json_answer
from hearsight.web.dependencies import (
    MAX_TEXT_LENGTH,
    ClipPath,
    FiltersParameter,
    LibraryPath,
    LimitParameter,
    ModeParameter,
    QueryParameter,
    SenseParameter,
    State,
    error_responses,
)
from hearsight.web.schemas import PlayableClip
from hearsight.web.streaming import MEDIA_TYPES, MediaResponse, media_type, open_indexed

router = APIRouter(prefix="/libraries/{library}/clips/{clip}", tags=["clip"])

CACHE_ONE_DAY = "private, max-age=86400"
MEDIA: dict[str, Any] = {kind: {} for kind in (*sorted({*MEDIA_TYPES.values()}), "application/octet-stream")}


@router.get("", responses={200: json_answer(api_examples.CLIP), **error_responses(404, 503)})
async def clip(state: State, library: LibraryPath, clip: ClipPath) -> PlayableClip:
    """Return a clip's details."""
    collection = await state.collection()
    details = await state.run_in_thread(collection.clip, clip, library)
    return PlayableClip(**vars(details), media_type=media_type(details.path))


@router.get(
    "/thumbnail",
    responses={200: {"content": {"image/jpeg": {}}}, **error_responses(404, 503)},
    response_class=Response,
)
async def thumbnail(state: State, library: LibraryPath, clip: ClipPath) -> Response:
    """Return a picture of the clip; 404 if it has none, as a sound has none."""
    collection = await state.collection()
    picture = await state.run_in_thread(collection.thumbnail, clip, library)
    if picture is None:
        raise HTTPException(404, f"no picture of clip {clip!r}, because it is a sound; request its /media instead")
    return Response(picture, media_type="image/jpeg", headers={"cache-control": CACHE_ONE_DAY})


@router.get("/transcript", responses={200: json_answer(api_examples.TRANSCRIPT), **error_responses(404, 503)})
async def transcript(
    state: State,
    library: LibraryPath,
    clip: ClipPath,
    q: Annotated[str | None, Query(max_length=MAX_TEXT_LENGTH, description="The words to mark.")] = None,
) -> Transcript:
    """Return what is said in the clip, and in the minute before and after it."""
    collection = await state.collection()
    return await state.run_in_thread(collection.transcript, clip, q, library=library)


@router.get("/moments", responses={200: json_answer([api_examples.HIT]), **error_responses(404, 503)})
async def moments(
    state: State, library: LibraryPath, clip: ClipPath, q: QueryParameter, mode: ModeParameter = "hybrid"
) -> list[Hit]:
    """Return all clips of the clip's video in order of time, with their scores and ranks within the video."""
    collection = await state.collection()
    await state.run_in_thread(collection.clip, clip, library)  # answers 404 for an unknown clip of a known video
    return await state.pool.run(collection.moments, clip, q, mode, library)


@router.get("/similar", responses={200: json_answer(api_examples.SIMILAR), **error_responses(404, 503)})
async def similar(
    state: State,
    library: LibraryPath,
    clip: ClipPath,
    filters: FiltersParameter,
    limit: LimitParameter = 10,
    by: SenseParameter = None,
) -> SearchResult:
    """Find the moments of other videos, in all libraries, that are most similar to the clip."""
    collection = await state.collection()
    return await state.pool.run(collection.similar, clip, limit, filters, by=by, library=library)


@router.head("/media", include_in_schema=False)
@router.get(
    "/media",
    responses={
        200: {"content": MEDIA, "description": "The whole file."},
        206: {"content": MEDIA, "description": "The requested range."},
        304: {"description": "The file still has the ETag of If-None-Match."},
        **error_responses(404, 410, 416, 503),
    },
    response_class=Response,
)
async def media(request: Request, state: State, library: LibraryPath, clip: ClipPath) -> Response:
    """Return the clip's file, whole or a range of it (header Range), if it is still the file that was indexed."""
    collection = await state.collection()
    video = await state.run_in_thread(collection.video, clip, library)
    file = await state.run_in_thread(open_indexed, collection.libraries[library].folder, video)
    if file is None:
        raise HTTPException(410, f"{video.path} is missing or has changed since it was indexed; update the library")
    return MediaResponse(file, Path(video.path).name, request.headers)
