"""What sends a message somewhere."""

from typing import Any, Protocol

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is told: in words for people, and as `document` (JSON values) for programs. `id` is the same whenever it is sent."""

    id: str
    title: str
    text: str
    severity: str
    document: dict[str, Any]


class NotDeliveredError(Exception):
    """The target did not take it, or did not say that it did. The reason holds no address and no secret.

    `retry_after`: for how many seconds the target asks to be left alone.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Target(Protocol):
    """One place to send to, which may hang: whoever sends bounds the time."""

    async def send(self, message: Message) -> None:
        """Return once it was taken; NotDeliveredError otherwise."""
        ...

    async def close(self) -> None: ...
