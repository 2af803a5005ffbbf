"""Short ways through what Strawberry compiles: plain fields by attribute, union members by name, long lists in slices.

Its own way to a plain attribute, or to a method without arguments, is ten times as long as it need be. What long lists hold is
counted on the way.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, TypeAlias

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_object_type,
)
from strawberry.types.field import StrawberryField

from api.slices import SHORT, sliced

Resolver: TypeAlias = Callable[..., Any]
ResolveInfo: TypeAlias = GraphQLResolveInfo[Any]
_DEFINITION: Final = "strawberry-definition"


def definition_of(field: GraphQLField) -> StrawberryField:
    """The declaration from which Strawberry compiled a field."""
    definition: StrawberryField = field.extensions[_DEFINITION]
    return definition


def take_shortcuts(schema: GraphQLSchema) -> None:
    """Shorten what can be shortened without a change in what is answered."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLUnionType):
            kind.resolve_type = _name_of_type
        elif isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for field in kind.fields.values():
                _shorten(field)


def _shorten(field: GraphQLField) -> None:
    definition = definition_of(field)
    method = definition.base_resolver
    for argument in field.args.values():  # Python's None is the absence of a default, not a default of null
        argument.default_value = Undefined if argument.default_value is None else argument.default_value
    if method is None:
        field.resolve = _attribute(definition.python_name)
    elif not method.arguments and method.info_parameter is None and not method.is_async:
        field.resolve = _method(method.wrapped_func)
    if _is_list_of_objects(field) and field.resolve is not None and (method is None or not method.is_async):
        field.resolve = _giving_way(field.resolve)


def _is_list_of_objects(field: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(field.type)) and is_object_type(get_named_type(field.type))


def _attribute(name: str) -> Resolver:
    get = attrgetter(name)
    return lambda source, _info: get(source)


def _method(function: Any) -> Resolver:
    return lambda source, _info: function(source)


def _giving_way(resolve: Resolver) -> Resolver:
    def resolved(source: object, info: ResolveInfo, **arguments: Any) -> Any:
        items = resolve(source, info, **arguments)
        if len(items) <= SHORT:
            return items
        info.context.items.spend(len(items))
        return sliced(items)

    return resolved


def _name_of_type(value: object, _info: ResolveInfo, _union: GraphQLAbstractType) -> str:
    """Every member of our unions is made as an instance of its own type."""
    return type(value).__name__
