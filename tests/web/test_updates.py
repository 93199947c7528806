"""Updates that a server starts, follows and stops: processes of their own, whose end it survives and they its."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.tables.lock import updating
from hearsight.web import updates
from hearsight.web.updates import FailedFile, Updater, UpdateRunningError, UpdateState
from tests.builders import tiny_model
from tests.library.conftest import film
from tests.waiting import wait_until
from tests.web.conftest import run

LINE = {"done": 0, "total": 9, "share": 0.0, "seconds_left": None, "path": "a.mkv", "clips": 0, "failed": []}
SERVER = """
import asyncio, sys
from pathlib import Path
from hearsight.web.updates import Updater

async def serve(folder, at, plugin):
    updater = Updater(Path(folder), Path(at), Path(plugin))
    updater.start()
    async for state in updater.states():
        if state.path == "0.mkv":
            print("at work", flush=True)
            await asyncio.sleep(600)

asyncio.run(serve(*sys.argv[1:]))
"""
# A plugin with which an update writes after every batch, and waits in a film for its end.
WAITING = """
import time
from hearsight.library.indexing import update

update.COMMIT_CLIPS = 1
handle = update.Update._handle

def handle_and_wait(self, events):
    handle(self, events)
    while self.current_path == FILM:
        time.sleep(0.05)

update.Update._handle = handle_and_wait
"""


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """Four films of more clips than a batch, and a file that is none."""
    folder = tmp_path_factory.mktemp("updates") / "films"
    for number in range(4):
        film(folder / f"{number}.mkv", 10, seed=number)
    (folder / "broken.mp4").write_text("this is no film")
    (folder / "json.py").write_text("raise SystemExit('imported from a folder of strangers')")
    return folder


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    tiny_model(folder)
    return folder


@pytest.fixture
def library(films, model_folder, tmp_path, monkeypatch) -> Library:
    """A library of the films, of which nothing is indexed yet. The server was started in the folder itself."""
    monkeypatch.chdir(films)
    monkeypatch.setenv("PYTHONPATH", str(Path(hearsight.__file__).parents[1]))
    return Library.create(films, hearsight.load(str(model_folder)), tmp_path / "library", seconds=0.5)


def waiting_in(name: str, folder: Path) -> Path:
    """Write a plugin into a folder with which an update waits in a film."""
    plugin = folder / "waiting.py"
    plugin.write_text(f"FILM = {name!r}\n{WAITING}")
    return plugin


@pytest.fixture
def saying(tmp_path):
    """An updater whose process is a few lines of Python. It can call tell(done=3)."""

    def saying(code: str) -> Updater:
        updater = Updater(tmp_path, tmp_path / "library")
        tell = (
            f"import json, os, signal, sys, time\ntell = lambda **of: print(json.dumps({{**{LINE}, **of}}), flush=True)"
        )
        updater.command = [sys.executable, "-c", f"{tell}\n{code}"]
        return updater

    return saying


async def outcome(updater: Updater) -> UpdateState:
    updater.start()
    return [state async for state in updater.states()][-1]


def test_a_stopped_update_is_finished_by_the_next(library, tmp_path):
    updater = Updater(library.folder, library.location, waiting_in("2.mkv", tmp_path))

    async def stop_midway():
        assert [state async for state in updater.states()] == [UpdateState("idle")]
        assert updater.start() == updater.state == UpdateState("running")
        with pytest.raises(UpdateRunningError, match="being updated already"):
            updater.start()
        async for state in updater.states():
            if state.path == "2.mkv" and state.state == "running":
                assert os.getpriority(os.PRIO_PROCESS, updater._process.pid) > os.getpriority(os.PRIO_PROCESS, 0)
                assert updater.stop().state == "stopping"
        return state

    async def finish():
        updater = Updater(library.folder, library.location)
        updater.start()
        return [state async for state in updater.states()]

    stopped = run(stop_midway())
    assert (stopped.state, stopped.error, stopped.report, stopped.path) == ("stopped", None, None, None)
    assert stopped.total == 5 and 0 < stopped.share < 1
    finished = library.info().videos
    assert finished in (1, 2)

    *running, done = run(finish())
    assert {state.state for state in running} == {"running"} and done.state == "done"
    shares = [state.share for state in running]
    assert shares == sorted(shares) and len(set(shares)) > 3
    assert f"{finished}.mkv" in {state.path for state in running}
    assert (done.done, done.total, done.share, done.failures) == (5 - finished, 5 - finished, 1.0, 1)
    assert done.report["folder"] == str(library.folder)
    assert (done.report["unchanged"], done.report["added"], done.report["clips"]) == (
        finished,
        4 - finished,
        done.clips,
    )
    [failed] = done.failed
    assert failed.path == done.report["failed"][0]["path"] == "broken.mp4" and failed.reason.startswith("damaged")
    assert library.info().videos == 4


def test_an_update_runs_the_plugin_first(library, tmp_path):
    (tmp_path / "mine.py").write_text("raise ValueError('run')")

    async def start():
        updater = Updater(library.folder, library.location, tmp_path / "mine.py")
        updater.start()
        *_, state = [state async for state in updater.states()]
        return state

    state = run(start())
    assert state.state == "failed" and "mine.py, line 1: ValueError: run" in state.error


def test_a_killed_update_has_failed_and_another_can_start(library, tmp_path):
    async def kill():
        updater = Updater(library.folder, library.location, waiting_in("0.mkv", tmp_path))
        updater.start()
        async for state in updater.states():
            if state.path == "0.mkv":
                os.kill(updater._process.pid, signal.SIGKILL)
                break
        *_, state = [state async for state in updater.states()]
        assert state.state == "failed" and state.report is None
        assert "(Killed), at 0.mkv or soon after" in state.error and "start it again" in state.error
        assert updater.stop() == state
        assert updater.start() == UpdateState("running")
        await updater.close()
        return updater.state

    assert run(kill()) == UpdateState("stopped")


def is_free(library: Library) -> bool:
    try:
        with updating(library.location):
            return True
    except HearsightError:
        return False


def test_a_reader_that_is_slow_misses_states_and_delays_nobody(saying):
    """A browser that is stopped reads nothing of the stream of events: nothing is stored for it."""
    updater = saying("for done in range(2000):\n    tell(done=done)\ntell(report={})")

    async def read() -> tuple[UpdateState, list[UpdateState], list[UpdateState]]:
        updater.start()
        slow = updater.states()
        first = await anext(slow)
        quick = [state async for state in updater.states()]
        return first, quick, [state async for state in slow]

    first, quick, slow = run(read())
    assert first.state == "running" and quick[-1].state == "done" and len(quick) > 1
    assert [state.state for state in slow] == ["done"]


def test_an_update_ends_with_its_server(library, tmp_path):
    words = map(str, (library.folder, library.location, waiting_in("0.mkv", tmp_path)))
    command = [sys.executable, "-P", "-c", SERVER, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout.readline() == "at work\n"
            assert not is_free(library)
        finally:
            server.kill()
    assert wait_until(lambda: is_free(library)), "the update goes on without its server"
    assert library.info().videos < 4


def test_the_error_of_an_update_is_its_message(saying):
    noise = "sys.stderr.write('x' * 1_000_000 + chr(10) + 'error: the disk is full; make room' + chr(10))"
    failed = run(outcome(saying(f"tell(done=3)\n{noise}\nsys.exit(1)")))
    assert (failed.state, failed.done, failed.error) == ("failed", 3, "the disk is full; make room")


def test_the_report_of_an_update_in_which_every_file_failed(saying):
    failed = run(outcome(saying("tell(report={'added': 0})\nsys.exit('error: nothing is indexed')")))
    assert (failed.state, failed.report, failed.error) == ("failed", {"added": 0}, "nothing is indexed")


@pytest.mark.parametrize(
    ("code", "message"),
    [("os.abort()", "(Aborted)"), ("sys.exit(3)", "(exit code 3)"), ("sys.exit(0)", "(exit code 0)")],
)
def test_the_error_of_an_update_that_ends_without_a_message(saying, code, message):
    failed = run(outcome(saying(code)))
    assert failed.state == "failed" and message in failed.error and "start it again" in failed.error


def test_an_update_that_cannot_be_started_has_failed(saying):
    updater = saying("")
    updater.command = ["/nowhere/python"]
    failed = run(outcome(updater))
    assert failed.state == "failed" and "cannot start an update" in failed.error


def test_other_output_is_ignored(saying):
    done = run(outcome(saying("print('loading'); print('3'); print('{}'); tell(report={'added': 1})")))
    assert (done.state, done.report) == ("done", {"added": 1})


def test_the_latest_failures_are_listed_and_all_are_counted(saying):
    code = "for i in range(250): tell(failed=[{'path': f'{i}.mp4', 'reason': 'damaged'}])\ntell(report={})"
    done = run(outcome(saying(code)))
    assert (done.failures, len(done.failed)) == (250, 100)
    assert done.failed[-1] == FailedFile("249.mp4", "damaged")


def test_a_process_that_ignores_the_stop_is_killed(saying, monkeypatch):
    monkeypatch.setattr(updates, "SECONDS_TO_STOP", 0.2)

    async def stop():
        updater = saying("signal.signal(signal.SIGINT, signal.SIG_IGN)\ntell(done=1)\ntime.sleep(60)")
        updater.start()
        async for state in updater.states():
            if state.done:
                pid = updater._process.pid
                break
        await updater.close()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        return updater.state

    stopped = run(stop())
    assert (stopped.state, stopped.done) == ("stopped", 1)


def test_no_process_outlives_the_event_loop(saying):
    async def leave():
        updater = saying("tell(done=1)\ntime.sleep(60)")
        updater.start()
        async for state in updater.states():
            if state.done:
                return updater._process.pid

    with pytest.raises(ProcessLookupError):
        os.kill(run(leave()), 0)


def test_slow_readers_get_the_latest_state(saying):
    async def read():
        updater = saying("for i in range(500): tell(done=i)\ntell(done=500, report={})")
        updater.start()

        async def reader(patience: float):
            states = []
            async for state in updater.states():
                states.append(state)
                await asyncio.sleep(patience)
            return states

        return await asyncio.gather(reader(0), reader(0.5), reader(0))

    fast, slow, other = run(read())
    assert fast[-1] == slow[-1] == other[-1] and fast[-1].state == "done" and fast[-1].done == 500
    assert fast[0] == slow[0] == UpdateState("running")
    assert len(slow) < 10


def test_states_are_json(saying):
    done = run(outcome(saying("tell(failed=[{'path': 'b', 'reason': 'c'}], report={})")))
    assert json.loads(json.dumps(asdict(done)))["failed"] == [{"path": "b", "reason": "c"}]
