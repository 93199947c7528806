"""Import LanceDB in half the time.

LanceDB imports the client of an HTTP service that tables on disk do not use. Wrapping the hundreds of functions of that
client takes longer than the rest of the import, so the client is imported when one of its names is first used, and its
classes get their validators when they are first used.

    from hearsight.util.lazy_lancedb import FTS, lancedb
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec, module_from_spec
from typing import Any

from pydantic import BaseModel

from hearsight.util.cpu import cores

CLIENT = "lance_namespace_urllib3_client"


def import_lazily(package: str) -> None:
    """Delay the code of a package until one of its names is first used.

    Its modules can be imported as usual.
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


import_lazily(CLIENT)
os.environ.setdefault("LANCE_LOG", "error")  # its warnings are about things that no user can change
# By default Lance computes with all cores but two. A search reads the segments of an index in parallel.
os.environ.setdefault("LANCE_CPU_THREADS", str(cores()))

BaseModel.model_config["defer_build"] = True  # of classes that are defined from here on, until it is deleted
import lancedb  # noqa: E402
from lancedb.index import FTS, Bitmap, BTree  # noqa: E402
from lancedb.query import BooleanQuery, FullTextOperator, MatchQuery, Occur  # noqa: E402

del BaseModel.model_config["defer_build"]

__all__ = ["FTS", "BTree", "Bitmap", "BooleanQuery", "FullTextOperator", "MatchQuery", "Occur", "lancedb"]
