"""The cost of an operation: how many fields it would resolve, estimated from its page sizes before it runs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from api.limits import Limits
from api.shortcuts import is_column

_LIST_GUESS: Final = 10
"""Items of a list that has no page size."""
_COLUMN: Final = 150
"""Of a column: in all series, guessed to be ten, it holds 10,000 values, each of which takes a seventh of a field's time."""
_SIZES: Final = frozenset({"first", "last", "ids"})
"""The arguments that say how many come: the size of a page, or the ids of each."""
Times: TypeAlias = int | str
"""How often; a text names the variable that says so."""


class Weight(msgspec.Struct, frozen=True):
    """One field: resolved once, and what lies below it as often as the largest of `times` says, or where none does `page`.

    `own` is what the field costs itself.
    """

    times: tuple[Times, ...]
    page: int
    below: tuple["Weight", ...]
    own: int = 1

    def cost(self, variables: Mapping[str, int | None]) -> int:
        said = [variables[times] if isinstance(times, str) else times for times in self.times]
        times = max((times for times in said if times is not None), default=self.page)
        return self.own + max(times, 0) * sum(weight.cost(variables) for weight in self.below)

    def varies(self) -> bool:
        """Whether variables have a say in it."""
        return any(isinstance(times, str) for times in self.times) or any(weight.varies() for weight in self.below)


def _folded(weights: Iterable[Weight]) -> tuple[Weight, ...]:
    """As heavy as these together, with all that does not vary added up in one."""
    found = list(weights)
    same = sum(weight.cost({}) for weight in found if not weight.varies())
    varying = [weight for weight in found if weight.varies()]
    return (*varying, Weight((), 0, (), same)) if same else tuple(varying)


class Price(msgspec.Struct, frozen=True):
    """What an operation costs, given its variables."""

    weights: tuple[Weight, ...]
    defaults: Mapping[str, int | None]

    def cost(self, variables: Mapping[str, object]) -> int:
        given = {name: _times(variables.get(name, default)) for name, default in self.defaults.items()}
        return sum(weight.cost(given) for weight in self.weights)


def _times(value: object) -> int | None:
    """What GraphQL will take a variable to say: 500.0 is 500, and null is as if nothing was said."""
    if value is None:
        return None
    if isinstance(value, list):
        return len(value)
    return int(value) if isinstance(value, int | float) else 1


class Pricer:
    """Prices the operations of one validated document. Its size is within the limits, so it is walked as it is written."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], limits: Limits) -> None:
        self._schema = schema
        self._fragments = fragments
        self._page = limits.default_page

    def price(self, operation: OperationDefinitionNode) -> Price:
        defaults = {
            definition.variable.name.value: _size(definition.default_value)
            for definition in operation.variable_definitions or ()
        }
        root = self._schema.get_root_type(operation.operation)
        return Price(_folded(self._weights(operation.selection_set, root, in_page=False)), defaults)

    def _weights(
        self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None, *, in_page: bool
    ) -> Iterator[Weight]:
        for node in () if selections is None else selections.selections:
            if isinstance(node, FieldNode):
                yield self._field(node, _field_of(parent, node.name.value), in_page=in_page)
            elif isinstance(node, InlineFragmentNode):
                yield from self._weights(node.selection_set, self._type(node.type_condition) or parent, in_page=in_page)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                yield from self._weights(fragment.selection_set, self._type(fragment.type_condition), in_page=in_page)

    def _field(self, node: FieldNode, field: GraphQLField | None, *, in_page: bool) -> Weight:
        """Introspection is no field of ours, and has its own rule against being asked in circles."""
        if field is None:
            return Weight((1,), 1, ())
        sized = not _SIZES.isdisjoint(field.args)
        guess = self._page if "first" in field.args else _LIST_GUESS if _is_list(field) and not in_page else 1
        below = self._weights(node.selection_set, get_named_type(field.type), in_page="first" in field.args)
        return Weight(tuple(_said(node)) if sized else (), guess, _folded(below), _COLUMN if is_column(field) else 1)

    def _type(self, node: Any) -> GraphQLNamedType | None:
        return None if node is None else self._schema.type_map.get(node.name.value)


def _said(node: FieldNode) -> Iterator[Times]:
    """What the arguments say of how many come."""
    for argument in node.arguments or ():
        if argument.name.value not in _SIZES:
            continue
        times = argument.value.name.value if isinstance(argument.value, VariableNode) else _size(argument.value)
        if times is not None:
            yield times


def _size(node: ValueNode | None) -> int | None:
    """How many a value says that come."""
    if isinstance(node, ListValueNode):
        return len(node.values)
    return int(node.value) if isinstance(node, IntValueNode) else None


def _field_of(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    fields: Mapping[str, GraphQLField] = getattr(parent, "fields", {})
    return fields.get(name)


def _is_list(field: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(field.type))
