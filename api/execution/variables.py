"""Where a document names variables."""

from collections.abc import Iterable
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    Node,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)


def variables_in(parts: Iterable[Node | None]) -> frozenset[str]:
    """The names of all variables in these parts of a document."""
    finder = _Variables()
    for part in parts:
        if part is not None:
            visit(part, finder)
    return frozenset(finder.names)


def deciding_variables(document: DocumentNode, operation: OperationDefinitionNode) -> tuple[str, ...]:
    """The variables of an operation that decide which fields are there: those of @skip and @include, which are Booleans.

    Those of the document's other operations may have the same names, and be anything.
    """
    finder = _Conditions()
    visit(document, finder)
    deciding = variables_in(finder.found)
    return tuple(
        sorted(
            name
            for said in operation.variable_definitions or ()
            if (name := said.variable.name.value) in deciding and print_ast(said.type).rstrip("!") == "Boolean"
        )
    )


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.add(node.name.value)


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[DirectiveNode] = []

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in {"skip", "include"}:
            self.found.append(node)
