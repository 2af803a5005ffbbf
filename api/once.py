"""What is made of something that does not change: made once, kept with it, and gone with it."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Source = TypeVar("Source")
Made = TypeVar("Made")


def once(make: Callable[[Source], Made]) -> Callable[[Source], Made]:
    """Decorates a function of one object that has a `__dict__`. Whoever is given what it made must not change it.

    It must not hold the object, or both would stay until the garbage collector comes.
    """
    name = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def made(source: Source) -> Made:
        kept: dict[str, Made] = vars(source)
        if name not in kept:
            kept[name] = make(source)
        return kept[name]

    return made
