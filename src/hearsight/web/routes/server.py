"""The server itself: whether it is ready, the models that there are, and signing in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Request, Response

from hearsight.models.catalog import NamedModel, named_models
from hearsight.version import VERSION
from hearsight.web import api_examples
from hearsight.web.dependencies import Served, problems
from hearsight.web.middleware import COOKIE, same, session_of
from hearsight.web.schemas import Status

router = APIRouter(tags=["server"])

Token = Annotated[
    str, Body(embed=True, max_length=1000, description="What `hearsight serve` was given.", examples=["a-long-secret"])
]


@router.get("/status", responses={200: api_examples.of(api_examples.STATUS), **problems()})
async def status(served: Served) -> Status:
    """Whether the server is ready to search."""
    return Status(VERSION, served.ready, served.model, list(served.shelves))


@router.get("/models", responses={200: api_examples.of([api_examples.MODEL]), **problems()})
async def models(served: Served) -> list[NamedModel]:
    """The models that a folder can be indexed with."""
    return await served.look(named_models)


@router.post("/session", status_code=204, responses=problems(400, 413))
async def sign_in(served: Served, request: Request, response: Response, token: Token) -> None:
    """Exchange the token for a cookie: pictures and films are asked for by a browser without any header."""
    if served.token is None:
        return
    if not same(token, served.token):
        raise HTTPException(401, "that is not the token; it is what the server was started with")
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, session_of(served.token), httponly=True, samesite="strict", secure=secure)


@router.delete("/session", status_code=204, responses=problems())
async def sign_out(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
