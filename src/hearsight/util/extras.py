"""The extras of the package: what is only installed when asked for."""

from __future__ import annotations

import shlex
import sys


def install_command(extra: str) -> str:
    """What to type to add an extra to this very installation, be it a checkout's .venv or any other."""
    return f"{shlex.quote(sys.executable)} -m pip install 'hearsight[{extra}]'"
