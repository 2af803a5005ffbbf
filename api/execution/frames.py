"""Messages to subscribers: executed and serialised once for all who ask the same of the same reading."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final

import msgspec
from graphql import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode

from api.execution.variables import variables_in

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
    roots = [
        part
        for root in operation.selection_set.selections
        for part in (*(root.directives or ()), getattr(root, "selection_set", None))
    ]
    return variables_in([*roots, *(node for node in document.definitions if isinstance(node, FragmentDefinitionNode))])


def shape_of(names: frozenset[str], variables: dict[str, Any]) -> bytes:
    """The values of the variables that shape a message."""
    return msgspec.json.encode({name: variables[name] for name in sorted(names) if name in variables})
