"""Receipts: what became of a message, told to the device that asked for it."""

import msgspec

from ingest.messages import Outcome
from schema.ids import format_event_id


class _Receipt(msgspec.Struct, rename="camel", omit_defaults=True):
    result: str
    event_ids: list[str]
    position: int | None
    reason: str | None = None


_encode = msgspec.json.Encoder().encode


def receipt(outcome: Outcome) -> bytes:
    """The receipt of an outcome, as JSON."""
    ids = [format_event_id(event_id) for event_id in outcome.event_ids]
    return _encode(_Receipt(outcome.result, ids, outcome.position, outcome.reason))
