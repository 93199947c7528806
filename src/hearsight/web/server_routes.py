"""The server itself: whether it is ready, the models that there are, and signing in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Request, Response

import hearsight
from hearsight.models.known import NamedModel, named_models
from hearsight.web import samples
from hearsight.web.asking import Served, problems
from hearsight.web.guard import COOKIE, same, session_of
from hearsight.web.results import Status

router = APIRouter(tags=["server"])


@router.get("/status", responses={200: samples.of(samples.STATUS), **problems()})
async def status(served: Served) -> Status:
    """Whether the server is ready to search."""
    return Status(hearsight.__version__, served.ready, served.model, list(served.shelves))


@router.get("/models", responses={200: samples.of([samples.MODEL]), **problems()})
async def models(served: Served) -> list[NamedModel]:
    """The models that a folder can be indexed with."""
    return await served.look(named_models)


@router.post("/session", status_code=204, responses=problems())
async def sign_in(
    served: Served, request: Request, response: Response, token: Annotated[str, Body(embed=True, max_length=1000)]
) -> None:
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
