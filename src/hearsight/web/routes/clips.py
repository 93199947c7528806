"""One clip: what is known of it, its picture, words and file, the moments beside it, and those that are like it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from hearsight.library.results import ClipDetails, Hit, SearchResult
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
    no_clip,
    problems,
)
from hearsight.web.schemas import PlayableClip, Transcript
from hearsight.web.streaming import MEDIA_TYPES, MediaResponse, media_type, open_indexed

router = APIRouter(prefix="/libraries/{library}/clips/{clip}", tags=["clip"])

AROUND = 60.0  # seconds of transcript before and after a clip
DAY = "private, max-age=86400"
MEDIA: dict[str, Any] = {kind: {} for kind in (*sorted({*MEDIA_TYPES.values()}), "application/octet-stream")}


@router.get("", responses={200: api_examples.of(api_examples.CLIP), **problems(404, 503)})
async def clip(served: Served, library: LibraryName, clip: ClipId) -> PlayableClip:
    """What is known of a clip."""
    found = await _details(served, library, clip)
    return PlayableClip(**vars(found), media_type=media_type(found.path))


@router.get(
    "/thumbnail", responses={200: {"content": {"image/jpeg": {}}}, **problems(404, 503)}, response_class=Response
)
async def thumbnail(served: Served, library: LibraryName, clip: ClipId) -> Response:
    """A picture of the clip; 404 where there is nothing to see."""
    collection = await served.collection()
    picture = await served.look(collection.thumbnail, library, clip)
    if picture is None:
        raise HTTPException(404, f"no picture of {clip!r}: it has none, or is no more")
    return Response(picture, media_type="image/jpeg", headers={"cache-control": DAY})


@router.get("/transcript", responses={200: api_examples.of(api_examples.TRANSCRIPT), **problems(404, 503)})
async def transcript(
    served: Served,
    library: LibraryName,
    clip: ClipId,
    q: Annotated[str | None, Query(max_length=MOST_LETTERS, description="Whose words are marked.")] = None,
) -> Transcript:
    """What is said in the clip, and in the minute before and after it."""
    found = await _details(served, library, clip)
    collection = await served.collection()
    lines = await served.look(collection.lines, library, clip, AROUND, q)
    return Transcript(found.transcript_source, found.language, lines)


@router.get("/moments", responses={200: api_examples.of([api_examples.HIT]), **problems(404, 503)})
async def moments(served: Served, library: LibraryName, clip: ClipId, q: Text, mode: By = "hybrid") -> list[Hit]:
    """All clips of the clip's video in order of time, each with how well it answers, ranked among themselves."""
    await _details(served, library, clip)
    collection = await served.collection()
    return await served.workers.work(collection.moments, library, clip, q, mode)


@router.get("/similar", responses={200: api_examples.of(api_examples.ALIKE), **problems(404, 503)})
async def similar(
    served: Served, library: LibraryName, clip: ClipId, filters: Filtered, limit: Limit = 10
) -> SearchResult:
    """The moments of other videos, in all libraries, that are most like the clip."""
    collection = await served.collection()
    found = await served.workers.work(collection.similar, library, clip, limit, filters)
    if found is None:
        raise no_clip(clip)
    return found


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
    video = await served.look(collection.video, library, clip)
    if video is None:
        raise no_clip(clip)
    file = await served.look(open_indexed, collection.libraries[library].folder, video)
    if file is None:
        raise HTTPException(410, f"{video.path} is gone, or is another file by now; update the library")
    return MediaResponse(file, Path(video.path).name, request.headers)


async def _details(served: Served, library: str, clip: str) -> ClipDetails:
    """Raises HTTPException (404) for a clip that is none."""
    collection = await served.collection()
    found = await served.look(collection.clip, library, clip)
    if found is None:
        raise no_clip(clip)
    return found
