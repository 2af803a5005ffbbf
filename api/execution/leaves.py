"""How the values of scalars and enums go out: those that are right as they are, as they are."""

from collections.abc import Callable
from enum import Enum
from math import isfinite
from typing import Any, Final

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

Serialize = Callable[[Any], Any]
_AS_THEY_ARE: Final[dict[GraphQLLeafType, type]] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}


class _NoType:
    """Of nothing."""


class _NoMembers(Enum):
    """Of an enum that is none of ours."""


def as_it_is(kind: GraphQLLeafType) -> type:
    """Values of exactly this type go out as they are."""
    return _AS_THEY_ARE.get(kind, _NoType)


def serializer(kind: GraphQLLeafType) -> Serialize:
    """Gives what is sent for a value that is not null; raises where the value is none of that kind."""
    if kind is GraphQLFloat:
        return _finite
    if isinstance(kind, GraphQLEnumType):
        return _named(kind)
    return _checked(kind)


def _finite(value: Any) -> Any:
    return value if type(value) is float and isfinite(value) else GraphQLFloat.coerce_output_value(value)


def _named(kind: GraphQLEnumType) -> Serialize:
    checked, members = _checked(kind), getattr(kind, "wrapped_cls", _NoMembers)
    names = {member._name_: checked(member) for member in members}

    def serialize(value: Any) -> Any:
        return names[value._name_] if type(value) is members else checked(value)

    return serialize


def _checked(kind: GraphQLLeafType) -> Serialize:
    coerce = kind.coerce_output_value

    def serialize(value: Any) -> Any:
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise TypeError(
                f"Expected `{inspect(kind)}.coerce_output_value({inspect(value)})` to return non-nullable value,"
                f" returned: {inspect(coerced)}"
            )
        return coerced

    return serialize
