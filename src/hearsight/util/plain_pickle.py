"""Read pickles of plain values without running anything that is in them, and without filling the memory.

A pickle is a program for a machine with a stack. This one builds lists, tuples, dictionaries, strings and numbers, and
what the caller allows by name. Python's own reader is not safe from a stranger: sixty lines of a pickle make a key that
takes years to hash, and one large index of its memo takes gigabytes. So the steps are checked and counted before the
first is taken, keys must be simple values, and everything else is refused.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

MOST_BYTES = 64 << 20
MOST_STEPS = 2_000_000  # a tensor takes some thirty
STEPS = """
PROTO FRAME STOP MARK POP POP_MARK DUP NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT
STRING BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8
EMPTY_LIST LIST APPEND APPENDS EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_DICT DICT SETITEM SETITEMS
GET BINGET LONG_BINGET PUT BINPUT LONG_BINPUT MEMOIZE GLOBAL STACK_GLOBAL REDUCE NEWOBJ BUILD BINPERSID
"""
ALLOWED_STEPS = frozenset(STEPS.split())
KEYS = (str, bytes, int, float, bool, type(None))
LONGEST_KEY = 4096  # letters: longer ones take long to compare
MOST_BITS = 4096  # of a number: larger ones take long to hash
MOST_ARGUMENTS = 16  # of a constructor
MOST_NAMES, LONGEST_NAME = 10, 200  # in a message

Constructors = Mapping[tuple[str, str], Any]


class ForeignObjectError(pickle.UnpicklingError):
    """An error for a pickle that would build other objects. names: of their classes, with their modules."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names) or "it would build objects")
        self.names = names


class Attributes:
    """An object of a pickle, of whatever class: its attributes, and nothing that its class does."""


def read_pickle(
    stream: io.BytesIO,
    constructors: Constructors = MappingProxyType({}),
    load_reference: Callable[[Any], Any] | None = None,
    most_steps: int = MOST_STEPS,
) -> Any:
    """Read the next pickle of a stream, and leave the stream after it.

    constructors: what is called for a class or function, by module and name; "" stands for all names of a module and
    of those in it. They must not copy what they are given: it may be shared by a million calls. load_reference: returns
    what a persistent id stands for.
    Raises ForeignObjectError for other objects, and UnpicklingError, ValueError and others for damaged ones.
    """
    begin = stream.tell()
    foreign = _check_steps(stream, constructors, most_steps)
    if foreign:
        raise ForeignObjectError(foreign)
    stream.seek(begin)
    return _PlainUnpickler(stream, constructors, load_reference).load()


def _check_steps(stream: io.BytesIO, constructors: Constructors, most: int) -> list[str]:
    """Go through the steps of a pickle. Return the names of what it would build and may not, as far as steps show it.

    Raises UnpicklingError for steps that no plain pickle has, and for too many.
    """
    foreign, texts = set[str](), ["", ""]
    for count, (step, argument, _) in enumerate(pickletools.genops(stream)):
        if count >= most:
            raise pickle.UnpicklingError(f"it has more than {most:,} steps")
        if step.name not in ALLOWED_STEPS:
            raise ForeignObjectError([])
        if isinstance(argument, str) and step.name not in ("GLOBAL", "INT", "FLOAT"):
            texts = [texts[-1], argument]
        if isinstance(argument, int) and argument.bit_length() > MOST_BITS:
            raise pickle.UnpicklingError("it has a number of thousands of digits")
        if step.name in ("GLOBAL", "STACK_GLOBAL"):
            module, name = str(argument).split(" ", 1) if step.name == "GLOBAL" else texts
            if _find(constructors, module, name) is None and len(foreign) < MOST_NAMES:
                foreign.add(f"{module}.{name}"[:LONGEST_NAME])
    return sorted(foreign)


def _find(constructors: Constructors, module: str, name: str) -> Any:
    return constructors.get((module, name)) or constructors.get((module.partition(".")[0], ""))


class _PlainUnpickler(pickle._Unpickler):
    """Python's own machine, not C's: its memo is a dictionary, and single steps can be replaced."""

    stack: list[Any]
    pop_mark: Callable[[], list[Any]]
    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

    def __init__(
        self, stream: io.BytesIO, constructors: Constructors, load_reference: Callable[[Any], Any] | None
    ) -> None:
        super().__init__(stream, encoding="utf-8")
        self.constructors, self.load_reference = constructors, load_reference

    def find_class(self, module: str, name: str) -> Any:
        constructor = _find(self.constructors, module, name)
        if constructor is None:
            raise ForeignObjectError([f"{module}.{name}"[:LONGEST_NAME]])
        return constructor

    def persistent_load(self, pid: Any) -> Any:
        if self.load_reference is None:
            raise pickle.UnpicklingError("it refers to something outside of it")
        return self.load_reference(pid)

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._fill([key], [value])

    def set_items(self) -> None:
        items = self.pop_mark()
        self._fill(items[::2], items[1::2])

    def make_dictionary(self) -> None:
        items = self.pop_mark()
        self.stack.append({})
        self._fill(items[::2], items[1::2])

    def _fill(self, keys: list[Any], values: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict):
            raise pickle.UnpicklingError("it adds entries to something that is no dictionary")
        check_keys(keys)
        target.update(zip(keys, values, strict=True))

    def build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, Attributes) and isinstance(state, dict):
            target.__dict__ = state  # not copied: a million objects may share it
        elif not isinstance(target, dict):  # torch notes versions at an ordered dictionary, which are not needed
            raise pickle.UnpicklingError("it gives attributes to something that has none")

    def reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(arguments, tuple) or len(arguments) > MOST_ARGUMENTS:
            raise pickle.UnpicklingError("it builds an object with too many arguments")
        self.stack.append(function(*arguments))

    def make_object(self) -> None:
        arguments, kind = self.stack.pop(), self.stack.pop()
        if kind is not Attributes or arguments != ():
            raise pickle.UnpicklingError("it builds an object that is not a module")
        self.stack.append(Attributes())

    # Python's machine looks steps up by their code, not by the name of a method.
    for _code, _step in (
        (pickle.SETITEM, set_item),
        (pickle.SETITEMS, set_items),
        (pickle.DICT, make_dictionary),
        (pickle.BUILD, build),
        (pickle.REDUCE, reduce),
        (pickle.NEWOBJ, make_object),
    ):
        dispatch[_code[0]] = _step


def check_keys(keys: list[Any]) -> None:
    """Raise UnpicklingError for keys of a dictionary that are no simple values: a nested one may take years to hash."""
    if not all(type(key) in KEYS for key in keys):
        raise pickle.UnpicklingError("it has keys that are neither text nor numbers")
    if any(isinstance(key, str | bytes) and len(key) > LONGEST_KEY for key in keys):
        raise pickle.UnpicklingError(f"it has keys of over {LONGEST_KEY:,} letters")
