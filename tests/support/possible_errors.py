"""Each error that an answer may name, in whatever order its fields come to an end, and which place is null for it.

Where all may be null nothing is let go of, and no error hides another. So a schema is executed as if it were so, and what is
missing where it must not be is made an error of its own.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias, cast

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)
from graphql.language import DocumentNode

from api.execution.execution import is_coroutine

Told: TypeAlias = tuple[str, str, str]
Place: TypeAlias = tuple[str | int, ...]
Possible: TypeAlias = dict[Told, Place]
_WHOLE: Final[Place] = ()


def told(error: GraphQLError) -> Told:
    """All that an error says."""
    return str(error.path), error.message, str(error.locations)


async def run(schema: GraphQLSchema, document: DocumentNode, context: object, variables: dict[str, Any]) -> ExecutionResult:
    """What graphql-core answers."""
    result = execute(schema, document, context_value=context, variable_values=variables, is_awaitable=is_coroutine)
    result = await result if is_coroutine(result) else result
    assert isinstance(result, ExecutionResult)
    return result


class Lenient:
    """A schema in which all may be null; it takes the schema over."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._declared: dict[Place, GraphQLOutputType] = {}
        for kind in schema.type_map.values():
            if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not kind.name.startswith("__"):
                for field in kind.fields.values():
                    if field.resolve is not None:
                        field.resolve = self._strict(field.type, field.resolve)
                    field.type = _nullable(field.type)

    async def possible(self, document: DocumentNode, context: object, variables: dict[str, Any]) -> Possible:
        """The errors, each with the place that is null for it: its own, or the nearest around it that may be null."""
        self._declared.clear()
        result = await run(self._schema, document, context, variables)
        assert result.data is not None
        found = {told(error): tuple(error.path or ()) for error in result.errors or []}
        nulls = {error: self._null(place) for error, place in found.items()}
        ends = [found[error][0] for error, null in nulls.items() if null == _WHOLE]
        if not _one_by_one(document) or not ends:
            return nulls
        begun = list(result.data)
        begun = begun[: 1 + min(map(begun.index, map(str, ends)))]
        return {error: null for error, null in nulls.items() if found[error][0] in begun}

    def _null(self, place: Place) -> Place:
        while place and is_non_null_type(self._kind(place)):
            place = place[:-1]
        return place

    def _kind(self, place: Place) -> GraphQLOutputType:
        """What a field was declared as; an item, by its list."""
        if place in self._declared:
            return self._declared[place]
        items = get_nullable_type(self._kind(place[:-1]))
        assert is_list_type(items)
        return cast("GraphQLOutputType", items.of_type)

    def _strict(self, kind: GraphQLOutputType, resolve: Callable[..., Any]) -> Callable[..., Any]:
        def resolved(source: object, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            self._declared[tuple(info.path.as_list())] = kind
            title = f"{info.parent_type}.{info.field_name}"
            value = resolve(source, info, **arguments)
            return _later(kind, value, title) if is_coroutine(value) else _or_error(kind, value, title)

        return resolved


async def _later(kind: GraphQLOutputType, value: Coroutine[Any, Any, Any], title: str) -> Any:
    return _or_error(kind, await value, title)


def _or_error(kind: GraphQLOutputType, value: Any, title: str) -> Any:
    """The value, with errors in the place of what must not be null; graphql-core takes them as if they were raised."""
    if value is None:
        return TypeError(f"Cannot return null for non-nullable field {title}.") if is_non_null_type(kind) else None
    bare = get_nullable_type(kind)
    return [_or_error(bare.of_type, item, title) for item in value] if is_list_type(bare) else value


def _nullable(kind: GraphQLOutputType) -> GraphQLOutputType:
    bare = get_nullable_type(kind)
    return GraphQLList(_nullable(bare.of_type)) if is_list_type(bare) else cast("GraphQLOutputType", bare)


def _one_by_one(document: DocumentNode) -> bool:
    """Whether no field at the root begins before the one before it is done: none does after one that ends it all."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return any(node.operation is OperationType.MUTATION for node in operations)
