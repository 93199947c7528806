"""Routes of the libraries: their content, their failures and their updates."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from hearsight.library.results import Failure
from hearsight.web import api_examples
from hearsight.web.api_examples import json_answer
from hearsight.web.dependencies import LibraryPath, State, error_responses
from hearsight.web.schemas import LibraryState
from hearsight.web.updates import Updater, UpdateState

router = APIRouter(prefix="/libraries", tags=["library"])


@router.get("", responses={200: json_answer([api_examples.LIBRARY]), **error_responses(503)})
async def libraries(state: State) -> list[LibraryState]:
    """Return all libraries."""
    return [await library(state, name) for name in state.folders]


@router.get("/{library}", responses={200: json_answer(api_examples.LIBRARY), **error_responses(404, 503)})
async def library(state: State, library: LibraryPath) -> LibraryState:
    """Return a library's content and the progress of its update."""
    opened = (await state.collection()).libraries[library]
    info, folders = await state.run_in_thread(lambda: (opened.info(), opened.folders()))
    return LibraryState(library, info, folders, state.updates[library].state)


@router.get("/{library}/failures", responses={200: json_answer([api_examples.FAILURE]), **error_responses(404, 503)})
async def failures(state: State, library: LibraryPath) -> list[Failure]:
    """Return the files that could not be indexed, with the reasons."""
    opened = (await state.collection()).libraries[library]
    return await state.run_in_thread(opened.failures)


@router.get("/{library}/update", responses={200: json_answer(api_examples.UPDATE), **error_responses(404)})
async def update(state: State, library: LibraryPath) -> UpdateState:
    """Return the progress of the latest update."""
    return state.updates[library].state


@router.post(
    "/{library}/update",
    status_code=202,
    responses={202: json_answer(api_examples.UPDATE), **error_responses(404, 409)},
)
async def start_update(state: State, library: LibraryPath) -> UpdateState:
    """Start an update, which indexes what is new or has changed in the folder."""
    return state.updates[library].start()


@router.delete(
    "/{library}/update",
    status_code=202,
    responses={202: json_answer(api_examples.UPDATE), **error_responses(404)},
)
async def stop_update(state: State, library: LibraryPath) -> UpdateState:
    """Stop the update, if one runs. Its finished work is kept."""
    return state.updates[library].stop()


@router.get(
    "/{library}/update/events",
    responses={200: api_examples.EVENTS, **error_responses(404)},
    response_class=StreamingResponse,
)
async def update_events(state: State, library: LibraryPath) -> StreamingResponse:
    """Stream the update's state as server-sent events: at once, at every change, and until the update is over."""
    return StreamingResponse(_events(state.updates[library]), media_type="text/event-stream")


async def _events(updater: Updater) -> AsyncIterator[str]:
    async for update_state in updater.states():
        yield f"data: {json.dumps(asdict(update_state))}\n\n"
