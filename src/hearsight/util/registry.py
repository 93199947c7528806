"""Registries: what can be chosen by name, such as methods and recognisers.

A registry holds Hearsight's own entries, and those that plugins register (`hearsight.util.plugins`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Generic, TypeVar

from hearsight.errors import HearsightError
from hearsight.util import plugins
from hearsight.util.suggest import nearest

T = TypeVar("T")
Entry = TypeVar("Entry")


class Registry(Generic[T]):
    """Entries of one kind by name.

    noun: what an entry is called in messages ("method"). builtin: Hearsight's own entries, which cannot be replaced.
    Installed plugins are loaded only when a name is missing or all names are listed: a command that uses Hearsight's
    own entries does not wait for them.
    """

    def __init__(self, noun: str, builtin: Mapping[str, T]) -> None:
        self.noun = noun
        self.builtin = dict(builtin)
        self.registered: dict[str, T] = {}

    def register(self, name: str) -> Callable[[Entry], Entry]:
        """Return a decorator that registers what it decorates under a name.

        A name that is registered again stands for the newer entry, so that a cell of a notebook can be run twice. An
        installed plugin cannot replace the entry of another plugin. Raises HearsightError for a builtin name.
        """

        def add(entry: Entry) -> Entry:
            if name in self.builtin:
                raise HearsightError(
                    f"cannot register the {self.noun} '{name}': Hearsight has one of that name; choose another name"
                )
            previous = self.registered.get(name)
            if previous is not None and plugins.state.is_loading and _module(previous) != _module(entry):
                raise HearsightError(
                    f"cannot register the {self.noun} '{name}': {_module(previous)} has registered one of that name; "
                    "choose another name, or uninstall one of the two plugins"
                )
            plugins.add_module(_module(entry))
            self.registered[name] = entry  # type: ignore[assignment]
            return entry

        return add

    def get(self, name: str) -> T:
        """Return the entry of a name.

        Raises HearsightError for a name that neither Hearsight nor a plugin has registered.
        """
        if name not in self:
            raise HearsightError(self.unknown(name))
        return self.builtin[name] if name in self.builtin else self.registered[name]

    def names(self) -> list[str]:
        """Return all names: Hearsight's own first, then those of plugins."""
        plugins.load_installed()
        return [*self.builtin, *self.registered]

    def unknown(self, name: str) -> str:
        """Return the message for a name that is not registered."""
        names = self.names()
        return (
            f"unknown {self.noun} '{name}'{nearest(name, names)}; choose one of {', '.join(names)}, or install or "
            f"import the plugin that registers it (on the command line: hearsight --plugin FILE ...){_failed_plugins()}"
        )

    def __contains__(self, name: str) -> bool:
        if name not in self.builtin and name not in self.registered:
            plugins.load_installed()
        return name in self.builtin or name in self.registered


def _module(entry: object) -> str:
    """Return the name of the module that defines a class, a function or a partial function."""
    definition = entry.func if isinstance(entry, partial) else entry
    return getattr(definition, "__module__", None) or "?"


def _failed_plugins() -> str:
    packages = plugins.state.failed_packages
    return f"; these installed plugins could not be loaded: {', '.join(packages)}" if packages else ""
