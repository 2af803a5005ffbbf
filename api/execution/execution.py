"""One operation while it is executed, or one message of a subscription: what its fields lean on, and what went wrong."""

from collections.abc import Coroutine, Iterator
from types import CoroutineType
from typing import Any, Final, Protocol, TypeAlias, TypeGuard

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    is_non_null_type,
    located_error,
)
from graphql.execution.values import VariableValues
from graphql.language import FieldNode, FragmentDefinitionNode
from graphql.pyutils import Path, gather_with_cancel
from graphql.type import GraphQLResolveInfoHelpers

from api.errors import field_error
from api.execution.budget import Budget

Answer: TypeAlias = dict[str, Any]
Place: TypeAlias = tuple["Place", str | int] | None
"""Where in the answer: the place above, and the key in it. None is the whole."""
_HELPERS: Final = GraphQLResolveInfoHelpers(gather=lambda some: gather_with_cancel(*some), track=lambda _: None)


class Context(Protocol):
    """What resolvers lean on: here, what may be spent on long lists."""

    items: Budget


class Asked:
    """A field as a document asks for it: its nodes in the document, and what it is in the schema."""

    __slots__ = ("definition", "nodes", "parent")

    def __init__(self, parent: GraphQLObjectType, definition: GraphQLField, nodes: list[FieldNode]) -> None:
        self.parent = parent
        self.definition = definition
        self.nodes = nodes

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    @property
    def title(self) -> str:
        return f"{self.parent.name}.{self.name}"

    @property
    def missing(self) -> str | None:
        """Its title, where it must not be null."""
        return self.title if is_non_null_type(self.definition.type) else None


class Operation:
    """What is the same for all executions of one operation."""

    __slots__ = ("fragments", "node", "schema")

    def __init__(
        self, schema: GraphQLSchema, node: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
    ) -> None:
        self.schema = schema
        self.node = node
        self.fragments = fragments


class Execution:
    """One execution. `errors` are those of its fields, in the order in which they came."""

    __slots__ = ("_begun", "_null", "_operation", "context", "errors", "root", "variables")

    def __init__(self, operation: Operation, context: Context, variables: VariableValues, root: object = None) -> None:
        self._operation = operation
        self.context = context
        self.variables = variables
        self.root = root
        self.errors: list[GraphQLError] = []
        self._null: set[Place] = set()
        self._begun: list[Coroutine[Any, Any, Any]] = []

    def of(self, message: object) -> "Execution":
        """The same for a message."""
        return Execution(self._operation, self.context, self.variables, message)

    def begun(self, coroutine: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        """Know of a coroutine, so that it is closed where nobody comes to await it."""
        self._begun.append(coroutine)
        return coroutine

    def close(self) -> None:
        """End what was begun, and is no longer wanted."""
        for coroutine in self._begun:
            coroutine.close()

    def failed(self, error: Exception, nodes: list[FieldNode], place: Place, *, required: bool) -> None:
        """The place is null. Where it must not be, whatever holds it fails: with the same error, which knows where it began."""
        located = located_error(error, nodes, keys(place))
        if required:
            raise located
        self.tell(located, place)

    def tell(self, error: GraphQLError, place: Place) -> None:
        """An error that made a place null. What comes after, of things below it, is no longer of interest."""
        if not any(one in self._null for one in _upward(place)):
            self._null.add(place)
            self.errors.append(error)

    def answer(self, data: object) -> Answer:
        """The answer with that data, as it is sent."""
        return {"data": data, "errors": [field_error(error) for error in self.errors]} if self.errors else {"data": data}

    def info(self, asked: Asked, place: Place) -> GraphQLResolveInfo[Any]:
        """What a resolver is told, in graphql-core's words."""
        operation = self._operation
        return GraphQLResolveInfo(
            asked.name,
            asked.nodes,
            asked.definition.type,
            asked.parent,
            _path(place),
            operation.schema,
            operation.fragments,
            self.root,
            operation.node,
            self.variables,
            self.context,
            is_coroutine,
            None,
            _HELPERS,
        )


def is_coroutine(value: Any) -> TypeGuard[Coroutine[Any, Any, Any]]:
    """Nothing else that our resolvers return is to be awaited."""
    return type(value) is CoroutineType


def keys(place: Place) -> list[str | int]:
    """A place as errors name it."""
    return [one[1] for one in _upward(place) if one is not None][::-1]


def _upward(place: Place) -> Iterator[Place]:
    yield place
    while place is not None:
        place = place[0]
        yield place


def _path(place: Place) -> Path:
    path: Path | None = None
    for key in keys(place):
        path = Path(path, key, None)
    assert path is not None, "every field has a place"  # noqa: S101 - for the type checker
    return path
