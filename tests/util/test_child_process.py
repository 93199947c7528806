import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from queue import Queue
from threading import Thread

import numpy as np
import pytest

from hearsight.util import child_process
from hearsight.util.child_messages import ChildTracebackError, Limits
from hearsight.util.child_process import (
    ChildEndedError,
    ChildProcess,
    ChildStartError,
    borrowed_child,
    call_here,
    call_once,
)
from tests.util import child_functions as functions
from tests.waiting import wait_until

LIMITS = Limits(seconds=20, memory=1 << 30)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory")


@pytest.fixture
def child():
    child = ChildProcess()
    yield child
    child.close()


def test_items_arrive_one_by_one_whatever_the_function_prints(child, capfd):
    assert list(child.call(functions.count, 3, limits=LIMITS)) == [0, 1, 2]
    assert capfd.readouterr().out == ""
    large, empty = child.call(functions.arrays, (300, 400, 30), (0,), limits=LIMITS)
    assert large.shape == (300, 400, 30) and large.min() == 1 and empty.dtype == np.float32


def test_one_child_answers_all_calls_until_it_ends(child):
    [first] = child.call(call_once, functions.process_id, limits=LIMITS)
    [second] = child.call(call_once, functions.process_id, limits=LIMITS)
    assert first == second != os.getpid()
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    [third] = child.call(call_once, functions.process_id, limits=LIMITS)
    assert third != first
    [here] = call_here(call_once, functions.process_id, limits=LIMITS)
    assert here == os.getpid()


@pytest.mark.parametrize(
    ("function", "argument", "reason"),
    [
        (functions.end_by, "SIGSEGV", r"reading it crashed \(SIGSEGV\)"),
        (functions.end_by, "SIGABRT", r"reading it crashed \(SIGABRT\)"),
        (functions.end_by, "SIGKILL", "was killed, as systems do when memory is short"),
        (functions.leave, 7, "ended with status 7"),
        pytest.param(functions.swell, 2 << 30, "more than 1 GB of memory", marks=LINUX),
    ],
)
def test_a_child_that_ends_is_told_from_one_that_is_done(child, function, argument, reason):
    with pytest.raises(ChildEndedError, match=reason) as error:
        list(child.call(function, argument, limits=LIMITS))
    assert error.value.may_recover
    assert list(child.call(functions.count, 1, limits=LIMITS)) == [0]


def test_time_is_limited_for_each_call(child, monkeypatch):
    with pytest.raises(ChildEndedError, match="more than 0 s of processor time") as error:
        list(child.call(functions.compute, limits=Limits(0.0, 1 << 30)))
    assert not error.value.may_recover
    monkeypatch.setattr(child_process, "SILENCE", 1.0)
    assert list(child.call(functions.sleep, 0, limits=LIMITS)) == ["awake", "awake again"]
    with pytest.raises(ChildEndedError, match="stood still") as error:
        list(child.call(functions.sleep, 60, limits=Limits(0.5, 1 << 30)))
    assert not error.value.may_recover


def test_an_error_arrives_with_its_causes_and_traceback(child):
    with pytest.raises(ValueError, match="it is odd") as error:
        list(child.call(functions.fail, "plain", limits=LIMITS))
    cause = error.value.__cause__
    assert isinstance(cause, FileNotFoundError) and cause.filename == "/nowhere"
    assert isinstance(cause.__cause__, ChildTracebackError) and "child_functions.py" in str(cause.__cause__)
    with pytest.raises(RuntimeError, match="StrangeError: one"):
        list(child.call(functions.fail, "strange", limits=LIMITS))
    assert list(child.call(functions.count, 1, limits=LIMITS)) == [0]


def test_what_a_function_logs_is_logged_here(child, caplog, capfd, monkeypatch):
    monkeypatch.setattr(logging.getLogger("quiet"), "disabled", True)
    assert list(child.call(functions.log, limits=LIMITS)) == ["done"]
    assert [(record.name, record.getMessage()) for record in caplog.records] == [("loud", "3 films")]
    assert capfd.readouterr().err == ""


def test_a_caller_that_leaves_early_stops_the_child(child):
    [first] = child.call(call_once, functions.process_id, limits=LIMITS)
    assert next(child.call(functions.sleep, 60, limits=LIMITS)) == "awake"
    [second] = child.call(call_once, functions.process_id, limits=LIMITS)
    assert second != first


def test_a_child_has_the_surroundings_of_its_parent(child, tmp_path, monkeypatch):
    [first] = child.call(call_once, functions.process_id, limits=LIMITS)
    monkeypatch.setenv("NAME", "value")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "new_module.py").write_text("def places():\n    yield 'here'\n")
    import new_module

    assert list(child.call(call_once, os.getenv, "NAME", limits=LIMITS)) == ["value"]
    assert list(child.call(call_once, os.getcwd, limits=LIMITS)) == [str(tmp_path)]
    assert list(child.call(new_module.places, limits=LIMITS)) == ["here"]
    monkeypatch.delenv("NAME")
    tmp_path.joinpath("new_module.py").unlink()
    tmp_path.rename(tmp_path.with_name(f"{tmp_path.name}-moved"))
    assert list(child.call(call_once, os.getenv, "NAME", limits=LIMITS)) == [None]
    assert list(child.call(call_once, functions.process_id, limits=LIMITS)) == [first]


def test_a_child_works_where_it_may_not_enter_the_current_folder(child, monkeypatch):
    """Whoever runs a program as another user (sudo -u) may stand in a folder that this user cannot enter."""
    monkeypatch.setattr(child_process, "_current_folder", lambda: "/nowhere")
    assert list(child.call(call_once, os.getcwd, limits=LIMITS)) == [str(Path.cwd())]


def test_a_child_that_cannot_be_started_is_no_fault_of_a_file(child, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ChildStartError, match="cannot start /nowhere/python to decode files: No such file"):
        list(child.call(functions.count, 1, limits=LIMITS))


def test_a_child_is_lent_again():
    with borrowed_child() as one, borrowed_child() as other:
        assert one is not other
    with borrowed_child() as again:
        assert again in (one, other)


def test_a_child_is_not_lent_again_while_a_thread_is_in_a_call():
    """So in a notebook where an update was interrupted, and is started again."""
    items, errors = Queue(), []

    def read(child):
        try:
            for item in child.call(functions.sleep, 60, limits=LIMITS):
                items.put(item)
        except ChildEndedError as error:
            errors.append(error)

    with pytest.raises(KeyboardInterrupt), borrowed_child() as child:
        thread = Thread(target=read, args=(child,))
        thread.start()
        assert items.get() == "awake"
        raise KeyboardInterrupt
    with borrowed_child() as other:
        assert other is not child
        assert list(other.call(functions.count, 1, limits=LIMITS)) == [0]
    thread.join()
    assert len(errors) == 1
    with pytest.raises(ChildStartError):
        list(child.call(functions.count, 1, limits=LIMITS))


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


PARENT = """
import sys, time
from hearsight.util.child_messages import Limits
from hearsight.util.child_process import ChildProcess, call_once
from tests.util import child_functions as functions

child = ChildProcess()
print(*child.call(call_once, functions.process_id, limits=Limits(9, 1 << 30)), flush=True)
time.sleep(60)
"""


def test_a_child_ends_with_its_parent():
    """A parent that is killed cannot stop its child, which sees that nobody listens."""
    root = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=root)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert wait_until(lambda: not is_running(child), 60)


def test_decoding_imports_no_torch(child):
    from hearsight.media.decode_clips import decode_clips
    from hearsight.speech.transcribe import transcription_by_source

    assert transcription_by_source and decode_clips  # are imported there as they are asked for
    loaded = set(child.call(functions.modules, limits=LIMITS))
    assert not loaded & {"torch", "lancedb", "pyarrow", "transformers"}
