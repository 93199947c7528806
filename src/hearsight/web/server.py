"""Running the server until Ctrl-C, or until the model fails to load."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from hearsight.web.access_control import LOCAL_NAMES
from hearsight.web.app import create_app
from hearsight.web.connection_limits import BoundedProtocol
from hearsight.web.state import ServerState

# On shutdown, requests get this many seconds before their connections are cut, so that long streams do not delay it.
GRACE_SECONDS = 1.0
SHUTDOWN_SECONDS = 3


class Server(uvicorn.Server):
    """A uvicorn server that stops its updates on shutdown: uvicorn waits for their event streams to end."""

    def __init__(self, config: uvicorn.Config, state: ServerState) -> None:
        super().__init__(config)
        self.state = state

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        for update in self.state.updates.values():
            update.stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().call_later(GRACE_SECONDS, self._cut_connections)
        await super().shutdown(sockets)

    def _cut_connections(self) -> None:
        for connection in [*self.server_state.connections]:
            connection.transport.abort()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises OSError if the address or port cannot be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=512)
    # Accepted connections inherit this. asyncio sets it for its own sockets only, and without it the body of an answer
    # waits 40 ms for the head to be acknowledged.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def run(state: ServerState, listener: socket.socket, on_start: Callable[[str], None]) -> None:
    """Serve on a socket until Ctrl-C. Raises HearsightError if the model cannot be loaded.

    on_start: called with the server's address once it accepts connections.
    """
    asyncio.run(_run(state, listener, on_start))


async def _run(state: ServerState, listener: socket.socket, on_start: Callable[[str], None]) -> None:
    host, port = listener.getsockname()[:2]
    is_local = host in ("127.0.0.1", "::1")
    config = uvicorn.Config(
        create_app(state, LOCAL_NAMES if is_local and state.token is None else None),
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    server = Server(config, state)
    running = asyncio.create_task(server.serve([listener]))
    while not (server.started or running.done()):
        await asyncio.sleep(0.01)
    if server.started:
        on_start(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
        try:
            await state.collection()
        except BaseException:
            server.should_exit = True
            await running
            raise
    await running
