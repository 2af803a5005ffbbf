"""The way from a device to its broker: it drops messages, holds them back, and lets them overtake one another."""

from random import Random
from typing import Final

from glasshouse.simulator.faults import Fault
from glasshouse.simulator.message import Message

_LATE: Final = (5, 20)
"""How many later messages of the device overtake a late one, at least and at most."""


class Radio:
    """One device's link. What is held back leaves with its original timestamp; `rest` lets the last of it go."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._held: list[tuple[int, Message]] = []
        self._count = 0

    def pass_on(self, message: Message) -> list[Message]:
        """What leaves now that `message` was given to it: dropped and doubled messages are left to the sender."""
        self._count += 1
        due = [held for until, held in self._held if until <= self._count]
        self._held = [pair for pair in self._held if pair[0] > self._count]
        if message.fault is Fault.LATE:
            self._held.append((self._count + self._rng.randint(*_LATE), message))
            return due
        if message.fault is Fault.OUT_OF_ORDER:
            self._held.append((self._count + 1, message))
            return due
        return [message, *due]

    def rest(self) -> list[Message]:
        """All that is still held back."""
        rest = [message for _, message in self._held]
        self._held = []
        return rest
