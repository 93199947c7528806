"""Updates of a library that are started, followed and stopped from the page.

Each is a process of its own, `hearsight index FOLDER --events`: a decoder that crashes, or a recogniser that holds
Python's lock, harms no search. What a process has done is kept however it ends, and the next one finishes the rest.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from hearsight.errors import HearsightError

# Whoever holds Python's lock does not hear SIGINT; and an update may be killed at any point.
SECONDS_TO_STOP = 5.0
# Of stderr, which has the error in its last line.
STDERR_BYTES = 8192
# The last line has a report of all that failed.
LONGEST_LINE = 2**26
FAILURES_KEPT = 100
NICENESS = 10


class UpdateRunningError(HearsightError):
    """A library is being updated already."""


@dataclass(frozen=True)
class FailedFile:
    """path: inside the library's folder."""

    path: str
    reason: str


@dataclass(frozen=True)
class UpdateState:
    """How far the latest update of a library is.

    done, total: files. share: of the work, from 0 to 1. seconds_left: None while it cannot be told. path: of the file
    being read. clips: encoded so far. failures: how many files of this run failed; failed: the last 100 of them.
    report: as `hearsight index --json` prints it. error: the line to show of an update that failed.
    """

    state: Literal["idle", "running", "stopping", "done", "stopped", "failed"] = "idle"
    done: int = 0
    total: int = 0
    share: float = 0.0
    seconds_left: float | None = None
    path: str | None = None
    clips: int = 0
    failures: int = 0
    failed: tuple[FailedFile, ...] = ()
    report: dict[str, Any] | None = None
    error: str | None = None

    @property
    def is_over(self) -> bool:
        return self.state not in ("running", "stopping")

    def after(self, event: Mapping[str, Any]) -> UpdateState:
        """The state that a line of `hearsight index --events` leads to. That all is done, only the end tells."""
        failed = [FailedFile(**failed) for failed in event["failed"]]
        return replace(
            self,
            **{name: event[name] for name in ("done", "total", "share", "seconds_left", "path", "clips")},
            failures=self.failures + len(failed),
            failed=(*self.failed, *failed)[-FAILURES_KEPT:],
            report=event.get("report"),
        )


class Updater:
    """Updates one library, one update at a time. All methods are called in one event loop.

    folder: with the videos. at: where the library is kept. plugin: see `hearsight --plugin`.
    """

    def __init__(self, folder: Path, at: Path, plugin: Path | None = None) -> None:
        self.at = at
        # -P: where the server was started is no place to import from, as it may be a folder of strangers' files.
        hearsight = [sys.executable, "-P", "-m", "hearsight", *(["--plugin", str(plugin)] if plugin else [])]
        self.command = [*hearsight, "index", str(folder.absolute()), "--library", str(at.absolute()), "--events"]
        self.state = UpdateState()
        self._changed = asyncio.Event()
        self._run: asyncio.Task[None] | None = None
        self._child: asyncio.subprocess.Process | None = None

    def start(self) -> UpdateState:
        """Begin an update. Raises UpdateRunningError while one runs; what else goes wrong, the state tells."""
        if self._run and not self._run.done():
            raise UpdateRunningError(f"the library at {self.at} is being updated already; wait for it, or stop it")
        self._change(UpdateState("running"))
        self._run = asyncio.create_task(self._update())
        return self.state

    def stop(self) -> UpdateState:
        """Have the update end, if one runs. It takes a few seconds at most."""
        if self.state.state == "running":
            self._change(replace(self.state, state="stopping"))
            if self._child:
                _end(self._child)
        return self.state

    async def close(self) -> None:
        """Stop the update, if one runs, and wait for its end."""
        self.stop()
        if self._run:
            await self._run

    async def states(self) -> AsyncIterator[UpdateState]:
        """The state now, and then every new one until the update is over. Whoever is slow gets the latest only."""
        while True:
            state, changed = self.state, self._changed
            yield state
            if state.is_over:
                return
            await changed.wait()

    def _change(self, state: UpdateState) -> None:
        self.state = state
        self._changed.set()
        self._changed = asyncio.Event()

    async def _update(self) -> None:
        try:
            child = self._child = await _spawn(self.command)
        except OSError as error:
            self._change(replace(self.state, state="failed", error=f"cannot start an update: {error}; try again later"))
            return
        assert child.stdout and child.stderr
        if self.state.state == "stopping":
            _end(child)
        said = ""
        try:
            _, said = await asyncio.gather(self._follow(child.stdout), _last_line(child.stderr))
            await child.wait()
        finally:  # as a rule nothing is left to end; but the server may be ending, too
            _send(child, signal.SIGKILL)
            await child.communicate()
            self._child = None
            self._conclude(await child.wait(), said)

    async def _follow(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            with suppress(ValueError, TypeError, KeyError):  # what a library printed
                self._change(self.state.after(json.loads(line)))

    def _conclude(self, code: int, said: str) -> None:
        over = replace(self.state, path=None, seconds_left=None)
        if code == 0 and over.report is not None:
            self._change(replace(over, state="done"))
        elif over.state == "stopping":
            self._change(replace(over, state="stopped"))
        else:
            error = said if code > 0 and said else self._crashed(code)
            self._change(replace(over, state="failed", error=error))

    def _crashed(self, code: int) -> str:
        by = signal.strsignal(-code) if code < 0 else f"exit code {code}"
        if self.state.path is None:
            return f"the update ended too early ({by}); what it has done is kept: start it again"
        return (
            f"the update ended too early ({by}), at {self.state.path} or soon after; what it has done is kept: start "
            "it again, and if it ends there again, take the file away"
        )


async def _spawn(command: list[str]) -> asyncio.subprocess.Process:
    """A process in a session of its own, so that Ctrl-C is the server's alone. It gives way to searches."""
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=LONGEST_LINE,
    )
    with suppress(OSError):  # it may be over already
        os.setpriority(os.PRIO_PROCESS, child.pid, NICENESS)
    return child


def _end(child: asyncio.subprocess.Process) -> None:
    _send(child, signal.SIGINT)
    asyncio.get_running_loop().call_later(SECONDS_TO_STOP, _send, child, signal.SIGKILL)


def _send(child: asyncio.subprocess.Process, what: signal.Signals) -> None:
    """To the process and all that it started."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, what)


async def _last_line(stream: asyncio.StreamReader) -> str:
    """What a process says last, without "error: "; however much it says, little is held."""
    end = b""
    while read := await stream.read(STDERR_BYTES):
        end = (end + read)[-STDERR_BYTES:]
    lines = end.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("error: ") if lines else ""
