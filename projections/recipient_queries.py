"""What may be asked about those who are told of alerts."""

from typing import Protocol

from schema.notifications import RecipientDefined


class RecipientQueries(Protocol):
    """Recipients as they stand. In memory."""

    def recipients(self) -> list[RecipientDefined]:
        """By id."""
        ...
