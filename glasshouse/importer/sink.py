"""Where an import sends its messages."""

from asyncio import Future
from typing import Protocol

from ingest.messages import Outcome


class Sink(Protocol):
    """Takes native messages, in order, and says of each what became of it."""

    def submit(self, topic: str, payload: bytes) -> Future[Outcome]:
        """Send a message. The future resolves once its outcome is durable; how many are open is the caller's to bound."""
        ...
