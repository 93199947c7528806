"""Access control: which requests are answered, and what a browser may do with the answers.

Every request passes here first. Pages of other sites that are open in the same browser are kept out by three rules: a
server on this machine answers only to this machine's names (against DNS rebinding), requests from another origin are
refused, and no answer may be framed or read by another site.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = "/api/v1"
COOKIE = "hearsight"
COOKIE_PATTERN = re.compile(rf"(?:^|;) *{COOKIE}=([0-9a-f]+) *(?:;|$)")
# Answered without a token, like the page's own files: the page signs in there.
SESSION_PATH = f"{API}/session"
# The upload has a larger limit of its own (routes/search.py).
UPLOAD_PATH = f"{API}/search/example"
MAX_BODY_BYTES = 16 << 10
ALLOWED_FETCH_SITES = ("same-origin", "none")
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class AccessControl:
    """ASGI middleware that refuses requests by host, origin, token and size, and adds security headers.

    token: required in every request to the API, unless None. hosts: the host names that are answered; None for any.
    """

    def __init__(self, app: ASGIApp, token: str | None, hosts: Sequence[str] | None) -> None:
        self.app = app
        self.token = token
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                # The page's files are public: a browser that has them only asks whether they have changed.
                headers.setdefault("cache-control", "no-store" if scope["path"].startswith("/api/") else "no-cache")
            await send(message)

        remaining = MAX_BODY_BYTES

        async def receive_bounded() -> Message:
            nonlocal remaining
            message = await receive()
            remaining -= len(message.get("body", b""))
            return {"type": "http.disconnect"} if remaining < 0 and scope["path"] != UPLOAD_PATH else message

        refusal = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
        return await (refusal or self.app)(scope, receive_bounded, send_with_headers)

    def _refusal(self, method: str, path: str, headers: Headers) -> JSONResponse | None:
        if self.hosts is not None and _host_name(headers.get("host", "").lower()) not in self.hosts:
            return _refuse(421, "this server does not answer to that host name; open the address that it printed")
        fetch_site = headers.get("sec-fetch-site", "same-origin")
        if fetch_site not in ALLOWED_FETCH_SITES and not _is_navigation(method, headers):
            return _refuse(403, "the request comes from another site; open the page of this server")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != headers.get("host"):
            return _refuse(403, "the request comes from another site; open the page of this server")
        needs_token = self.token is not None and path.startswith("/api/") and path != SESSION_PATH
        if needs_token and not self._is_signed_in(headers):
            return _refuse(401, "the token is missing or wrong; give it as 'Authorization: Bearer TOKEN'")
        if path != UPLOAD_PATH and int(headers.get("content-length", "0")) > MAX_BODY_BYTES:
            return _refuse(413, f"the body is larger than {MAX_BODY_BYTES >> 10} kB; send less")
        return None

    def _is_signed_in(self, headers: Headers) -> bool:
        assert self.token is not None
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return equal_secrets(token.strip(), self.token)
        # http.cookies takes seconds to parse a cookie of backslashes
        session = COOKIE_PATTERN.search(headers.get("cookie", ""))
        return session is not None and equal_secrets(session[1], session_cookie(self.token))


def equal_secrets(received: str, secret: str) -> bool:
    """Compare in constant time, so that the time does not reveal how many characters are right."""
    return hmac.compare_digest(received.encode("utf-8", "replace"), secret.encode())


def session_cookie(token: str) -> str:
    """Return the cookie's value for a token: derived from the token, which cannot be read from it."""
    return hmac.new(token.encode(), b"hearsight session", hashlib.sha256).hexdigest()


def _host_name(host: str) -> str:
    """Return the name in a Host header, without the port."""
    return host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host


def _is_navigation(method: str, headers: Headers) -> bool:
    """Return whether the user followed a link on another site to this page."""
    return (
        method == "GET" and headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    )


def _refuse(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status, {"www-authenticate": "Bearer"} if status == 401 else None)
