"""LanceDB, imported in half the time.

LanceDB imports the client of a service over HTTP that tables on disk never need, and wrapping the hundreds of functions
of that client takes longer than everything else in it. So the client waits until someone asks for a name of it.

    from hearsight.util.lancedb import FTS, lancedb
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec, module_from_spec
from typing import Any

from hearsight.util.cpu import cores

CLIENT = "lance_namespace_urllib3_client"


def load_when_asked(package: str) -> None:
    """Put off what importing a package runs until one of its own names is asked for.

    Its modules can be imported as ever, and whoever asks for a name gets it: nothing but the time changes.
    """
    spec = None if package in sys.modules else find_spec(package)
    if spec is None or spec.loader is None:
        return
    loader, module = spec.loader, module_from_spec(spec)

    def load(name: str) -> Any:
        del vars(module)["__getattr__"]
        loader.exec_module(module)
        return getattr(module, name)

    vars(module)["__getattr__"] = load
    sys.modules[package] = module


load_when_asked(CLIENT)
os.environ.setdefault("LANCE_LOG", "error")  # its warnings are of what no user can change
# Lance computes with all cores but two, and at least one. A search reads the segments of an index side by side.
os.environ.setdefault("LANCE_CPU_THREADS", str(cores()))

import lancedb  # noqa: E402
from lancedb.index import FTS, Bitmap, BTree  # noqa: E402
from lancedb.query import MatchQuery  # noqa: E402

__all__ = ["FTS", "BTree", "Bitmap", "MatchQuery", "lancedb"]
