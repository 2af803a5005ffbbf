"""How the values of scalars and enums go out: those that are right as they are, as they are."""

from collections.abc import Callable
from enum import Enum
from math import isfinite
from typing import Any, Final, TypeAlias

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import inspect

Serialize: TypeAlias = Callable[[Any], Any]
_AS_THEY_ARE: Final[dict[GraphQLLeafType, type]] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}


class _NoType:
    """Of nothing."""


class _NoMembers(Enum):
    """Of an enum that is none of ours."""


def as_it_is(kind: GraphQLLeafType) -> type:
    """Values of exactly this type go out as they are."""
    return _AS_THEY_ARE.get(kind, _NoType)


def null(missing: str | None) -> None:
    """Null, where that is allowed: `missing` names the field where it is not."""
    if missing is not None:
        raise TypeError(f"Cannot return null for non-nullable field {missing}.")


def leaf(kind: GraphQLLeafType, missing: str | None) -> Serialize:
    """Gives what is sent for a value of that kind; raises where it is none, or null where that is not allowed."""
    if kind is GraphQLFloat:
        return _finite(_any(kind, missing))
    if isinstance(kind, GraphQLEnumType):
        return _named(kind, _any(kind, missing))
    return _any(kind, missing)


def _finite(other: Serialize) -> Serialize:
    def complete(value: Any) -> Any:
        return value if type(value) is float and isfinite(value) else other(value)

    return complete


def _named(kind: GraphQLEnumType, other: Serialize) -> Serialize:
    members = getattr(kind, "wrapped_cls", _NoMembers)
    names = {member._name_: other(member) for member in members}

    def complete(value: Any) -> Any:
        return names[value._name_] if type(value) is members else other(value)

    return complete


def _any(kind: GraphQLLeafType, missing: str | None) -> Serialize:
    coerce = kind.coerce_output_value

    def complete(value: Any) -> Any:
        if value is None or value is Undefined:
            return null(missing)
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise TypeError(
                f"Expected `{inspect(kind)}.coerce_output_value({inspect(value)})` to return non-nullable value,"
                f" returned: {inspect(coerced)}"
            )
        return coerced

    return complete
