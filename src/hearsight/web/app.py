"""The application: routes, errors, and the page's own files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hearsight.errors import HearsightError
from hearsight.library.results import ClipNotFoundError
from hearsight.library.tables.identity import UnreadableError
from hearsight.version import VERSION
from hearsight.web.middleware import API, HEADERS, Guard
from hearsight.web.pool import BusyError
from hearsight.web.routes import clips as clip_routes
from hearsight.web.routes import libraries as library_routes
from hearsight.web.routes import search as search_routes
from hearsight.web.routes import server as server_routes
from hearsight.web.state import Serving
from hearsight.web.updates import UpdateRunningError

PAGE = Path(__file__).parent / "page"
ROUTERS = (server_routes.router, search_routes.router, library_routes.router, clip_routes.router)
SECONDS_TO_COME_AGAIN = 1
ABOUT = """Find moments in videos by what is seen, heard and said. All times are seconds.

Where the server was given a token, all but /session needs it: `Authorization: Bearer TOKEN`, or the cookie of /session.
Whatever fails says why in `detail`. Beside the errors that are listed: 403 for a request that another site's page made,
421 for one by another name than the server's, 500 for a fault of Hearsight."""


def create_app(serving: Serving, hosts: Sequence[str] | None = None) -> FastAPI:
    """The page at /, the API at /api/v1, its description at /api/v1/openapi.json.

    hosts: the names that the server answers to; None for any.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        serving.open()
        yield
        await serving.close()

    app = FastAPI(
        title="Hearsight",
        version=VERSION,
        description=ABOUT,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # both fetch scripts from another host
        redoc_url=None,
        redirect_slashes=False,  # would lead to whatever the request calls the server
        lifespan=lifespan,
    )
    app.state.serving = serving
    for router in ROUTERS:
        app.include_router(router, prefix=API)
    app.add_middleware(Guard, token=serving.token, hosts=hosts)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(HearsightError, _failed)
    app.add_exception_handler(ClientDisconnect, _left)
    app.add_exception_handler(Exception, _crashed)
    app.add_api_route("/", _page, methods=["GET", "HEAD"], include_in_schema=False)
    app.mount("/page", StaticFiles(directory=PAGE), name="page")
    return app


async def _page() -> FileResponse:
    return FileResponse(PAGE / "index.html", headers={"cache-control": "no-cache"})


async def _not_understood(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # The place is where it is, and then a name; in a body that is no JSON, a number of characters.
    told = [f"{'.'.join(filter(_is_name, fault['loc'][1:])) or 'body'}: {fault['msg']}" for fault in error.errors()]
    return JSONResponse({"detail": "; ".join(told)}, 422)


def _is_name(place: str | int) -> bool:
    return isinstance(place, str)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    """What a route refuses says why; that there is no such route, Starlette tells in two words."""
    assert isinstance(error, HTTPException)
    detail = error.detail
    if error.status_code in (404, 405) and detail == HTTPStatus(error.status_code).phrase:
        detail = f"nothing here answers to {request.method} {request.url.path}; {API}/openapi.json tells what does"
    return JSONResponse({"detail": detail}, error.status_code, error.headers)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, BusyError | UnreadableError):
        return JSONResponse({"detail": str(error)}, 503, {"retry-after": str(SECONDS_TO_COME_AGAIN)})
    if isinstance(error, ClipNotFoundError):
        return JSONResponse({"detail": str(error)}, 404)
    status = 409 if isinstance(error, UpdateRunningError) else 422
    return JSONResponse({"detail": str(error)}, status)


async def _left(request: Request, error: Exception) -> Response:
    """For a client that has left before it had said all, and gets nothing."""
    return Response(status_code=400)


async def _crashed(request: Request, error: Exception) -> JSONResponse:
    """The only answer that does not pass the guard. uvicorn prints the traceback."""
    detail = "this is a fault of Hearsight; the server has printed its traceback, report it"
    return JSONResponse({"detail": detail}, 500, HEADERS)
