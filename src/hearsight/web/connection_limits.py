"""HTTP connections with limits: uvicorn itself bounds neither the time nor the size of a request."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
BODY_SECONDS = 75.0  # the largest upload has a minute of its own (routes/search.py)
# A browser that plays a video stops reading while its buffer is full. It reconnects if the connection was cut.
WRITE_SECONDS = 60.0
MAX_HEAD_BYTES = 64 << 10
MAX_PIPELINED = 16  # requests sent before their answers were read, which browsers do not do
MAX_CONNECTIONS = 400  # each uses up to two of the 1024 files that a process may usually open


class BoundedProtocol(HttpToolsProtocol):
    """An HTTP connection that is closed when it keeps the server waiting or makes it store too much.

    It is closed when a request does not arrive in time, when a body is followed by endless headers, when the client
    reads nothing of an answer, when too many requests are sent before their answers, and when there are too many
    connections.
    """

    _read_timer: asyncio.TimerHandle | None = None  # runs until the request is complete
    _write_timer: asyncio.TimerHandle | None = None  # runs until the client reads on
    _bytes_read = 0  # since the last piece of a body, or the end of a head or request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # so that `pause_writing` is called for any unread byte
        self._set_read_timeout(HEAD_SECONDS)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._set_read_timeout(None)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._bytes_read += len(data)
        if self._read_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._set_read_timeout(HEAD_SECONDS)  # empty lines do not begin a request
        super().data_received(data)
        if self._bytes_read > MAX_HEAD_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._set_read_timeout(HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        self._bytes_read = 0
        self._set_read_timeout(BODY_SECONDS)
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED:
            self.transport.abort()
            raise ConnectionAbortedError  # stops the parser

    def on_body(self, body: bytes) -> None:
        self._bytes_read = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._bytes_read = 0
        self._set_read_timeout(None)
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self._write_timer or self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
        self._write_timer = None

    def _set_read_timeout(self, seconds: float | None) -> None:
        """Close the connection after this time unless the timeout is set again; None removes it."""
        if self._read_timer is not None:
            self._read_timer.cancel()
        self._read_timer = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)
