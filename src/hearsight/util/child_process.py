"""Call functions in a child process, which may crash, swell or hang without harm to this one.

The child (child_program.py) starts when it is first needed. It calls one generator function after another, and sends
what each yields. If it ends before the function does, the caller gets a `ChildEndedError`, and the next call gets
another child.
"""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Protocol, TypeVar

from hearsight.errors import HearsightError
from hearsight.util import plugins
from hearsight.util.child_messages import EXIT_MEMORY, EndAnswer, ErrorAnswer, ItemAnswer, Limits, LogAnswer, Request

PROGRAM = Path(__file__).with_name("child_program.py")
SILENCE = 600.0  # seconds, beyond those of processor time, after which a child that sends nothing counts as hung
PARTS = 60  # in which these seconds are counted

Item = TypeVar("Item")


class ChildEndedError(HearsightError):
    """A child ended before its call did. may_recover: whether another try can end better."""

    def __init__(self, reason: str, may_recover: bool = True) -> None:
        super().__init__(reason)
        self.may_recover = may_recover


class ChildStartError(HearsightError):
    """No child can be started, which is no fault of a file."""


class Caller(Protocol):
    """What calls a generator function: in a child (`ChildProcess.call`) or in this process (`call_here`)."""

    def __call__(self, function: Callable[..., Iterator[Item]], *arguments: Any, limits: Limits) -> Iterator[Item]: ...


def call_here(function: Callable[..., Iterator[Item]], *arguments: Any, limits: Limits) -> Iterator[Item]:
    """Call a function in this process, which needs no limits."""
    return function(*arguments)


def call_once(function: Callable[..., Item], *arguments: Any) -> Iterator[Item]:
    """Yield what a function returns: `[item] = call(call_once, function, *arguments, limits=...)`."""
    yield function(*arguments)


class ChildProcess:
    """A child process. One thread at a time may use it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._plugins: dict[Path, int] = {}  # that the child has run, with their times of change
        self._surroundings: dict[str, Any] = {}  # of the child
        self._is_ended = False

    def call(self, function: Callable[..., Iterator[Item]], *arguments: Any, limits: Limits) -> Iterator[Item]:
        """Yield what a function yields in the child. Function, arguments and items must be picklable.

        Raises what the function raises, and ChildEndedError if the child ends. A caller that leaves before the end
        stops the child.
        """
        is_complete = False
        try:
            self._send(Request(function, arguments, limits))
            while isinstance(answer := self._receive(limits), ItemAnswer | LogAnswer):
                if isinstance(answer, LogAnswer):
                    answer.log()
                else:
                    yield answer.item
            is_complete = True
        finally:
            if not is_complete:
                self.close()
        if isinstance(answer, ErrorAnswer):
            raise answer.error()

    def close(self) -> None:
        """Stop the child."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with suppress(OSError):  # what was not sent to its end
                process.communicate()

    def end(self) -> None:
        """Stop the child, and start no other. A call that another thread is in ends with an error."""
        self._is_ended = True
        self.close()

    def _send(self, request: Request) -> None:
        """Send a request to the child, which has the plugins and the surroundings of this process."""
        if self._is_ended:
            raise ChildStartError("the update that reads it has stopped")
        files = [file for file in plugins.loaded_files() if file.is_file()]
        versions = {file: file.stat().st_mtime_ns for file in files}
        if self._process is None or self._process.poll() is not None or versions != self._plugins:
            self.close()
            self._plugins, self._surroundings = versions, {}
            self._process = _start()
        surroundings = {
            "path": list(sys.path),
            "environment": dict(os.environ),
            "folder": _current_folder(),
            "plugin_files": files,
        }
        if surroundings != self._surroundings:
            self._surroundings = surroundings
            self._write(surroundings)
        self._write(pickle.dumps(request))

    def _write(self, message: dict[str, Any] | bytes) -> None:
        """Send surroundings or a pickled request, which the child can unpickle only with the right surroundings."""
        assert self._process is not None and self._process.stdin is not None, "it is started, with pipes"
        with suppress(BrokenPipeError):  # the child has ended; `_receive` finds out why
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def _receive(self, limits: Limits) -> ItemAnswer | LogAnswer | EndAnswer | ErrorAnswer:
        process = self._process
        assert process is not None and process.stdout is not None, "it is started, with pipes"
        with _killed_if_silent(process, SILENCE + limits.seconds) as is_hung:
            try:
                answer: ItemAnswer | LogAnswer | EndAnswer | ErrorAnswer = pickle.load(process.stdout)
                return answer
            except (EOFError, pickle.UnpicklingError, ValueError):  # the last: another thread has closed the pipe
                status = process.wait()
                if is_hung.is_set():
                    raise ChildEndedError("reading it stood still", may_recover=False) from None
                raise _ended_error(status, limits) from None


@contextmanager
def _killed_if_silent(process: subprocess.Popen[bytes], seconds: float) -> Iterator[Event]:
    """Kill a process after some seconds; the event is then set.

    They are counted in parts, of which only one passes while this process is stopped (Ctrl-Z), and the child with it.
    """
    is_left, is_hung = Event(), Event()

    def watch() -> None:
        for _ in range(PARTS):
            if is_left.wait(seconds / PARTS):
                return
        is_hung.set()
        process.kill()

    Thread(target=watch, daemon=True).start()
    try:
        yield is_hung
    finally:
        is_left.set()


def _start() -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen([sys.executable, "-P", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError as error:
        raise ChildStartError(
            f"cannot start {sys.executable} to decode files: {error.strerror}; start Hearsight again, or end other "
            "programs that take memory and processes"
        ) from error


def _ended_error(status: int, limits: Limits) -> ChildEndedError:
    """Return the error for a child that has ended with a status, as `Popen` has it."""
    if status == EXIT_MEMORY:
        return ChildEndedError(f"reading it took more than {limits.memory / 2**30:.3g} GB of memory")
    if status >= 0:
        return ChildEndedError(f"the process that read it ended with status {status}")
    name = signal.Signals(-status).name
    if name == "SIGXCPU":
        return ChildEndedError(f"reading it took more than {limits.seconds:.0f} s of processor time", False)
    if name == "SIGKILL":
        return ChildEndedError("the process that read it was killed, as systems do when memory is short")
    return ChildEndedError(f"reading it crashed ({name})")


_idle: list[ChildProcess] = []  # for the next borrower: a child takes a quarter of a second to start
_lock = Lock()


@contextmanager
def borrowed_child() -> Iterator[ChildProcess]:
    """Lend a child process, which earlier borrowers may have started.

    After an error it ends and is not lent again: a thread that reads ahead may still be in a call.
    """
    with _lock:
        child = _idle.pop() if _idle else ChildProcess()
    try:
        yield child
    except BaseException:
        child.end()
        raise
    with _lock:
        _idle.append(child)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a child answers one parent


def _current_folder() -> str | None:
    """Return the current folder; None if it was deleted, or its path cannot be read."""
    try:
        return str(Path.cwd())
    except OSError:
        return None


@atexit.register
def close_idle() -> None:
    """Stop the children that nobody borrows."""
    while _idle:
        _idle.pop().close()
