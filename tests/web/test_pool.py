"""The pool of searches: one at a time in the server, and in helper processes when many arrive at once."""

import asyncio
import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hearsight.errors import HearsightError
from hearsight.web import pool as pool_module
from hearsight.web.pool import BusyError, SearchPool
from hearsight.web.search_process import ProcessLostError, SearchProcess
from tests.web.conftest import Running, address, eventually, run, serve
from tests.web.pool_tasks import Tasks, Unopenable


async def answering_processes(pool: SearchPool, number: int = 8) -> set[int]:
    """Return the processes that answer when this many tasks arrive at once."""
    return set(await asyncio.gather(*(pool.run(Tasks().process_id) for _ in range(number))))


async def wait_for_helpers(pool: SearchPool) -> set[int]:
    """Return the processes that answer once all helper processes have started."""
    async with asyncio.timeout(50):
        while len(processes := await answering_processes(pool)) < 2 or os.getpid() in processes:
            pass
    return processes


def in_pool(test, processes: int = 2, load=Tasks):
    """Run a coroutine function with a pool, which is closed afterwards, and return its result."""

    async def with_pool():
        pool = SearchPool(load, processes)
        try:
            return await test(pool)
        finally:
            pool.close()

    return run(with_pool())


def in_process(test):
    """Run a coroutine function with a search process that is ready, and return its result."""

    async def with_process():
        process = SearchProcess(Tasks)
        await process.ready()
        try:
            return await test(process)
        finally:
            process.close()

    return run(with_process())


def test_tasks_one_at_a_time_run_in_this_process():
    async def test(pool):
        return [await pool.run(Tasks().process_id) for _ in range(5)]

    assert set(in_pool(test)) == {os.getpid()}
    assert not multiprocessing.active_children()


def test_many_tasks_run_in_helper_processes():
    async def test(pool):
        first = await answering_processes(pool)
        processes = await wait_for_helpers(pool)
        numbers = await asyncio.gather(*(pool.run(Tasks().echo, number) for number in range(40)))
        with pytest.raises(HearsightError, match="nothing to look for"):
            await pool.run(Tasks().refuse)
        return first, processes, numbers

    first, processes, numbers = in_pool(test)
    assert os.getpid() in first, "helper processes take a while to start"
    assert len(processes) == 2 and os.getpid() not in processes
    assert numbers == list(range(40)), "every task gets its own answer"
    assert eventually(lambda: not multiprocessing.active_children(), 20), "they end with the pool"


def test_without_helpers_all_tasks_run_in_this_process():
    assert in_pool(answering_processes, processes=0) == {os.getpid()}


def test_lost_helpers_are_replaced_without_lost_tasks(monkeypatch):
    """By the other helper, then by this process, and after a while by new helpers."""

    async def test(pool):
        started = await wait_for_helpers(pool)
        remaining = set(started)
        os.kill(remaining.pop(), signal.SIGKILL)
        assert await answering_processes(pool) == remaining
        monkeypatch.setattr(pool_module, "RESTART_SECONDS", 0.5)
        os.kill(remaining.pop(), signal.SIGKILL)
        assert await answering_processes(pool) == {os.getpid()}
        return started, await wait_for_helpers(pool)

    started, restarted = in_pool(test)
    assert len(started) == len(restarted) == 2 and not started & restarted


def test_a_task_that_kills_every_process_does_not_kill_the_server():
    async def test(pool):
        await wait_for_helpers(pool)
        with pytest.raises(BusyError, match="the process that ran the search has ended"):
            await pool.run(Tasks().kill)
        return await answering_processes(pool)

    assert in_pool(test) == {os.getpid()}
    assert not multiprocessing.active_children()


def test_running_tasks_are_refused_when_the_pool_closes():
    async def test(pool):
        await wait_for_helpers(pool)
        running = [asyncio.ensure_future(pool.run(Tasks().process_id)) for _ in range(6)]
        await asyncio.sleep(0.01)
        pool.close()
        return await asyncio.gather(*running, return_exceptions=True)

    assert {type(answer) for answer in in_pool(test)} <= {int, BusyError}


def test_helpers_that_cannot_open_the_libraries_are_not_used():
    async def test(pool):
        first = await answering_processes(pool)
        assert eventually(lambda: not multiprocessing.active_children(), 30)
        return first | await answering_processes(pool)

    assert in_pool(test, load=Unopenable) == {os.getpid()}


def test_too_many_tasks_are_refused(monkeypatch):
    monkeypatch.setattr(pool_module, "MAX_SEARCHES", 4)

    async def test(pool):
        answers = await asyncio.gather(*(pool.run(Tasks().process_id) for _ in range(6)), return_exceptions=True)
        return answers, await pool.run(Tasks().process_id)

    answers, later = in_pool(test, processes=0)
    assert [type(answer) for answer in answers] == [int] * 4 + [BusyError] * 2
    assert later == os.getpid()


def test_a_process_answers_in_order_and_sends_errors_that_cannot_be_pickled_as_text():
    async def test(process):
        return await asyncio.gather(process.run(Tasks().fail), process.run(Tasks().echo, 7), return_exceptions=True)

    error, seven = in_process(test)
    assert isinstance(error, RuntimeError) and "UnpicklableError" in str(error)
    assert seven == 7


def test_an_answer_that_cannot_be_read_ends_the_process():
    async def test(process):
        tasks = process.run(Tasks().unpicklable_answer), process.run(Tasks().echo, 7)
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(answer) for answer in in_process(test)] == [ProcessLostError, ProcessLostError]


def test_a_killed_process_is_reported_lost():
    async def test(process):
        assert await process.run(Tasks().echo, 3) == 3
        for _ in range(2):
            with pytest.raises(ProcessLostError):
                await process.run(Tasks().kill)

    in_process(test)


def test_a_cancelled_task_does_not_shift_the_answers():
    async def test(process):
        cancelled = asyncio.ensure_future(process.run(Tasks().process_id))
        following = asyncio.ensure_future(process.run(Tasks().echo, 7))
        await asyncio.sleep(0)
        cancelled.cancel()
        return await following

    assert in_process(test) == 7


def test_many_searches_of_a_real_server(holiday, tmp_path):
    """Its helpers find what it finds, and end with it; Ctrl-C is not theirs to hear."""
    log = tmp_path / "log"
    with serve(log, holiday, "--port", 0) as process:
        with Running(address(log, process), holiday).client() as api, ThreadPoolExecutor(8) as people:

            def hits(turn: int = 0) -> list[dict]:
                return api.get("search", params={"q": "the sea"}).json()["hits"]

            def crowd() -> bool:
                return all(results == alone for results in people.map(hits, range(32)))

            alone = hits()
            assert alone and not helpers_of(process.pid)
            assert crowd() and eventually(lambda: helpers_of(process.pid), 10)
            helpers = helpers_of(process.pid)
            assert eventually(lambda: not any(at_work(helper) for helper in helpers), 60), "they open the libraries"
            before = {helper: ticks(helper) for helper in helpers}
            assert crowd() and all(ticks(helper) > before[helper] for helper in helpers)
        for pid in [process.pid, *helpers]:
            os.kill(pid, signal.SIGINT)
        assert process.wait(30) == 130
        assert eventually(lambda: not any(Path(f"/proc/{helper}").exists() for helper in helpers), 20)
    assert log.read_text().splitlines()[1:] == ["stopped"]


def helpers_of(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in children if b"-fork" in Path(f"/proc/{child}/cmdline").read_bytes()]


def ticks(process: int) -> int:
    """Of a core's time that it has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def at_work(process: int) -> bool:
    before = ticks(process)
    time.sleep(0.5)
    return ticks(process) > before
