"""Parameters and errors that several routes share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Path, Query, Request
from fastapi.dependencies.models import Dependant

from hearsight.library.results import Filters, Mode, Sense
from hearsight.util.suggest import nearest
from hearsight.web.state import ServerState

MAX_TEXT_LENGTH = 2000
DATES = "a year, month or day, as 2024, 2024-05 or 2024-05-17."

ERRORS = {
    400: "The body cannot be read.",
    401: "The token is missing or wrong.",
    404: "There is no such library, clip or picture.",
    408: "The body did not arrive in time.",
    409: "An update of this library is already running.",
    410: "The file is missing or has changed; update the library.",
    413: "The body is too large.",
    416: "The file has no such range.",
    422: "A parameter is missing or wrong.",
    503: "The server is busy, or the library cannot be read now; try again after Retry-After seconds.",
}


@dataclass(frozen=True)
class Problem:
    """An error. detail: what happened, where, and what to do."""

    detail: str


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of a route's errors for OpenAPI."""
    return {status: {"model": Problem, "description": ERRORS[status]} for status in (401, 422, *statuses)}


async def server_state(request: Request) -> ServerState:
    state: ServerState = request.app.state.server
    return state


async def refuse_unknown_parameters(request: Request) -> None:
    """Answer 422 to a parameter that the route does not have: it would be without effect, and may be misspelt."""
    names = _parameters(request.scope["route"].dependant)
    for name in request.query_params:
        if name not in names:
            choice = f"it has {', '.join(names)}" if names else "it has none"
            raise HTTPException(422, f"this route has no parameter {name!r}{nearest(name, names)}; {choice}")


def _parameters(dependant: Dependant) -> list[str]:
    """Return the names of the parameters in the address of a request, for a route and what it depends on."""
    own = [field.alias for field in dependant.query_params]
    return [*own, *(name for each in dependant.dependencies for name in _parameters(each))]


async def search_filters(
    path: Annotated[
        str | None,
        Query(
            max_length=MAX_TEXT_LENGTH, description="A part of the path inside the folder, or a pattern with * and ?."
        ),
    ] = None,
    min_seconds: Annotated[
        float | None, Query(ge=0, allow_inf_nan=False, description="The minimum length of the video.")
    ] = None,
    max_seconds: Annotated[
        float | None, Query(ge=0, allow_inf_nan=False, description="The maximum length of the video.")
    ] = None,
    has_speech: Annotated[bool | None, Query(description="Only clips with speech, or only clips without.")] = None,
    has_sound: Annotated[bool | None, Query(description="Only clips with sound, or only clips without.")] = None,
    after: Annotated[
        str | None, Query(max_length=10, description=f"Only videos made when this begins, or later: {DATES}")
    ] = None,
    before: Annotated[
        str | None, Query(max_length=10, description=f"Only videos made before this begins: {DATES}")
    ] = None,
    from_seconds: Annotated[
        float | None, Query(ge=0, allow_inf_nan=False, description="Only clips that end after this second of the file.")
    ] = None,
    to_seconds: Annotated[
        float | None,
        Query(ge=0, allow_inf_nan=False, description="Only clips that start before this second of the file."),
    ] = None,
) -> Filters:
    return Filters(path, min_seconds, max_seconds, has_speech, has_sound, after, before, from_seconds, to_seconds)


State = Annotated[ServerState, Depends(server_state)]
FiltersParameter = Annotated[Filters, Depends(search_filters)]
QueryParameter = Annotated[
    str,
    Query(min_length=1, max_length=MAX_TEXT_LENGTH, description="The text to search for.", examples=["a bell rings"]),
]
ModeParameter = Annotated[
    Mode,
    Query(description="hybrid: by everything; dense: by pictures and sound (the model); speech: by spoken words only."),
]
SenseParameter = Annotated[
    Sense | None,
    Query(description="Compare only what is seen, heard or said; without it, everything that there is to compare."),
]
LimitParameter = Annotated[int, Query(ge=1, le=100, description="The maximum number of videos.")]
AllMomentsParameter = Annotated[bool, Query(description="Return the best moments, several of a video, up to `limit`.")]
MinConfidenceParameter = Annotated[
    float | None,
    Query(
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Only moments of at least this confidence. Without it, a search returns weak matches, too, and an "
        "export leaves them out.",
    ),
]


async def library_in_path(
    state: State, library: Annotated[str, Path(description="A name from /libraries.", examples=["hearsight-demo"])]
) -> str:
    """Return the library's name if the server has it, else answer 404."""
    if library not in state.folders:
        raise library_not_found(library, state)
    return library


async def library_in_query(
    state: State,
    library: Annotated[str | None, Query(description="Search only this library; by default all.")] = None,
) -> str | None:
    """Return the library's name if the server has it, None for all libraries, else answer 404."""
    if library is not None and library not in state.folders:
        raise library_not_found(library, state)
    return library


LibraryPath = Annotated[str, Depends(library_in_path)]
LibraryParameter = Annotated[str | None, Depends(library_in_query)]
ClipPath = Annotated[str, Path(description="`clip` of a hit.", examples=["c9491d660c87f125-000000000"])]


def library_not_found(library: str, state: ServerState) -> HTTPException:
    return HTTPException(404, f"no library {library!r} on this server; it has {', '.join(state.folders)}")
