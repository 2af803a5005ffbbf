"""Short ways through what Strawberry compiles: plain fields by attribute, methods by a call, unions and nodes by name.

Its own way to a plain attribute or a method is ten times as long as it need be: it works out each time how arguments are called
in Python.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, TypeAlias

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_input_object_type,
)
from strawberry import Info
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry.utils.str_converters import to_camel_case

from api.fields import COLUMN

Resolver: TypeAlias = Callable[..., Any]
ResolveInfo: TypeAlias = GraphQLResolveInfo[Any]
_DEFINITION: Final = "strawberry-definition"


class Plain:
    """A resolver that needs its object and its arguments alone: `of` gives the value. `attribute` is it, where it is one."""

    __slots__ = ("attribute", "of")

    def __init__(self, of: Callable[..., Any], attribute: str | None = None) -> None:
        self.of = of
        self.attribute = attribute

    def __call__(self, source: object, _info: object, **arguments: Any) -> Any:
        return self.of(source, **arguments)


def definition_of(field: GraphQLField) -> StrawberryField:
    """The declaration from which Strawberry compiled a field."""
    definition: StrawberryField = field.extensions[_DEFINITION]
    return definition


def is_column(field: GraphQLField) -> bool:
    """Whether it was declared as a column; introspection was declared by others."""
    definition: StrawberryField | None = field.extensions.get(_DEFINITION)
    return definition is not None and COLUMN in definition.metadata


def take_shortcuts(schema: GraphQLSchema) -> None:
    """Shorten what can be shortened without a change in what is answered."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
            kind.resolve_type = _name_of_type
        elif isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for field in kind.fields.values():
                _shorten(field)


def _shorten(field: GraphQLField) -> None:
    definition = definition_of(field)
    method = definition.base_resolver
    for known in field.args.values():  # Python's None is the absence of a default, not a default of null
        known.default_value = Undefined if known.default_value is None else known.default_value
    if method is None:
        field.resolve = Plain(attrgetter(definition.python_name), definition.python_name)
    elif not field.subscribe and not any(is_input_object_type(get_named_type(one.type)) for one in field.args.values()):
        for argument in definition.arguments:
            field.args[argument.graphql_name or to_camel_case(argument.python_name)].out_name = argument.python_name
        field.resolve = _method(definition, method)


def _method(definition: StrawberryField, method: StrawberryResolver[Any]) -> Resolver:
    function: Any = method.wrapped_func
    if method.info_parameter is None and not method.is_async:
        return Plain(function)
    if method.info_parameter is None:
        return lambda source, _info, **arguments: function(source, **arguments)
    return lambda source, info, **arguments: function(source, info=Info(_raw_info=info, _field=definition), **arguments)


def _name_of_type(value: object, _info: ResolveInfo, _abstract: GraphQLAbstractType) -> str:
    """Every member of our unions and every node is made as an instance of its own type."""
    return type(value).__name__
