"""Plugins: code of other people that registers methods, recognisers, data set readers and teachers.

A plugin is an installed package with an entry point in the group `hearsight.plugins`, a file that is named on the
command line (`hearsight --plugin FILE`), or a module that a program imports. Nothing else is ever imported: the name of
a method in a model's folder, for example, does not make `hearsight.load` import a module of that name.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from types import ModuleType, TracebackType

from hearsight.errors import HearsightError

GROUP = "hearsight.plugins"
log = logging.getLogger(__name__)

_lock = RLock()
_loaded = False
_loading = False
_failed: list[str] = []  # names of packages
MODULES: set[str] = set()  # names of the plugins' modules and packages, without submodules
FILES: list[Path] = []  # that the command line named
FOLDERS: set[Path] = set()  # of these files, which may import other files of their folder


@dataclass(frozen=True)
class Location:
    """A line of a plugin. function: "" for a line outside of all functions."""

    file: str
    line: int
    function: str = ""

    def __str__(self) -> str:
        function = f" ({self.function})" if self.function else ""
        return f"{self._short()}, line {self.line}{function}"

    def _short(self) -> str:
        """The path as seen from the current directory, if it is below that."""
        path = Path(self.file)
        return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else self.file


def load_installed() -> None:
    """Load the installed plugins, once in a process.

    An entry point names a module, which registers what it has when it is imported, or a function without parameters.
    A plugin that fails is logged as a warning, and stops nothing that does not need it.
    """
    global _loaded, _loading
    with _lock:
        if _loaded:
            return
        _loaded = _loading = True  # now, as a plugin may list names while it is loaded
        try:
            for entry_point in entry_points(group=GROUP):
                _load(entry_point)
        finally:
            _loading = False


def is_loading() -> bool:
    """Return whether an installed plugin is being loaded."""
    return _loading


def failed_packages() -> list[str]:
    """Return the names of the installed packages whose plugins could not be loaded."""
    return list(_failed)


def run_file(file: Path) -> None:
    """Run a Python file, which may import other files of its folder. Raises HearsightError if it fails."""
    name = _module_name(file)
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise HearsightError(f"cannot run the plugin {file}: it is not a Python file; give one that ends in .py")
    sys.path.append(str(file.resolve().parent))
    FOLDERS.update((file.parent, file.resolve().parent))
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        FILES.append(file)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, SystemExit):
            raise HearsightError(
                f"the plugin {file} ends the program (sys.exit), so no command can follow; move that call below "
                '`if __name__ == "__main__":`'
            ) from error
        if isinstance(error, HearsightError) or not isinstance(error, Exception):
            raise
        raise HearsightError(
            f"the plugin {file} failed: {describe_error(error)}; correct it, or add --debug for the whole traceback"
        ) from error


def run_file_once(file: Path) -> None:
    """Run a file as `run_file` does, unless this process has already run it."""
    if getattr(sys.modules.get(_module_name(file)), "__file__", None) != str(file):
        run_file(file)


def files() -> list[Path]:
    """Return the files that were run: a worker process has to run them again (`run_file_once`)."""
    return list(FILES)


def add_module(name: str) -> None:
    """Note that a module is a plugin, or is in one, so that errors in it are recognised as the plugin's."""
    package = name.partition(".")[0]
    if package != "hearsight" and package not in sys.stdlib_module_names - {"__main__"}:
        MODULES.add(package)


def plugin_of(error: BaseException | None) -> Location | None:
    """Return the innermost line of a plugin in the traceback of an error, or of its cause; None without one."""
    while error is not None:
        if isinstance(error, SyntaxError) and error.filename and _is_plugin("", error.filename):
            return Location(error.filename, error.lineno or 0)
        locations = list(_locations(error.__traceback__))
        if locations:
            return locations[-1]
        error = error.__cause__
    return None


def describe_error(error: BaseException) -> str:
    """Return an error in one line, with the plugin's file and line if it is a plugin's."""
    name = type(error).__name__
    message = f"{name}: {error}" if str(error) else name
    location = plugin_of(error)
    return f"in {location}: {message}" if location else message


def _load(entry_point: EntryPoint) -> None:
    package = entry_point.dist.name if entry_point.dist else entry_point.name
    add_module(entry_point.module)
    try:
        plugin = entry_point.load()
        if callable(plugin) and not isinstance(plugin, ModuleType):
            plugin()
    except (Exception, SystemExit) as error:
        _failed.append(package)
        log.warning(
            "the plugin %s (%s) cannot be used: %s; update it, or uninstall it: pip uninstall %s",
            *(entry_point.value, f"package {package}", describe_error(error), package),
        )


def _locations(traceback: TracebackType | None) -> Iterator[Location]:
    """Yield the lines of plugins in a traceback, outermost first."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if _is_plugin(traceback.tb_frame.f_globals.get("__name__", ""), code.co_filename):
            function = "" if code.co_name == "<module>" else code.co_name
            yield Location(code.co_filename, traceback.tb_lineno, function)
        traceback = traceback.tb_next


def _is_plugin(module: str, file: str) -> bool:
    package = module.partition(".")[0]
    return package in MODULES or (package != "hearsight" and Path(file).parent in FOLDERS)


def _module_name(file: Path) -> str:
    """The name that a file is imported as: a save.py must not be mistaken for another module of that name."""
    return f"plugin_{file.stem}"
