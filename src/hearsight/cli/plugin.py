"""`hearsight --plugin FILE COMMAND ...`: a file of the person's own, run first, so that what it registers is known."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from hearsight.errors import HearsightError


def run(file: Path) -> None:
    """Run a Python file, which may import others beside it. Raises HearsightError for one that fails."""
    name = _module(file)
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise HearsightError(f"cannot run the plugin {file}: it is no Python file; give one that ends in .py")
    sys.path.append(str(file.resolve().parent))
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]  # it has not run
        if isinstance(error, SystemExit):
            raise HearsightError(
                f"the plugin {file} ends the program (sys.exit), so no command can follow it; let it do so only below "
                '`if __name__ == "__main__":`'
            ) from error
        if isinstance(error, HearsightError) or not isinstance(error, Exception):
            raise
        raise HearsightError(
            f"the plugin {file} failed ({type(error).__name__}: {error}); correct it, or add --debug for its traceback"
        ) from error


def run_once(file: Path) -> None:
    """As `run`, unless this process has run the file: one that another has started has not."""
    if getattr(sys.modules.get(_module(file)), "__file__", None) != str(file):
        run(file)


def _module(file: Path) -> str:
    """What it is imported as: a save.py is not to be mistaken for another module of that name."""
    return f"plugin_{file.stem}"
