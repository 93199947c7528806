"""Getting at a Ray cluster, and making sure that its nodes can do the work."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Read when Ray is imported. A program for people's own videos tells nobody that it is used, and what Ray would say on
# the screen stands in its logs.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from hearsight.errors import HearsightError
from hearsight.library.tables.identity import Identity
from hearsight.version import VERSION

STDERR = 2
SECONDS_TO_ANSWER = 3.0
SECONDS_TO_LOOK = 60.0


def connect(address: str | None) -> None:
    """Make this process a driver of the cluster at HOST:PORT ("auto": of this machine's).

    None: of that in RAY_ADDRESS, else this machine's, else of one of this machine alone, which ends with the process.
    Raises HearsightError where no cluster answers, or this machine is not part of it.
    """
    address = address or os.environ.get("RAY_ADDRESS")
    if address and address != "auto":
        _check_answers(address)
    own = {"include_dashboard": False} if address is None else {}
    try:
        with _mute_stderr():
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (OSError, RuntimeError, ValueError) as error:
        raise HearsightError(
            f"cannot join the Ray cluster{f' at {address}' if address else ''}: {error}; run this on one of its nodes "
            "(ray start --address HOST:PORT), with the same versions of Ray and Python, and if the cluster has a "
            "token (~/.ray/auth_token), with it and RAY_AUTH_MODE=token"
        ) from error
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # errors are raised, too


@contextmanager
def _mute_stderr() -> Iterator[None]:
    """Ray's core says there which level of messages it will keep to."""
    sys.stderr.flush()
    kept, nowhere = os.dup(STDERR), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
        os.close(nowhere)


def _check_answers(address: str) -> None:
    """Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal() and int(port) < 1 << 16):
        raise HearsightError(f"'{address}' is no address of a Ray cluster; give HOST:PORT of its head, or auto")
    try:
        socket.create_connection((host, int(port)), SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise HearsightError(
            f"no Ray cluster answers at {address} ({error}); start one there (ray start --head), or give its address"
        ) from error


def check_nodes(at: Path, place: Path | None) -> None:
    """Raises HearsightError if a node cannot see the library kept at `at`, or a file or folder to be indexed."""
    identity = Identity.read(at)
    nodes = [node for node in ray.nodes() if node["Alive"] and {"CPU", "GPU"} & node["Resources"].keys()]
    looks = {}
    for node in nodes:
        there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        look = ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=there)(_look)
        looks[node["NodeManagerAddress"]] = look.remote(VERSION, at, identity, place)
    for address, look in looks.items():
        try:
            wrong = ray.get(look, timeout=SECONDS_TO_LOOK)
        except ray.exceptions.RayError as error:
            wrong = f"cannot run Hearsight ({str(error).strip().splitlines()[-1]}); install it there as it is here"
        if wrong:
            raise HearsightError(f"the node {address} of the cluster {wrong}")


def _look(version: str, at: Path, identity: Identity, place: Path | None) -> str:
    """What keeps a node from the work, and what to do; "" if nothing does."""
    if version != VERSION:
        return f"has Hearsight {VERSION}, not {version}; install the same on all"
    if Identity.read(at) != identity:
        return f"does not see the library at {at}; keep it on a disk that all nodes mount at that place (--library)"
    if place and not (place.is_file() or place.is_dir()):
        return f"does not see {place}; mount that disk on all nodes at the same place, or use an object store"
    return ""
