"""Options of a method: declared once, in its class; read from recipes, configurations and code alike.

    class MyMethod(AudioVisualModel):
        @dataclass(frozen=True)
        class Options(AudioVisualModel.Options):
            share: Share = option(1.0, "how much of the sound a frame takes in, from 0 to 1")

The annotation is checked by pydantic, so a range can be part of the type: `Count` and the like below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import pydantic

from hearsight.errors import HearsightError
from hearsight.models.config import FORMER_FIELDS
from hearsight.util.suggest import nearest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Share = Annotated[float, pydantic.Field(ge=0, le=1)]
Positive = Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, pydantic.Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, pydantic.Field(gt=0, le=4096)]

ALIASES = {former: name for former, (name, _) in FORMER_FIELDS.items() if former != name}
Value = TypeVar("Value")


def option(default: Value, help: str) -> Value:
    """Declare an option in a method's `Options`: its default, and one line of help."""
    declared: Any = field(default=default, metadata={"help": help})
    return declared  # type: ignore[no-any-return]


@dataclass(frozen=True)
class OptionDescription:
    """An option as `hearsight models --method NAME` prints it. type: as annotated, such as "int | None"."""

    name: str
    type: str
    default: Any
    help: str


def describe_options(method: type) -> list[OptionDescription]:
    """Return the options of a method's class, in the order of their declaration."""
    hints = get_type_hints(method.Options)  # type: ignore[attr-defined]
    return [
        OptionDescription(each.name, _type_name(hints[each.name]), each.default, each.metadata.get("help", ""))
        for each in _declared(method)
    ]


def known_options(method: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those values that are options of a method's class, by their present names."""
    names = {each.name for each in _declared(method)}
    present = {name if name in names else ALIASES.get(name, name): value for name, value in values.items()}
    return {name: value for name, value in present.items() if name in names}


def read_options(method: type, values: Mapping[str, Any]) -> DataclassInstance:
    """Return the `Options` of a method's class with these values, and its defaults for the rest.

    Former names of options are understood. Raises HearsightError for a name that the method does not have, and for a
    value of another type or out of range.
    """
    names = [each.name for each in _declared(method)]
    for name in values:
        if name not in names and ALIASES.get(name) not in names:
            listed = f"its options are {', '.join(names)}" if names else "it has no options"
            raise HearsightError(f"{method.__name__} has no option '{name}'{nearest(name, names)}; {listed}")
    try:
        options: DataclassInstance = _adapter(method).validate_python(known_options(method, values))
    except pydantic.ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise HearsightError(f"the options of {method.__name__} cannot be used: {faults}; correct them") from error
    return options


def plain_options(method: type, options: DataclassInstance) -> dict[str, Any]:
    """Return options as JSON knows them, by name."""
    plain: dict[str, Any] = _adapter(method).dump_python(options, mode="json")
    return plain


def changed_options(options: DataclassInstance) -> set[str]:
    """Return the names of the options that do not have their default."""
    return {each.name for each in fields(options) if getattr(options, each.name) != each.default}


def check_options(method: type) -> None:
    """Raises HearsightError for a class whose `Options` are not declared as they have to be."""
    kind = method.Options  # type: ignore[attr-defined]
    problem = None
    if not (isinstance(kind, type) and is_dataclass(kind)) or "__dataclass_fields__" not in vars(kind):
        problem = "is not a dataclass; write @dataclass(frozen=True) above it"
    elif lacking := [each.name for each in fields(kind) if each.default is MISSING]:
        problem = f"has no default for '{lacking[0]}'; write {lacking[0]}: TYPE = option(DEFAULT, HELP)"
    if problem:
        raise HearsightError(f"the class Options of {method.__name__} {problem}")


def _declared(method: type) -> tuple[Field[Any], ...]:
    return fields(method.Options)  # type: ignore[attr-defined]


def _adapter(method: type) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(method.Options)  # type: ignore[attr-defined]


def _type_name(hint: Any) -> str:
    if get_origin(hint) in (Union, UnionType):
        return " | ".join("None" if part is NoneType else _type_name(part) for part in get_args(hint))
    return str(hint.__name__ if isinstance(hint, type) else hint).replace("typing.", "")
