"""The size of an operation, counted before it is validated: depth, fields, root fields, aliases, directives.

A fragment is counted wherever it is spread, but walked once: fragments of fragments cannot cost us what they would cost.
"""

from collections.abc import Mapping

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from api.errors import limit_error
from api.limits import Limits


class Size(msgspec.Struct, frozen=True):
    """What some selections amount to, fragments included. `top` are the fields at their own level."""

    depth: int = 0
    top: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    def __add__(self, other: "Size") -> "Size":
        return Size(
            max(self.depth, other.depth),
            self.top + other.top,
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
        )


class Scale:
    """Weighs the operations of one document."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, Size] = {}

    def size(self, operation: OperationDefinitionNode) -> Size:
        return self._selections(operation.selection_set) + Size(directives=len(operation.directives or ()))

    def _selections(self, selections: SelectionSetNode | None) -> Size:
        total = Size()
        for node in () if selections is None else selections.selections:
            total += self._selection(node)
        return total

    def _selection(self, node: SelectionNode) -> Size:
        own = Size(directives=len(node.directives or ()))
        if isinstance(node, FragmentSpreadNode):
            return own + self.fragment(node.name.value)
        below = self._selections(getattr(node, "selection_set", None))
        if not isinstance(node, FieldNode):
            return own + below
        alias = int(node.alias is not None)
        return own + Size(below.depth + 1, 1, below.fields + 1, below.aliases + alias, below.directives)

    def fragment(self, name: str) -> Size:
        """What a fragment amounts to where it is spread."""
        if name not in self._known:
            self._known[name] = Size()  # one that spreads itself is for the validation to refuse
            fragment = self._fragments.get(name)
            self._known[name] = self._selections(fragment.selection_set if fragment else None)
        return self._known[name]


def check_size(size: Size, limits: Limits) -> None:
    """ApiError naming the first limit that is exceeded, and what was asked for."""
    for name, allowed, asked in (
        ("depth", limits.depth, size.depth),
        ("root fields", limits.root_fields, size.top),
        ("fields", limits.fields, size.fields),
        ("aliases", limits.aliases, size.aliases),
        ("directives", limits.directives, size.directives),
    ):
        if asked > allowed:
            raise limit_error(name, allowed, asked)
