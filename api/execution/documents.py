"""Documents made ready to run: parsed, measured, validated, priced, and kept, since clients send the same again and again."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    validate,
)
from msgspec.structs import replace

from api.errors import ApiError, ErrorCode, RequestRefused, limit_error, request_error
from api.execution.cost import Price, Pricer
from api.execution.execution import Operation
from api.execution.measure import Scale, check_size
from api.execution.plans import KeptPlans, Plans
from api.execution.tokens import has_more
from api.execution.variables import deciding_variables
from api.limits import Limits

_KEPT_CHARACTERS: Final = 500_000
"""Of all documents that are kept: parsed they take some hundred times as many bytes."""
_KEPT_LENGTH: Final = 16_384
_MAX_ERRORS: Final = 20
_INTROSPECTION: Final = frozenset({"__schema", "__type"})


class Prepared(msgspec.Struct, frozen=True, eq=False):
    """An operation that may run: one document may hold several, and each is prepared for itself.

    `text` is how the document reads, cut where it is long; `fields` are the names of the operation's root fields.
    """

    document: DocumentNode
    operation: OperationDefinitionNode
    plans: Plans
    price: Price
    text: str
    fields: tuple[str, ...]

    @property
    def kind(self) -> OperationType:
        return self.operation.operation

    @property
    def introspects(self) -> bool:
        return not _INTROSPECTION.isdisjoint(self.fields)


class Documents:
    """Prepares documents, and keeps the ones last used."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._kept: OrderedDict[tuple[str, str | None], Prepared] = OrderedDict()
        self._room = _KEPT_CHARACTERS
        self._plans = KeptPlans()

    def prepare(self, query: str, operation_name: str | None, *, hide_schema: bool = False) -> Prepared:
        """The operation of that name, ready to run; RequestRefused where it is not to.

        `hide_schema` keeps names of the schema out of what is said of others.
        """
        key = (query, operation_name)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        prepared = self._prepare(query, operation_name, hide_schema=hide_schema)
        if len(query) <= _KEPT_LENGTH:
            self._kept[key] = prepared
            self._room -= len(query)
            while self._room < 0:
                (gone, _), _ = self._kept.popitem(last=False)
                self._room += len(gone)
        return prepared

    def _prepare(self, query: str, operation_name: str | None, *, hide_schema: bool) -> Prepared:
        document = self._parse(query)
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        scale = Scale(fragments)
        self._check(operations, fragments, scale)
        operation = _choose(operations, operation_name)
        errors = validate(self._schema, document, max_errors=_MAX_ERRORS, hide_suggestions=hide_schema)
        if errors:
            raise RequestRefused([request_error(error) for error in errors])
        price = Pricer(self._schema, fragments, self._limits).price(operation)
        roots = tuple(dict.fromkeys(_root_fields(operation.selection_set, fragments)))
        compiled = Operation(self._schema, operation, fragments)
        plans = Plans(compiled, deciding_variables(document, operation), scale.size(operation).fields, self._plans)
        return Prepared(document, operation, plans, price, query[:_KEPT_LENGTH], roots)

    def _check(self, operations: list[OperationDefinitionNode], fragments: Iterable[str], scale: Scale) -> None:
        """Of fragments, too, which no operation need use to be looked at; their fields are no root fields by themselves."""
        try:
            for size in (*map(scale.size, operations), *(replace(scale.fragment(name), top=0) for name in fragments)):
                check_size(size, self._limits)
        except RecursionError:
            raise limit_error("depth", self._limits.depth, "far more") from None

    def _parse(self, query: str) -> DocumentNode:
        if has_more(query, self._limits.tokens):
            raise limit_error("tokens", self._limits.tokens, f"more than {self._limits.tokens}")
        try:
            return parse(query, max_lexical_tokens=self._limits.tokens, max_comments=self._limits.tokens)
        except GraphQLSyntaxError as error:
            if f"more than {self._limits.tokens} " in error.message:
                raise limit_error("tokens", self._limits.tokens, f"more than {self._limits.tokens}") from error
            raise RequestRefused([request_error(error)]) from error
        except GraphQLError as error:
            raise RequestRefused([request_error(error)]) from error


def _root_fields(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node.name.value
        elif isinstance(node, FragmentSpreadNode):
            yield from _root_fields(fragments[node.name.value].selection_set, fragments)
        elif isinstance(node, InlineFragmentNode):
            yield from _root_fields(node.selection_set, fragments)


def _choose(operations: list[OperationDefinitionNode], name: str | None) -> OperationDefinitionNode:
    chosen = [node for node in operations if name is None or (node.name is not None and node.name.value == name)]
    if len(chosen) == 1:
        return chosen[0]
    if name is not None:
        raise ApiError(ErrorCode.INVALID_INPUT, f"the document has no operation named {name[:64]!r}")
    many = "several operations: say which with operationName" if operations else "no operation"
    raise ApiError(ErrorCode.INVALID_INPUT, f"the document holds {many}")
