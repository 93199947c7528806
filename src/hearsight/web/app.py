"""The web application: its routes, its error answers and the page's files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hearsight.errors import HearsightError
from hearsight.library.results import ClipNotFoundError
from hearsight.library.tables.errors import UnreadableError
from hearsight.version import VERSION
from hearsight.web.access_control import API, SECURITY_HEADERS, AccessControl
from hearsight.web.dependencies import refuse_unknown_parameters
from hearsight.web.pool import BusyError
from hearsight.web.routes import clips, libraries, search, server
from hearsight.web.state import ServerState
from hearsight.web.updates import UpdateRunningError

PAGE = Path(__file__).parent / "page"
ROUTERS = (server.router, search.router, libraries.router, clips.router)
RETRY_AFTER_SECONDS = 1
DESCRIPTION = """Find moments in videos by what is seen, heard, said and read. All times are in seconds.

If the server was started with a token, every route but /session requires it: `Authorization: Bearer TOKEN`, or the
cookie from /session. A parameter that a route does not have is an error. Every error explains itself in `detail`.
Besides the errors listed for each route, a server may answer 403 to a request from another site's page, 421 to a
request for another host name, and 500 for a fault of Hearsight."""


def create_app(state: ServerState, hosts: Sequence[str] | None = None) -> FastAPI:
    """Return the application: the page at /, the API at /api/v1, and its description at /api/v1/openapi.json.

    hosts: the host names that the server answers to; None for any.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state.open()
        yield
        await state.close()

    app = FastAPI(
        title="Hearsight",
        version=VERSION,
        description=DESCRIPTION,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # both load scripts from another host
        redoc_url=None,
        redirect_slashes=False,  # would redirect to whatever host the request names
        lifespan=lifespan,
    )
    app.state.server = state
    for router in ROUTERS:
        app.include_router(router, prefix=API, dependencies=[Depends(refuse_unknown_parameters)])
    app.add_middleware(AccessControl, token=state.token, hosts=hosts)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(HearsightError, _answer_error)
    app.add_exception_handler(ClientDisconnect, _answer_disconnect)
    app.add_exception_handler(Exception, _answer_fault)
    app.add_api_route("/", _page, methods=["GET", "HEAD"], include_in_schema=False)
    app.mount("/page", StaticFiles(directory=PAGE), name="page")
    return app


async def _page() -> FileResponse:
    return FileResponse(PAGE / "index.html", headers={"cache-control": "no-cache"})


async def _answer_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # A location is "query" or "body", then names; for a body that is not JSON, a number of characters.
    messages = []
    for problem in error.errors():
        names = [part for part in problem["loc"][1:] if isinstance(part, str)]
        messages.append(f"{'.'.join(names) or 'body'}: {problem['msg']}")
    return JSONResponse({"detail": "; ".join(messages)}, 422)


async def _answer_http_error(request: Request, error: Exception) -> JSONResponse:
    """Answer with the route's own message. For unknown routes, Starlette's message is only "Not Found"."""
    assert isinstance(error, HTTPException)
    detail = error.detail
    if error.status_code in (404, 405) and detail == HTTPStatus(error.status_code).phrase:
        detail = f"no route for {request.method} {request.url.path}; see {API}/openapi.json for the routes"
    return JSONResponse({"detail": detail}, error.status_code, error.headers)


async def _answer_error(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, BusyError | UnreadableError):
        return JSONResponse({"detail": str(error)}, 503, {"retry-after": str(RETRY_AFTER_SECONDS)})
    statuses = ((ClipNotFoundError, 404), (UpdateRunningError, 409), (HearsightError, 422))
    status = next(status for kind, status in statuses if isinstance(error, kind))
    return JSONResponse({"detail": str(error)}, status)


async def _answer_disconnect(request: Request, error: Exception) -> Response:
    """Answer a client that disconnected before its request was complete, and receives nothing."""
    return Response(status_code=400)


async def _answer_fault(request: Request, error: Exception) -> JSONResponse:
    """Answer for an unexpected exception, whose traceback uvicorn prints. Bypasses the middleware."""
    detail = "this is a fault of Hearsight; please report it with the traceback that the server has printed"
    return JSONResponse({"detail": detail}, 500, SECURITY_HEADERS)
