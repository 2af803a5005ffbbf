"""Messages that could not be understood, and what became of them."""

from schema.events import Event, UtcTime


class DeadLettered(Event, frozen=True, kw_only=True):
    """A message that could not be understood: its bytes (base64; the prefix where it was too large) and the reason.

    `size` is the whole length in bytes and `sha256` the hex digest of the whole.
    """

    source: str
    topic: str
    payload: bytes
    size: int
    sha256: str
    code: str
    reason: str
    received_at: UtcTime


class DeadLetterReplayed(Event, frozen=True, kw_only=True):
    """A dead letter went through ingest again, as it was or repaired: what became of it, by the ids of events.

    `topic` and `payload` are what was sent, null where they were its own. `dead_letters` are what of it, or all of it, is a
    dead letter again.
    """

    letter_id: str
    topic: str | None = None
    payload: bytes | None = None
    event_ids: tuple[str, ...] = ()
    dead_letters: tuple[str, ...] = ()
    at: UtcTime
