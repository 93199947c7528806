"""HTTP connections that wait for nobody for ever: uvicorn itself bounds neither the time nor the size of a request."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SECONDS_FOR_HEAD = 10.0
SECONDS_FOR_BODY = 75.0  # the largest upload has a minute of its own
# A browser that plays holds its connection while its buffer is full, and asks anew when that has been cut.
SECONDS_TO_TAKE = 60.0
MOST_HEAD = 64 << 10  # bytes
MOST_QUEUED = 16  # requests sent ahead of their answers, which browsers do not do
MOST_CONNECTIONS = 400  # each of up to two files, of the 1024 that a process may have as a rule


class ImpatientProtocol(HttpToolsProtocol):
    """Closes a connection that keeps the server waiting, or has it keep too much.

    That is: a request that, once it could begin, does not end in time, or goes on without a body; an answer of which
    nothing is taken; requests without end that do not await their answers; and one connection too many.
    """

    _due: asyncio.TimerHandle | None = None  # when what is being asked has to be complete
    _taken: asyncio.TimerHandle | None = None  # when what is being answered has to be taken
    _read = 0  # bytes since the last piece of a body, or the end of a head or request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # so that `pause_writing` tells of all that is not taken
        self._expect(SECONDS_FOR_HEAD)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._read += len(data)
        if self._due is None and (self.cycle is None or self.cycle.response_complete):
            self._expect(SECONDS_FOR_HEAD)  # empty lines, which begin no request
        super().data_received(data)
        if self._read > MOST_HEAD:
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect(SECONDS_FOR_HEAD)

    def on_headers_complete(self) -> None:
        self._read = 0
        self._expect(SECONDS_FOR_BODY)
        super().on_headers_complete()
        if len(self.pipeline) > MOST_QUEUED:
            self.transport.abort()
            raise ConnectionAbortedError  # has the parser leave the rest

    def on_body(self, body: bytes) -> None:
        self._read = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._read = 0
        self._expect(None)
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taken = self._taken or self.loop.call_later(SECONDS_TO_TAKE, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._taken is not None:
            self._taken.cancel()
        self._taken = None

    def _expect(self, seconds: float | None) -> None:
        """Give what comes next so many seconds, or all the time."""
        if self._due is not None:
            self._due.cancel()
        self._due = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)
