"""A server as a person starts it: `hearsight serve` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hearsight

TOKEN = "a-token-that-only-tests-know"


@contextmanager
def serving(folder: Path, token: str | None = None) -> Iterator[str]:
    """The address of a server of an indexed folder. Its model may still be loading: what needs it waits."""
    source = Path(hearsight.__file__).parents[1]
    given = {**os.environ, "PYTHONPATH": os.pathsep.join([str(source), os.environ.get("PYTHONPATH", "")])}
    given.pop("HEARSIGHT_TOKEN", None)
    if token is not None:
        given["HEARSIGHT_TOKEN"] = token
    command = [sys.executable, "-m", "hearsight", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, env=given, stderr=subprocess.PIPE, text=True) as server:
        try:
            told = server.stderr.readline()
            address = re.search(r"http://[^/]+", told)
            assert address, told
            yield address[0]
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                server.kill()
