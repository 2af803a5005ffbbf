"""Messages to subscribers: executed and serialised once for all who ask the same of the same reading."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final

import msgspec
from graphql import DocumentNode, FragmentDefinitionNode, Node, OperationDefinitionNode, VariableNode, Visitor, visit

_KEPT: Final = 4096
"""What is on its way at one time, and some more: who is further behind executes for himself."""


class Frames:
    """The payloads last made, by what they answer."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._payloads: OrderedDict[Hashable, str] = OrderedDict()

    def payload(self, key: Hashable, make: Callable[[], str]) -> str:
        """The payload of that key, made where it is not there."""
        payload = self._payloads.get(key)
        if payload is None:
            payload = self._payloads[key] = make()
            if len(self._payloads) > self._kept:
                self._payloads.popitem(last=False)
        return payload


def shaping_variables(document: DocumentNode, operation: OperationDefinitionNode) -> frozenset[str]:
    """The variables that shape a message. Those that only choose which messages come, the root field's arguments, do not."""
    finder = _Variables()
    for root in operation.selection_set.selections:
        for part in (*(root.directives or ()), getattr(root, "selection_set", None)):
            finder.search(part)
    for definition in document.definitions:
        finder.search(definition if isinstance(definition, FragmentDefinitionNode) else None)
    return frozenset(finder.names)


def shape_of(names: frozenset[str], variables: dict[str, Any]) -> bytes:
    """The values of the variables that shape a message."""
    return msgspec.json.encode({name: variables[name] for name in sorted(names) if name in variables})


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def search(self, node: Node | None) -> None:
        if node is not None:
            visit(node, self)

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.add(node.name.value)
