"""Searches that come faster than one process can answer."""

import asyncio
import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hearsight.errors import HearsightError
from hearsight.web import pool as workers
from hearsight.web.pool import BusyError, Workers
from hearsight.web.search_process import Helper, LostError
from tests.web.conftest import Running, address, eventually, run, serve


class Desk:
    """Stands for a collection."""

    def where(self) -> int:
        """The process that is asked; it takes a little while."""
        time.sleep(0.05)
        return os.getpid()

    def refuse(self) -> None:
        raise HearsightError("nothing to look for")

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def give(self, number: int) -> int:
        return number

    def fail(self) -> None:
        raise UnreadableError("a", "b")

    def tell(self) -> "Riddle":
        return Riddle()


class UnreadableError(Exception):
    """Can be sent to another process, but not read there."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one)


class Riddle:
    """The same for what is no error."""

    def __reduce__(self):
        return UnreadableError, ("a",)


class Shut:
    """One that cannot be opened."""

    def __init__(self) -> None:
        raise HearsightError("damaged")


async def crowd(of: Workers, number: int = 8) -> set[int]:
    """Who answers when so many ask at once."""
    return set(await asyncio.gather(*(of.work(Desk().where) for _ in range(number))))


async def helped(of: Workers) -> set[int]:
    """The same, once all helpers are there."""
    async with asyncio.timeout(50):
        while len(answering := await crowd(of)) < 2 or os.getpid() in answering:
            pass
    return answering


def test_one_at_a_time_is_answered_here():
    async def asked():
        of = Workers(Desk, 2)
        try:
            return [await of.work(Desk().where) for _ in range(5)]
        finally:
            of.close()

    assert set(run(asked())) == {os.getpid()}
    assert not multiprocessing.active_children()


def test_a_crowd_is_answered_by_helpers():
    async def asked():
        of = Workers(Desk, 2)
        try:
            first = await crowd(of)
            answering = await helped(of)
            numbers = await asyncio.gather(*(of.work(Desk().give, number) for number in range(40)))
            with pytest.raises(HearsightError, match="nothing to look for"):
                await of.work(Desk().refuse)
            return first, answering, numbers
        finally:
            of.close()

    first, answering, numbers = run(asked())
    assert first == {os.getpid()}, "helpers take a while to come"
    assert len(answering) == 2 and os.getpid() not in answering
    assert numbers == list(range(40)), "everyone gets his own answer"
    assert eventually(lambda: not multiprocessing.active_children(), 20), "they end with the server"


def test_without_helpers_all_is_done_here():
    async def asked():
        of = Workers(Desk, 0)
        try:
            return await crowd(of)
        finally:
            of.close()

    assert run(asked()) == {os.getpid()}


def test_when_helpers_die_nobody_notices():
    async def asked():
        of = Workers(Desk, 2)
        try:
            before = await helped(of)
            os.kill(before.pop(), signal.SIGKILL)
            after = await asyncio.gather(*(of.work(Desk().where) for _ in range(8)))
            assert set(after) == before
            os.kill(before.pop(), signal.SIGKILL)
            return await crowd(of)
        finally:
            of.close()

    assert run(asked()) == {os.getpid()}


def test_after_a_while_new_ones_come(monkeypatch):
    monkeypatch.setattr(workers, "PAUSE", 0.5)

    async def asked():
        of = Workers(Desk, 2)
        try:
            before = await helped(of)
            for helper in before:
                os.kill(helper, signal.SIGKILL)
            assert await crowd(of) == {os.getpid()}
            return before, await helped(of)
        finally:
            of.close()

    before, after = run(asked())
    assert len(before) == len(after) == 2 and not before & after


def test_what_ends_every_process_does_not_end_this_one():
    async def asked():
        of = Workers(Desk, 2)
        try:
            await helped(of)
            with pytest.raises(BusyError, match="was lost with its process"):
                await of.work(Desk().die)
            return await crowd(of)
        finally:
            of.close()

    assert run(asked()) == {os.getpid()}
    assert not multiprocessing.active_children()


def test_an_error_that_cannot_be_sent_is_told_in_words():
    async def asked():
        helper = Helper(Desk)
        await helper.ready()
        failing, giving = helper.run(Desk().fail), helper.run(Desk().give, 7)
        return await asyncio.gather(failing, giving, return_exceptions=True)

    error, seven = run(asked())
    assert isinstance(error, RuntimeError) and "UnreadableError" in str(error)
    assert seven == 7


def test_an_answer_that_cannot_be_read_is_nobody_elses():
    async def asked():
        helper = Helper(Desk)
        await helper.ready()
        return await asyncio.gather(helper.run(Desk().tell), helper.run(Desk().give, 7), return_exceptions=True)

    assert [type(answer) for answer in run(asked())] == [LostError, LostError]


def test_what_is_at_work_at_the_end_is_told_so():
    async def asked():
        of = Workers(Desk, 2)
        await helped(of)
        working = [asyncio.ensure_future(of.work(Desk().where)) for _ in range(6)]
        await asyncio.sleep(0.01)
        of.close()
        return await asyncio.gather(*working, return_exceptions=True)

    assert {type(answer) for answer in run(asked())} <= {int, BusyError}


def test_what_kills_a_helper_is_told_by_it():
    async def asked():
        helper = Helper(Desk)
        await helper.ready()
        assert await helper.run(Desk().give, 3) == 3
        for _ in range(2):
            with pytest.raises(LostError):
                await helper.run(Desk().die)

    run(asked())


def test_helpers_that_cannot_open_the_libraries_are_done_without():
    async def asked():
        of = Workers(Shut, 2)
        try:
            first = await crowd(of)
            assert eventually(lambda: not multiprocessing.active_children(), 30)
            return first | await crowd(of)
        finally:
            of.close()

    assert run(asked()) == {os.getpid()}


def test_who_leaves_gets_no_one_elses_answer():
    async def asked():
        helper = Helper(Desk)
        await helper.ready()
        leaving = asyncio.ensure_future(helper.run(Desk().where))
        staying = asyncio.ensure_future(helper.run(Desk().give, 7))
        await asyncio.sleep(0)
        leaving.cancel()
        try:
            return await staying
        finally:
            helper.close()

    assert run(asked()) == 7


def test_too_many_are_told_to_come_again(monkeypatch):
    monkeypatch.setattr(workers, "MOST_WAITING", 4)

    async def asked():
        of = Workers(Desk, 0)
        try:
            found = await asyncio.gather(*(of.work(Desk().where) for _ in range(6)), return_exceptions=True)
            return found, await of.work(Desk().where)
        finally:
            of.close()

    found, after = run(asked())
    assert [type(answer) for answer in found] == [int] * 4 + [BusyError] * 2
    assert after == os.getpid()


def test_a_server_under_a_crowd(holiday, tmp_path):
    """Its helpers find what it finds, and end with it; Ctrl-C is not theirs to hear."""
    log = tmp_path / "log"
    with serve(log, holiday, "--port", 0) as process:
        with Running(address(log, process), holiday).client() as api, ThreadPoolExecutor(8) as people:

            def hits(turn: int = 0) -> list[dict]:
                return api.get("search", params={"q": "the sea"}).json()["hits"]

            def crowd() -> bool:
                return all(found == alone for found in people.map(hits, range(32)))

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
