"""The cost of an operation: how many fields it would resolve, estimated from its page sizes before it runs."""

from collections.abc import Iterator, Mapping
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
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from api.limits import Limits

_LIST_GUESS: Final = 10
"""Items of a list that has no page size."""
Times: TypeAlias = int | str
"""How often; a text names the variable that says so."""


class Weight(msgspec.Struct, frozen=True):
    """One field: resolved once, and what lies below it so many times."""

    times: Times
    below: tuple["Weight", ...]

    def cost(self, variables: Mapping[str, int]) -> int:
        times = self.times if isinstance(self.times, int) else variables[self.times]
        return 1 + max(times, 0) * sum(weight.cost(variables) for weight in self.below)


class Price(msgspec.Struct, frozen=True):
    """What an operation costs, given its variables. `page` is the size of a page where nothing is said of it."""

    weights: tuple[Weight, ...]
    defaults: Mapping[str, int]
    page: int

    def cost(self, variables: Mapping[str, object]) -> int:
        given = {name: self._times(variables.get(name, default)) for name, default in self.defaults.items()}
        return sum(weight.cost(given) for weight in self.weights)

    def _times(self, value: object) -> int:
        """What GraphQL will take a variable to say: 500.0 is 500, and null is as if nothing was said."""
        if value is None:
            return self.page
        return int(value) if isinstance(value, int | float) else 1


class Pricer:
    """Prices the operations of one validated document. Its size is within the limits, so it is walked as it is written."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], limits: Limits) -> None:
        self._schema = schema
        self._fragments = fragments
        self._page = limits.default_page

    def price(self, operation: OperationDefinitionNode) -> Price:
        defaults = {
            definition.variable.name.value: int(definition.default_value.value)
            for definition in operation.variable_definitions or ()
            if isinstance(definition.default_value, IntValueNode)
        }
        unset = {definition.variable.name.value: self._page for definition in operation.variable_definitions or ()}
        root = self._schema.get_root_type(operation.operation)
        return Price(tuple(self._weights(operation.selection_set, root, in_page=False)), {**unset, **defaults}, self._page)

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
            return Weight(1, ())
        paged = "first" in field.args
        times = self._times(node) if paged else _LIST_GUESS if _is_list(field) and not in_page else 1
        return Weight(times, tuple(self._weights(node.selection_set, get_named_type(field.type), in_page=paged)))

    def _times(self, node: FieldNode) -> Times:
        value = next((argument.value for argument in node.arguments or () if argument.name.value == "first"), None)
        if isinstance(value, VariableNode):
            return value.name.value
        return int(value.value) if isinstance(value, IntValueNode) else self._page

    def _type(self, node: Any) -> GraphQLNamedType | None:
        return None if node is None else self._schema.type_map.get(node.name.value)


def _field_of(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    fields: Mapping[str, GraphQLField] = getattr(parent, "fields", {})
    return fields.get(name)


def _is_list(field: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(field.type))
