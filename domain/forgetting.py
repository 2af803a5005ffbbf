"""What goes where more is remembered than should be."""

from collections.abc import Callable, Mapping
from typing import TypeVar

Known = TypeVar("Known")


def surplus(known: Mapping[str, Known], most: int, is_over: Callable[[Known], bool]) -> list[str]:
    """The ids of those to forget: what is over goes first, and then the oldest, until `most` are left.

    None until there is a twentieth too many: looking through all of them for each that is new would cost more than all else.
    """
    if len(known) <= most + most // 20:
        return []
    return sorted(known, key=lambda name: not is_over(known[name]))[: len(known) - most]
