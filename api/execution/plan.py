"""Operations compiled: each field that a document asks for becomes a function from its object to what is answered.

What graphql-core works out anew for each field of each object (which fields there are, their arguments, how their values go
out) is worked out once for an operation. What is answered is the same, and tests hold it to that.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLOutputType,
    OperationType,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    located_error,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from api.execution.completing import Choose, Complete, Leaf, Part, chosen, in_turn, listed, selected
from api.execution.execution import Asked, Execution, Operation, Place, is_coroutine
from api.execution.leaves import as_it_is, leaf, null
from api.execution.resolving import any_field, plain_leaf, resolver_of
from api.shortcuts import Plain

Details = list[FieldDetails]


class Plan:
    """One operation, with the fields that its @skip and @include leave. What is below a field is compiled once it is asked."""

    def __init__(self, operation: Operation, decided: VariableValues) -> None:
        self._operation = operation
        self._fragments = {name: FragmentDetails(node) for name, node in operation.fragments.items()}
        self._decided = decided
        self._whole: Complete | None = None

    def data(self, execution: Execution) -> Any:
        """The data of the answer, or a coroutine that gives it; GraphQLError where it is null."""
        if self._whole is None:
            serially = self._operation.node.operation is OperationType.MUTATION
            self._whole = (in_turn if serially else selected)(self._parts(*self._roots()))
        return self._whole(execution.root, None, execution)

    async def source(self, execution: Execution) -> Any:
        """What a subscription follows; GraphQLError where it is refused."""
        kind, fields = self._roots()
        ((name, details),) = fields.items()
        asked = self._asked(kind, details)
        try:
            value = resolver_of(asked, asked.definition.subscribe)(None, (None, name), execution)
            return await value if is_coroutine(value) else value
        except Exception as error:
            raise located_error(error, asked.nodes, [name]) from error

    def _roots(self) -> tuple[GraphQLObjectType, Mapping[str, Details]]:
        operation = self._operation
        kind = operation.schema.get_root_type(operation.node.operation)
        assert kind is not None, "documents are validated before"  # noqa: S101 - for the type checker
        return kind, collect_fields(operation.schema, self._fragments, self._decided, kind, operation.node).grouped_field_set

    def _below(self, kind: GraphQLObjectType, details: Details) -> Complete:
        operation = self._operation
        fields = collect_subfields(operation.schema, self._fragments, self._decided, operation.node, kind, details)
        return selected(self._parts(kind, fields.grouped_field_set))

    def _parts(self, kind: GraphQLObjectType, fields: Mapping[str, Details]) -> list[Part]:
        return [self._part(name, self._asked(kind, details), details) for name, details in fields.items()]

    def _asked(self, parent: GraphQLObjectType, details: Details) -> Asked:
        nodes = [one.node for one in details]
        definition = self._operation.schema.get_field(parent, nodes[0].name.value)
        assert definition is not None, "documents are validated before"  # noqa: S101 - for the type checker
        return Asked(parent, definition, nodes)

    def _part(self, name: str, asked: Asked, details: Details) -> Part:
        if asked.name == "__typename":
            return Part(name, lambda _source, _place, _execution: asked.parent.name)
        resolve, kind = asked.definition.resolve, get_nullable_type(asked.definition.type)
        if isinstance(resolve, Plain) and is_leaf_type(kind) and not asked.definition.args:
            native, complete = as_it_is(kind), leaf(kind, asked.missing)
            known = None if resolve.attribute is None else Leaf(resolve.attribute, native, complete)
            return Part(name, plain_leaf(asked, name, resolve.of, native, complete), known)
        return Part(
            name, any_field(asked, name, resolver_of(asked, resolve), self._complete(asked.definition.type, asked, details))
        )

    def _complete(self, kind: GraphQLOutputType, asked: Asked, details: Details) -> Complete:
        bare, required = get_nullable_type(kind), is_non_null_type(kind)
        missing = asked.title if required else None
        if is_leaf_type(bare):
            complete = leaf(bare, missing)
            return lambda value, _place, _execution: complete(value)
        if is_list_type(bare):
            item = bare.of_type
            of_objects, items_required = not is_leaf_type(get_nullable_type(item)), is_non_null_type(item)
            return listed(
                self._complete(item, asked, details), asked.nodes, missing, of_objects=of_objects, items_required=items_required
            )
        if is_abstract_type(bare):
            return chosen(self._by_type(bare, asked, details), missing)
        return self._object(bare, details, missing)

    def _object(self, kind: Any, details: Details, missing: str | None) -> Complete:
        """An object of that type. What is asked of it is compiled with the first of them."""
        below: Complete | None = None

        def complete(value: Any, place: Place, execution: Execution) -> Any:
            nonlocal below
            if value is None:
                return null(missing)
            if below is None:
                below = self._below(kind, details)
            return below(value, place, execution)

        return complete

    def _by_type(self, kind: GraphQLAbstractType, asked: Asked, details: Details) -> Choose:
        """Says which fields are asked for of an object, by the type that it turns out to be of."""
        resolve_type = kind.resolve_type
        assert resolve_type is not None, "Strawberry gives every abstract type a resolver"  # noqa: S101 - for the type checker
        below: dict[Any, Complete] = {}

        def choose(value: object, place: Place, execution: Execution) -> Complete:
            name = resolve_type(value, execution.info(asked, place), kind)
            if name not in below:
                below[name] = self._below(self._member(kind, name), details)
            return below[name]

        return choose

    def _member(self, kind: GraphQLAbstractType, name: Any) -> GraphQLObjectType:
        found = self._operation.schema.get_type(name)
        if not is_object_type(found) or not self._operation.schema.is_sub_type(kind, found):
            raise TypeError(f"{kind} cannot be {name}")
        return found
