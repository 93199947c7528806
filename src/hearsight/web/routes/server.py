"""Routes of the server itself: its status, the models that it can use, and signing in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Request, Response

from hearsight.experts.catalog import listed_models
from hearsight.models.catalog import NamedModel
from hearsight.version import VERSION
from hearsight.web import api_examples
from hearsight.web.access_control import COOKIE, equal_secrets, session_cookie
from hearsight.web.api_examples import json_answer
from hearsight.web.dependencies import State, error_responses
from hearsight.web.schemas import Status

router = APIRouter(tags=["server"])

Token = Annotated[str, Body(embed=True, max_length=1000, description="The server's token.", examples=["a-long-secret"])]


@router.get("/status", responses={200: json_answer(api_examples.STATUS), **error_responses()})
async def status(state: State) -> Status:
    """Return whether the server is ready to search."""
    return Status(VERSION, state.ready, state.model, list(state.folders))


@router.get("/models", responses={200: json_answer([api_examples.MODEL]), **error_responses()})
async def models(state: State) -> list[NamedModel]:
    """Return the models that a folder can be indexed with."""
    return await state.run_in_thread(listed_models)


@router.post("/session", status_code=204, responses=error_responses(400, 413))
async def sign_in(state: State, request: Request, response: Response, token: Token) -> None:
    """Exchange the token for a cookie, because a browser requests pictures and videos without other headers."""
    if state.token is None:
        return
    if not equal_secrets(token, state.token):
        raise HTTPException(401, "the token is wrong; use the one that the server was started with")
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, session_cookie(state.token), httponly=True, samesite="strict", secure=secure)


@router.delete("/session", status_code=204, responses=error_responses())
async def sign_out(response: Response) -> None:
    """Delete the cookie."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
