"""What requests have in common: the server's state, filters, and what is said of errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Query, Request
from fastapi import Path as InPath

from hearsight.library.results import Filters, Mode
from hearsight.web.state import Serving

MOST_LETTERS = 2000


@dataclass(frozen=True)
class Problem:
    """What went wrong, with what, and what to do now."""

    detail: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route, for its description."""
    told = {
        400: "The body cannot be read.",
        401: "The token is missing or wrong.",
        404: "There is no such library, clip or picture.",
        408: "The body came too slowly.",
        409: "It runs already.",
        410: "The file is gone, or is another now; update the library.",
        413: "Too large.",
        416: "There is no such range.",
        422: "A parameter is missing or wrong.",
        503: "Too much is asked for at once, or the library cannot be read now; come again after Retry-After seconds.",
    }
    return {status: {"model": Problem, "description": told[status]} for status in (401, 422, *statuses)}


async def serving(request: Request) -> Serving:
    found: Serving = request.app.state.serving
    return found


async def filters(
    path: Annotated[
        str | None,
        Query(max_length=MOST_LETTERS, description="A part of the path inside the folder, or a pattern with * and ?."),
    ] = None,
    min_seconds: Annotated[
        float | None, Query(ge=0, allow_inf_nan=False, description="The least length of the video.")
    ] = None,
    max_seconds: Annotated[
        float | None, Query(ge=0, allow_inf_nan=False, description="The greatest length of the video.")
    ] = None,
    has_speech: Annotated[bool | None, Query(description="Clips with speech, or without.")] = None,
    has_sound: Annotated[bool | None, Query(description="Clips with sound, or without.")] = None,
) -> Filters:
    return Filters(path, min_seconds, max_seconds, has_speech, has_sound)


Served = Annotated[Serving, Depends(serving)]
Filtered = Annotated[Filters, Depends(filters)]
Text = Annotated[
    str, Query(min_length=1, max_length=MOST_LETTERS, description="What to find.", examples=["a bell rings"])
]
By = Annotated[Mode, Query(description="By meaning and spoken words, by meaning alone, or by spoken words alone.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many videos, at most.")]


async def known_library(
    served: Served, library: Annotated[str, InPath(description="As /libraries names it.", examples=["holiday"])]
) -> str:
    """A library's name, that is one."""
    if library not in served.shelves:
        raise no_library(library, served)
    return library


async def searched_library(
    served: Served, library: Annotated[str | None, Query(description="Only this library; else all.")] = None
) -> str | None:
    if library is not None and library not in served.shelves:
        raise no_library(library, served)
    return library


LibraryName = Annotated[str, Depends(known_library)]
Searched = Annotated[str | None, Depends(searched_library)]
ClipId = Annotated[str, InPath(description="`clip` of a hit.", examples=["0123456789abcdef-000015000"])]


def no_library(library: str, served: Serving) -> HTTPException:
    return HTTPException(404, f"no library {library!r} here; there is {', '.join(served.shelves)}")
