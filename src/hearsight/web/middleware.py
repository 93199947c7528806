"""Who may ask, and what an answer may do in a browser: the first thing that every request meets.

Other pages that are open in the same browser are kept out by three rules: a server on this machine only answers to
this machine's names (against rebinding of names), nothing is taken from another origin, and no answer may be framed or
read there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "hearsight"
SESSION = re.compile(rf"(?:^|;) *{COOKIE}=([0-9a-f]+) *(?:;|$)")
API = "/api/v1"
# What can be had without a token, beside the page's own files: the page asks for it.
OPEN = f"{API}/session"
# What takes bodies of any size has a limit of its own; of others as much is read as a token needs.
UPLOAD = f"{API}/search/example"
MOST_BODY = 16 << 10  # bytes
OURS = ("same-origin", "none")
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """token: what every request has to know, if anything. hosts: the names it answers to; None for any."""

    def __init__(self, app: ASGIApp, token: str | None, hosts: Sequence[str] | None) -> None:
        self.app = app
        self.token = token
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # The page's files are no secret: a browser that has them asks whether they are still the same.
                headers.setdefault("cache-control", "no-store" if scope["path"].startswith("/api/") else "no-cache")
            await send(message)

        left = MOST_BODY

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            return {"type": "http.disconnect"} if left < 0 and scope["path"] != UPLOAD else message

        refused = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
        return await (refused or self.app)(scope, bounded, guarded)

    def _refusal(self, method: str, path: str, headers: Headers) -> JSONResponse | None:
        if self.hosts is not None and _name(headers.get("host", "").lower()) not in self.hosts:
            return _refused(421, "this server does not answer to that name; open it by the address that it printed")
        if headers.get("sec-fetch-site", "same-origin") not in OURS and not _navigates(method, headers):
            return _refused(403, "asked by another site; open the page of this server itself")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != headers.get("host"):
            return _refused(403, "asked by another site; open the page of this server itself")
        if self.token is not None and path.startswith("/api/") and path != OPEN and not self._knows(headers):
            return _refused(401, "the token is missing or wrong; give it as 'Authorization: Bearer TOKEN'")
        if path != UPLOAD and int(headers.get("content-length", "0")) > MOST_BODY:
            return _refused(413, f"a body of more than {MOST_BODY >> 10} kB; send less")
        return None

    def _knows(self, headers: Headers) -> bool:
        assert self.token is not None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return same(given.strip(), self.token)
        # http.cookies takes seconds over a cookie of backslashes
        session = SESSION.search(headers.get("cookie", ""))
        return session is not None and same(session[1], session_of(self.token))


def same(given: str, known: str) -> bool:
    """Compares in a time that does not tell how much of it is right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())


def session_of(token: str) -> str:
    """What the cookie of someone who knows the token holds: not the token itself."""
    return hmac.new(token.encode(), b"hearsight session", hashlib.sha256).hexdigest()


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    return host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host


def _navigates(method: str, headers: Headers) -> bool:
    """A person who follows a link on another site to this page."""
    return (
        method == "GET" and headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    )


def _refused(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status, {"www-authenticate": "Bearer"} if status == 401 else None)
