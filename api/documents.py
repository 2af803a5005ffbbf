"""Documents made ready to run: parsed, measured, validated, priced, and kept, since clients send the same again and again."""

from collections import OrderedDict
from typing import Final

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from api.cost import Price, Pricer
from api.errors import ApiError, ErrorCode, RequestRefused, limit_error, request_error
from api.limits import Limits
from api.measure import Scale, check_size

_KEPT: Final = 500
_KEPT_LENGTH: Final = 16_384
_MAX_ERRORS: Final = 20


class Prepared(msgspec.Struct, frozen=True, eq=False):
    """An operation that may run: one document may hold several, and each is prepared for itself."""

    document: DocumentNode
    operation: OperationDefinitionNode
    operation_name: str | None
    price: Price

    @property
    def kind(self) -> OperationType:
        return self.operation.operation


class Documents:
    """Prepares documents, and keeps the ones last used."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._kept: OrderedDict[tuple[str, str | None], Prepared] = OrderedDict()

    def prepare(self, query: str, operation_name: str | None) -> Prepared:
        """The operation of that name, ready to run; RequestRefused where it is not to."""
        key = (query, operation_name)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        prepared = self._prepare(query, operation_name)
        if len(query) <= _KEPT_LENGTH:
            self._kept[key] = prepared
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return prepared

    def _prepare(self, query: str, operation_name: str | None) -> Prepared:
        document = self._parse(query)
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        self._check(operations, Scale(fragments))
        operation = _choose(operations, operation_name)
        errors = validate(self._schema, document, max_errors=_MAX_ERRORS)
        if errors:
            raise RequestRefused([request_error(error) for error in errors])
        return Prepared(document, operation, operation_name, Pricer(self._schema, fragments, self._limits).price(operation))

    def _check(self, operations: list[OperationDefinitionNode], scale: Scale) -> None:
        try:
            for operation in operations:
                check_size(scale.size(operation), self._limits)
        except RecursionError:
            raise limit_error("depth", self._limits.depth, "far more") from None

    def _parse(self, query: str) -> DocumentNode:
        try:
            return parse(query, max_lexical_tokens=self._limits.tokens, max_comments=self._limits.tokens)
        except GraphQLSyntaxError as error:
            if f"more than {self._limits.tokens} " in error.message:
                raise limit_error("tokens", self._limits.tokens, f"more than {self._limits.tokens}") from error
            raise RequestRefused([request_error(error)]) from error
        except GraphQLError as error:
            raise RequestRefused([request_error(error)]) from error


def _choose(operations: list[OperationDefinitionNode], name: str | None) -> OperationDefinitionNode:
    chosen = [node for node in operations if name is None or (node.name is not None and node.name.value == name)]
    if len(chosen) == 1:
        return chosen[0]
    if name is not None:
        raise ApiError(ErrorCode.INVALID_INPUT, f"the document has no operation named {name[:64]!r}")
    many = "several operations: say which with operationName" if operations else "no operation"
    raise ApiError(ErrorCode.INVALID_INPUT, f"the document holds {many}")
