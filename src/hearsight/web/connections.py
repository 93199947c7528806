"""HTTP connections that wait for nobody for ever: uvicorn itself bounds neither the time nor the size of a request."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SECONDS_FOR_HEAD = 10.0
SECONDS_FOR_BODY = 75.0  # the largest upload has a minute of its own
MOST_HEAD = 64 << 10  # bytes


class ImpatientProtocol(HttpToolsProtocol):
    """Closes a connection on which a request, once it could begin, does not end in time, or begins without end."""

    _deadline: asyncio.TimerHandle | None = None
    _head = 0  # bytes of a request whose headers are not complete; below 0 when they are

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect(SECONDS_FOR_HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head >= 0:
            self._head += len(data)
        super().data_received(data)
        if self._head > MOST_HEAD:
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0
        self._expect(SECONDS_FOR_HEAD)

    def on_headers_complete(self) -> None:
        self._head = -1
        self._expect(SECONDS_FOR_BODY)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._expect(None)
        super().on_message_complete()

    def _expect(self, seconds: float | None) -> None:
        """Give what comes next so many seconds, or all the time."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self.transport.abort()
