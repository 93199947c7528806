"""The extras of the package, which are installed on demand."""

from __future__ import annotations

import shlex
import sys


def install_command(extra: str) -> str:
    """Return the command that adds an extra to this installation, in a checkout's .venv or elsewhere."""
    return f"{shlex.quote(sys.executable)} -m pip install 'hearsight[{extra}]'"
