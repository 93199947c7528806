"""Updates of a library that are started, followed and stopped over HTTP.

Each update is a process, `hearsight index FOLDER --events`: a decoder that crashes, or a recogniser that holds Python's
lock, does not disturb searches. However the process ends, its finished work is kept and the next update does the rest.
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

# A process that holds Python's lock does not react to SIGINT. It is killed then, which an update survives.
SECONDS_TO_STOP = 5.0
STDERR_BYTES = 8192  # kept of stderr, whose last line is the error
MAX_LINE_BYTES = 2**26  # the last line of stdout reports all failed files
MAX_FAILURES = 100
NICENESS = 10


class UpdateRunningError(HearsightError):
    """The library is being updated already."""


@dataclass(frozen=True)
class FailedFile:
    """A file that could not be indexed. path: inside the library's folder."""

    path: str
    reason: str


@dataclass(frozen=True)
class UpdateState:
    """The progress of a library's latest update.

    done, total: numbers of files. share: of the work, from 0 to 1. seconds_left: None if unknown. path: of the file
    that is read now. clips: encoded so far. failures: how many files failed in this update; failed: the last 100 of
    them. report: as `hearsight index --json` prints it. error: the message of an update that failed.
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

    def apply(self, event: Mapping[str, Any]) -> UpdateState:
        """Return the state after a line of `hearsight index --events`.

        `state` itself does not change: only the end of the process tells whether the update is done.
        """
        failed = [FailedFile(**file) for file in event["failed"]]
        return replace(
            self,
            **{name: event[name] for name in ("done", "total", "share", "seconds_left", "path", "clips")},
            failures=self.failures + len(failed),
            failed=(*self.failed, *failed)[-MAX_FAILURES:],
            report=event.get("report"),
        )


class Updater:
    """Runs the updates of one library, one at a time. All methods are called in one event loop.

    folder: contains the videos. location: of the index. plugin: see `hearsight --plugin`.
    """

    def __init__(self, folder: Path, location: Path, plugin: Path | None = None) -> None:
        self.location = location
        # -P: the current folder may contain untrusted files, so nothing is imported from it.
        hearsight = [sys.executable, "-P", "-m", "hearsight", *(["--plugin", str(plugin)] if plugin else [])]
        options = ["--library", str(location.absolute()), "--events"]
        self.command = [*hearsight, "index", str(folder.absolute()), *options]
        self.state = UpdateState()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    def start(self) -> UpdateState:
        """Start an update. Raises UpdateRunningError while one runs; other errors appear in the state."""
        if self._task and not self._task.done():
            raise UpdateRunningError(
                f"the library at {self.location} is being updated already; wait for it, or stop it"
            )
        self._set_state(UpdateState("running"))
        self._task = asyncio.create_task(self._update())
        return self.state

    def stop(self) -> UpdateState:
        """Begin to stop the update, if one runs. It ends after a few seconds at most."""
        if self.state.state == "running":
            self._set_state(replace(self.state, state="stopping"))
            if self._process:
                _interrupt(self._process)
        return self.state

    async def close(self) -> None:
        """Stop the update, if one runs, and wait until it has ended."""
        self.stop()
        if self._task:
            await self._task

    async def states(self) -> AsyncIterator[UpdateState]:
        """Yield the current state, then every new one until the update is over. A slow reader misses some."""
        while True:
            state, changed = self.state, self._changed
            yield state
            if state.is_over:
                return
            await changed.wait()

    def _set_state(self, state: UpdateState) -> None:
        self.state = state
        self._changed.set()
        self._changed = asyncio.Event()

    async def _update(self) -> None:
        try:
            process = self._process = await _spawn(self.command)
        except OSError as error:
            message = f"cannot start an update: {error}; try again later"
            self._set_state(replace(self.state, state="failed", error=message))
            return
        assert process.stdout and process.stderr
        if self.state.state == "stopping":
            _interrupt(process)
        message = ""
        try:
            _, message = await asyncio.gather(self._read_events(process.stdout), _last_line(process.stderr))
            await process.wait()
        finally:  # usually the process has ended by now, but the server may be shutting down
            _send_signal(process, signal.SIGKILL)
            await process.communicate()
            self._process = None
            self._set_final_state(await process.wait(), message)

    async def _read_events(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            with suppress(ValueError, TypeError, KeyError):  # another program's output
                self._set_state(self.state.apply(json.loads(line)))

    def _set_final_state(self, exit_code: int, message: str) -> None:
        final = replace(self.state, path=None, seconds_left=None)
        if exit_code == 0 and final.report is not None:
            self._set_state(replace(final, state="done"))
        elif final.state == "stopping":
            self._set_state(replace(final, state="stopped"))
        else:
            error = message if exit_code > 0 and message else self._crash_message(exit_code)
            self._set_state(replace(final, state="failed", error=error))

    def _crash_message(self, exit_code: int) -> str:
        cause = signal.strsignal(-exit_code) if exit_code < 0 else f"exit code {exit_code}"
        if self.state.path is None:
            return f"the update ended too early ({cause}); its finished work is kept: start it again"
        return (
            f"the update ended too early ({cause}), at {self.state.path} or soon after; its finished work is kept: "
            "start it again, and if it ends at the same file, remove that file from the folder"
        )


async def _spawn(command: list[str]) -> asyncio.subprocess.Process:
    """Start a process with low priority, in its own session so that Ctrl-C reaches only the server."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=MAX_LINE_BYTES,
    )
    with suppress(OSError):  # it may have ended already
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    return process


def _interrupt(process: asyncio.subprocess.Process) -> None:
    """Send SIGINT, and SIGKILL if the process does not end in time."""
    _send_signal(process, signal.SIGINT)
    asyncio.get_running_loop().call_later(SECONDS_TO_STOP, _send_signal, process, signal.SIGKILL)


def _send_signal(process: asyncio.subprocess.Process, signal_: signal.Signals) -> None:
    """Send a signal to the process and to all that it started."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal_)


async def _last_line(stream: asyncio.StreamReader) -> str:
    """Return the last line of a stream, without "error: ", keeping little of the stream in memory."""
    tail = b""
    while chunk := await stream.read(STDERR_BYTES):
        tail = (tail + chunk)[-STDERR_BYTES:]
    lines = tail.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("error: ") if lines else ""
