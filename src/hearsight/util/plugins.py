"""Plugins: code of other people that registers methods, recognisers, data set readers and teachers.

A plugin is an installed package with an entry point in the group `hearsight.plugins`, a file that is named on the
command line (`hearsight --plugin FILE`), or a module that a program imports. Nothing else is ever imported: the name of
a method in a model's folder, for example, does not make `hearsight.load` import a module of that name.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from types import ModuleType, TracebackType

from hearsight.errors import HearsightError

GROUP = "hearsight.plugins"
# A line of a traceback as text, which is what is left of an error in another process.
FRAME = re.compile(r'File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<function>\S+)')
log = logging.getLogger(__name__)


@dataclass
class State:
    """The plugins of this process.

    is_loaded: whether the installed ones are. failed_packages: installed packages that could not be loaded.
    packages: names of plugins' packages, or of modules in no package. files: those that the command line named.
    """

    is_loaded: bool = False
    is_loading: bool = False
    failed_packages: list[str] = field(default_factory=list)
    packages: set[str] = field(default_factory=set)
    files: list[Path] = field(default_factory=list)


state = State()
_lock = RLock()


@dataclass(frozen=True)
class Location:
    """A line of a plugin. function: "" for a line outside of all functions."""

    file: str
    line: int
    function: str = ""

    def __str__(self) -> str:
        path = Path(self.file)
        file = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        return f"{file}, line {self.line}" + (f" ({self.function})" if self.function else "")


def load_installed() -> None:
    """Load the installed plugins, once in a process.

    An entry point names a module, which registers what it has when it is imported, or a function without parameters.
    A plugin that fails is logged as a warning, and stops nothing that does not need it.
    """
    with _lock:
        if state.is_loaded:
            return
        state.is_loaded = state.is_loading = True  # now, as a plugin may list names while it is loaded
        try:
            for entry_point in entry_points(group=GROUP):
                _load(entry_point)
        finally:
            state.is_loading = False


def run_file(file: Path) -> None:
    """Run a Python file, which may import other files of its folder. Raises HearsightError if it fails."""
    name = _module_name(file)
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise HearsightError(f"cannot run the plugin {file}: it is not a Python file; give one that ends in .py")
    sys.path.append(str(file.resolve().parent))
    state.files.append(file)
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
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


def loaded_files() -> list[Path]:
    """Return the files that the command line named, without those that failed."""
    return [file.absolute() for file in state.files if _module_name(file) in sys.modules]


def run_files_once(files: Sequence[Path]) -> None:
    """Run the files that this process has not run yet: a worker process gets those of `state.files`."""
    for file in files:
        if getattr(sys.modules.get(_module_name(file)), "__file__", None) != str(file):
            run_file(file)


def add_module(name: str) -> None:
    """Note that a module is a plugin, or is in one, so that errors in it are recognised as the plugin's."""
    package = name.partition(".")[0]
    if package != "hearsight" and package not in sys.stdlib_module_names - {"__main__"}:
        state.packages.add(package)


def plugin_of(error: BaseException | None) -> Location | None:
    """Return the innermost line of a plugin in the traceback of an error, or of its cause; None without one."""
    while error is not None:
        if isinstance(error, SyntaxError) and error.filename and _is_file_of_plugin(error.filename):
            return Location(error.filename, error.lineno or 0)
        locations = [*_locations(error.__traceback__)] or [*_locations_in_text(str(error))]
        if locations:
            return locations[-1]
        error = error.__cause__
    return None


def describe_error(error: BaseException) -> str:
    """Return an error in one line, with the plugin's file and line if it is a plugin's."""
    name, location = type(error).__name__, plugin_of(error)
    lines = str(error).strip().splitlines()
    if location and len(lines) > 1 and any(FRAME.search(line) for line in lines):
        message = lines[-1]  # the traceback of another process, which ends with type and message
    else:
        message = f"{name}: {error}" if lines else name
    return f"in {location}: {message}" if location else message


def _load(entry_point: EntryPoint) -> None:
    package = entry_point.dist.name if entry_point.dist else entry_point.name
    add_module(entry_point.module)
    try:
        plugin = entry_point.load()
        if callable(plugin) and not isinstance(plugin, ModuleType):
            plugin()
    except (Exception, SystemExit) as error:
        state.failed_packages.append(package)
        log.warning(
            "the plugin %s of the package %s cannot be used: %s; update the package, or run: pip uninstall %s",
            *(entry_point.value, package, describe_error(error), package),
        )


def _locations(traceback: TracebackType | None) -> Iterator[Location]:
    """Yield the lines of plugins in a traceback, outermost first."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        package = traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0]
        if package in state.packages or (package != "hearsight" and _is_file_of_plugin(code.co_filename)):
            function = "" if code.co_name == "<module>" else code.co_name
            yield Location(code.co_filename, traceback.tb_lineno, function)
        traceback = traceback.tb_next


def _locations_in_text(text: str) -> Iterator[Location]:
    """Yield the lines of plugins in a traceback as text, outermost first."""
    for frame in FRAME.finditer(text):
        if _is_file_of_plugin(frame["file"]):
            function = "" if frame["function"] == "<module>" else frame["function"]
            yield Location(frame["file"], int(frame["line"]), function)


def _is_file_of_plugin(file: str) -> bool:
    """Return whether a file is in a plugin's package, or is or stands next to one that the command line named."""
    path = Path(file)
    if any(path.parent in (named.parent, named.resolve().parent) for named in state.files):
        return True
    modules = [module for name in state.packages if (module := sys.modules.get(name))]
    folders = [Path(folder) for module in modules for folder in getattr(module, "__path__", ())]
    return any(path.is_relative_to(folder) for folder in folders) or file in [
        getattr(module, "__file__", None) for module in modules
    ]


def _module_name(file: Path) -> str:
    """The name that a file is imported as: a save.py must not be mistaken for another module of that name."""
    return f"plugin_{file.stem}"
