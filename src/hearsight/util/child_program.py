"""The program of a child process: it calls the functions that its parent (child_process.py) asks for.

    python -P child_program.py

It reads pickled requests from stdin and writes pickled answers to stdout. It ends when stdin does, and when nobody has
asked for anything for a minute.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from logging.handlers import QueueHandler
from pathlib import Path
from typing import Any, BinaryIO

IDLE = 60.0  # seconds without a request, after which the child ends
LIKELY_VICTIM = "500"  # of 1000: where memory is short, Linux stops this process before others


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches both processes; the parent handles it
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(LIKELY_VICTIM)
    requests, answers = _channels()
    plugin_files: list[Path] = []
    while (message := _next_message(requests)) is not None:
        if isinstance(message, dict):
            adopt(message)
            plugin_files = message["plugin_files"]
        else:
            _answer(message, plugin_files, answers)


def _channels() -> tuple[BinaryIO, BinaryIO]:
    """Return stdin and stdout under other numbers: whatever libraries print goes to stderr."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return requests, answers


def _next_message(requests: BinaryIO) -> dict[str, Any] | bytes | None:
    """Return the surroundings of what follows, or the next request, still pickled; None at the end."""
    idle = threading.Timer(IDLE, os._exit, [0])
    idle.daemon = True
    idle.start()
    try:
        message: dict[str, Any] | bytes = pickle.load(requests)
    except (EOFError, pickle.UnpicklingError):  # the parent has ended
        return None
    finally:
        idle.cancel()
    return message


def adopt(surroundings: dict[str, Any]) -> None:
    """Take over the parent's `sys.path`, environment and, where it may be entered, current folder."""
    sys.path[:] = surroundings["path"]
    environment = surroundings["environment"]
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
    if surroundings["folder"] is not None:
        with suppress(OSError):  # deleted, or of another user: who starts in it need not be able to enter it
            os.chdir(surroundings["folder"])


def _answer(data: bytes, plugin_files: list[Path], answers: BinaryIO) -> None:
    """Call the function of a request, and write what it yields."""
    from hearsight.util import plugins
    from hearsight.util.child_messages import EXIT_MEMORY, EndAnswer, ErrorAnswer, ItemAnswer, LogAnswer, Request

    is_free = threading.Lock()  # other threads may log

    def write(answer: Any) -> None:
        data = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
        with is_free:
            answers.write(data)
            answers.flush()

    log, handler = logging.getLogger(), LogSender(lambda record: write(LogAnswer(record)))
    log.addHandler(handler)
    try:
        plugins.run_files_once(plugin_files)
        request: Request = pickle.loads(data)
        limit(request.limits.seconds, request.limits.memory)
        for item in request.function(*request.arguments):
            write(ItemAnswer(item))
        write(EndAnswer())
    except MemoryError:
        os._exit(EXIT_MEMORY)
    except BrokenPipeError:  # the parent has ended
        os._exit(0)
    except Exception as error:
        write(ErrorAnswer.of(error))
    finally:
        log.removeHandler(handler)


class LogSender(QueueHandler):
    """Sends what is logged to the parent, which shows it as it shows its own."""

    def __init__(self, send: Callable[[logging.LogRecord], None]) -> None:
        super().__init__(queue=None)  # type: ignore[arg-type]  # `enqueue` has no need of it
        self._send = send

    def enqueue(self, record: logging.LogRecord) -> None:
        self._send(record)


def limit(seconds: float, memory: int) -> None:
    """Limit what this process may take from now on, where the system can: processor time, and memory in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limits = {resource.RLIMIT_CPU: int(usage.ru_utime + usage.ru_stime + seconds) + 1, resource.RLIMIT_CORE: 0}
    with suppress(OSError):  # macOS has no such file, and limits no memory
        pages = int(Path("/proc/self/statm").read_text().split()[5])
        limits[resource.RLIMIT_DATA] = pages * resource.getpagesize() + memory
    for kind, soft in limits.items():
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


if __name__ == "__main__":
    main()
