"""One clip: what is known of it, its picture, words and file, the moments beside it, and those that are like it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from hearsight.library.results import Hit, SearchResult, Transcript
from hearsight.web import api_examples
from hearsight.web.dependencies import (
    MOST_LETTERS,
    By,
    ClipId,
    Filtered,
    LibraryName,
    Limit,
    Served,
    Text,
    problems,
)
from hearsight.web.schemas import PlayableClip
from hearsight.web.streaming import MEDIA_TYPES, MediaResponse, media_type, open_indexed

router = APIRouter(prefix="/libraries/{library}/clips/{clip}", tags=["clip"])

DAY = "private, max-age=86400"
MEDIA: dict[str, Any] = {kind: {} for kind in (*sorted({*MEDIA_TYPES.values()}), "application/octet-stream")}


@router.get("", responses={200: api_examples.of(api_examples.CLIP), **problems(404, 503)})
async def clip(served: Served, library: LibraryName, clip: ClipId) -> PlayableClip:
    """What is known of a clip."""
    collection = await served.collection()
    details = await served.look(collection.clip, clip, library)
    return PlayableClip(**vars(details), media_type=media_type(details.path))


@router.get(
    "/thumbnail", responses={200: {"content": {"image/jpeg": {}}}, **problems(404, 503)}, response_class=Response
)
async def thumbnail(served: Served, library: LibraryName, clip: ClipId) -> Response:
    """A picture of the clip; 404 where there is nothing to see."""
    collection = await served.collection()
    picture = await served.look(collection.thumbnail, clip, library)
    if picture is None:
        raise HTTPException(404, f"no picture of {clip!r}: there is nothing to see in it")
    return Response(picture, media_type="image/jpeg", headers={"cache-control": DAY})


@router.get("/transcript", responses={200: api_examples.of(api_examples.TRANSCRIPT), **problems(404, 503)})
async def transcript(
    served: Served,
    library: LibraryName,
    clip: ClipId,
    q: Annotated[str | None, Query(max_length=MOST_LETTERS, description="Whose words are marked.")] = None,
) -> Transcript:
    """What is said in the clip, and in the minute before and after it."""
    collection = await served.collection()
    return await served.look(collection.transcript, clip, q, library=library)


@router.get("/moments", responses={200: api_examples.of([api_examples.HIT]), **problems(404, 503)})
async def moments(served: Served, library: LibraryName, clip: ClipId, q: Text, mode: By = "hybrid") -> list[Hit]:
    """All clips of the clip's video in order of time, each with how well it answers, ranked among themselves."""
    collection = await served.collection()
    return await served.workers.work(collection.moments, clip, q, mode, library)


@router.get("/similar", responses={200: api_examples.of(api_examples.ALIKE), **problems(404, 503)})
async def similar(
    served: Served, library: LibraryName, clip: ClipId, filters: Filtered, limit: Limit = 10
) -> SearchResult:
    """The moments of other videos, in all libraries, that are most like the clip."""
    collection = await served.collection()
    return await served.workers.work(collection.similar, clip, limit, filters, library)


@router.head("/media", include_in_schema=False)
@router.get(
    "/media",
    responses={
        200: {"content": MEDIA, "description": "The whole file."},
        206: {"content": MEDIA, "description": "The range that was asked for."},
        304: {"description": "It is still the file of If-None-Match."},
        **problems(404, 410, 416, 503),
    },
    response_class=Response,
)
async def media(request: Request, served: Served, library: LibraryName, clip: ClipId) -> Response:
    """The clip's file, whole or in a range (the header Range), as long as it is the one that was indexed."""
    collection = await served.collection()
    video = await served.look(collection.video, clip, library)
    file = await served.look(open_indexed, collection.libraries[library].folder, video)
    if file is None:
        raise HTTPException(410, f"{video.path} is gone, or is another file by now; update the library")
    return MediaResponse(file, Path(video.path).name, request.headers)
