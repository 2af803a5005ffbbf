"""Putting one read model in the place of another: who holds the one that serves need not be told."""

from typing import TypeVar

T = TypeVar("T")


def exchange(one: T, other: T) -> None:
    """Each becomes what the other was. Both stand still meanwhile, and nothing outside holds on to their insides."""
    mine, theirs = dict(vars(one)), dict(vars(other))
    vars(one).update(theirs)
    vars(other).update(mine)
