"""Join a Ray cluster, and check that its nodes can do the work."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from hearsight.errors import HearsightError
from hearsight.library.tables.library_json import Identity
from hearsight.version import VERSION

STDERR = 2
CONNECT_SECONDS = 3.0
CHECK_SECONDS = 60.0


def connect(address: str | None) -> None:
    """Join the Ray cluster at an address, with this process as a driver.

    address: HOST:PORT of the head; "auto" for the cluster that this machine is part of. None takes the address in
    RAY_ADDRESS, else the cluster of this machine, else starts a local one that ends with the process.
    Raises HearsightError if no cluster answers, or if this machine is not part of it.
    """
    address = address or os.environ.get("RAY_ADDRESS")
    if address and address != "auto":
        _check_answers(address)
    local_options: dict[str, Any] = {"include_dashboard": False} if address is None else {}
    try:
        with _mute_stderr():
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **local_options)
    except (OSError, RuntimeError, ValueError) as error:
        raise HearsightError(
            f"cannot join the Ray cluster{f' at {address}' if address else ''}: {error}; run this on one of its nodes "
            "(ray start --address HOST:PORT), with the same versions of Ray and Python, and if the cluster has a "
            "token (~/.ray/auth_token), with it and RAY_AUTH_MODE=token"
        ) from error
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # errors are raised, too


@contextmanager
def _mute_stderr() -> Iterator[None]:
    """Hide what Ray's core writes to the standard error about its level of logging."""
    sys.stderr.flush()
    original, devnull = os.dup(STDERR), os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, STDERR)
    try:
        yield
    finally:
        os.dup2(original, STDERR)
        os.close(original)
        os.close(devnull)


def _check_answers(address: str) -> None:
    """Raise HearsightError if nothing listens at an address. Ray itself tries for minutes."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal() and int(port) < 1 << 16):
        raise HearsightError(f"'{address}' is no address of a Ray cluster; give HOST:PORT of its head, or auto")
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except OSError as error:
        raise HearsightError(
            f"no Ray cluster answers at {address} ({error}); start one there (ray start --head), or give its address"
        ) from error


def check_nodes(location: Path, media: Path | None) -> None:
    """Raise HearsightError if a node cannot see the library at a location, or a file or folder to be indexed."""
    identity = Identity.read(location)
    nodes = [node for node in ray.nodes() if node["Alive"] and {"CPU", "GPU"} & node["Resources"].keys()]
    checks = {}
    for node in nodes:
        on_node = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        check = ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=on_node)(_check_node)
        checks[node["NodeManagerAddress"]] = check.remote(VERSION, location, identity, media)
    for address, check in checks.items():
        try:
            problem = ray.get(check, timeout=CHECK_SECONDS)
        except ray.exceptions.RayError as error:
            problem = f"cannot run Hearsight ({str(error).strip().splitlines()[-1]}); install it there as it is here"
        if problem:
            raise HearsightError(f"the node {address} of the cluster {problem}")


def _check_node(version: str, location: Path, identity: Identity, media: Path | None) -> str:
    """Return what keeps this node from the work and what to do about it, or "" if nothing does."""
    if version != VERSION:
        return f"has Hearsight {VERSION}, not {version}; install the same on all"
    if Identity.read(location) != identity:
        return (
            f"does not see the library at {location}; keep it on a disk that all nodes mount at that path (--library)"
        )
    if media and not (media.is_file() or media.is_dir()):
        return f"does not see {media}; mount that disk on all nodes at the same path, or use an object store"
    return ""
