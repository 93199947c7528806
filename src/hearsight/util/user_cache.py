"""The folder in the user's cache for what can be made again at any time; deleting it loses nothing but time."""

from __future__ import annotations

import os
from pathlib import Path


def user_cache(name: str) -> Path:
    """Return a folder of Hearsight's cache, which may not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "hearsight" / name
