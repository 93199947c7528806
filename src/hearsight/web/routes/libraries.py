"""Libraries: what is in them, what failed, and their updates."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from hearsight.library.results import Failure
from hearsight.web import api_examples
from hearsight.web.dependencies import LibraryName, Served, problems
from hearsight.web.schemas import LibraryState
from hearsight.web.updates import Updater, UpdateState

router = APIRouter(prefix="/libraries", tags=["library"])


@router.get("", responses={200: api_examples.of([api_examples.LIBRARY]), **problems(503)})
async def libraries(served: Served) -> list[LibraryState]:
    """All libraries."""
    return [await library(served, name) for name in served.shelves]


@router.get("/{library}", responses={200: api_examples.of(api_examples.LIBRARY), **problems(404, 503)})
async def library(served: Served, library: LibraryName) -> LibraryState:
    """What is in a library, and how far its update is."""
    kept = (await served.collection()).libraries[library]
    info, folders = await served.look(lambda: (kept.info(), kept.folders()))
    return LibraryState(library, info, folders, served.updates[library].state)


@router.get("/{library}/failures", responses={200: api_examples.of([api_examples.FAILURE]), **problems(404, 503)})
async def failures(served: Served, library: LibraryName) -> list[Failure]:
    """The files that could not be indexed, with the reasons."""
    kept = (await served.collection()).libraries[library]
    return await served.look(kept.failures)


@router.get("/{library}/update", responses={200: api_examples.of(api_examples.UPDATE), **problems(404)})
async def update(served: Served, library: LibraryName) -> UpdateState:
    """How far the latest update is."""
    return served.updates[library].state


@router.post(
    "/{library}/update", status_code=202, responses={202: api_examples.of(api_examples.UPDATE), **problems(404, 409)}
)
async def start_update(served: Served, library: LibraryName) -> UpdateState:
    """Look what changed in the folder, and index it."""
    return served.updates[library].start()


@router.delete(
    "/{library}/update", status_code=202, responses={202: api_examples.of(api_examples.UPDATE), **problems(404)}
)
async def stop_update(served: Served, library: LibraryName) -> UpdateState:
    """Stop an update that runs. What it has done stays done."""
    return served.updates[library].stop()


@router.get(
    "/{library}/update/events",
    responses={200: api_examples.EVENTS, **problems(404)},
    response_class=StreamingResponse,
)
async def update_events(served: Served, library: LibraryName) -> StreamingResponse:
    """The state of the update as server-sent events: at once, at every change, and to its end."""
    return StreamingResponse(_events(served.updates[library]), media_type="text/event-stream")


async def _events(updater: Updater) -> AsyncIterator[str]:
    async for state in updater.states():
        yield f"data: {json.dumps(asdict(state))}\n\n"
