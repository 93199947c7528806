"""Running the server: until Ctrl-C, or until its model turns out not to load."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from hearsight.web.app import create_app
from hearsight.web.middleware import LOCAL_NAMES
from hearsight.web.protocol import ImpatientProtocol
from hearsight.web.state import Serving

# At its end, who still asks has so many seconds; and whoever still listens to a film is not waited for.
SECONDS_TO_ANSWER = 1.0
SECONDS_TO_END = 3


class Server(uvicorn.Server):
    """A server whose updates end with it: their events are streams, which uvicorn waits for."""

    def __init__(self, config: uvicorn.Config, serving: Serving) -> None:
        super().__init__(config)
        self.serving = serving

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        for update in self.serving.updates.values():
            update.stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().call_later(SECONDS_TO_ANSWER, self._let_go)
        await super().shutdown(sockets)

    def _let_go(self) -> None:
        for connection in [*self.server_state.connections]:
            connection.transport.abort()


def run(serving: Serving, listening: socket.socket, tell: Callable[[str], None]) -> None:
    """Serve on a socket, and tell the address; until Ctrl-C. Raises HearsightError if the model cannot be loaded."""
    asyncio.run(_run(serving, listening, tell))


async def _run(serving: Serving, listening: socket.socket, tell: Callable[[str], None]) -> None:
    host, port = listening.getsockname()[:2]
    local = host in ("127.0.0.1", "::1")
    config = uvicorn.Config(
        create_app(serving, LOCAL_NAMES if local and serving.token is None else None),
        http=ImpatientProtocol,
        ws="none",
        lifespan="on",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )
    server = Server(config, serving)
    running = asyncio.create_task(server.serve([listening]))
    while not (server.started or running.done()):
        await asyncio.sleep(0.01)
    if server.started:
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        tell(address)
        try:
            await serving.collection()
        except BaseException:
            server.should_exit = True
            await running
            raise
    await running
