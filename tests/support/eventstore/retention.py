"""A stream's metadata: `$tb`, `$maxCount`, `$maxAge` hide events from reads of the stream at once; never from `$all`."""

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from tests.support.eventstore.records import Record

DELETED = 2**63 - 1
"""As `$tb`: the stream is deleted, and may come back."""


@dataclass(frozen=True)
class Retention:
    """Nothing hidden by default."""

    truncate_before: int = 0
    max_count: int | None = None
    max_age: int | None = None

    @property
    def soft_deleted(self) -> bool:
        return self.truncate_before == DELETED

    def first_visible(self, records: Sequence[Record], now: int) -> int:
        """The first revision that a read of the stream still gives."""
        first = self.truncate_before
        if self.max_count is not None:
            first = max(first, len(records) - self.max_count)
        if self.max_age is not None:
            first = max(first, bisect_left(records, now - self.max_age * 10_000_000, key=attrgetter("created")))
        return first


def parse_retention(data: bytes) -> Retention:
    """Of the data of a `$metadata` event; what is not JSON hides nothing."""
    try:
        values = json.loads(data)
    except ValueError:
        return Retention()
    return Retention(values.get("$tb", 0), values.get("$maxCount"), values.get("$maxAge"))


def restored(data: bytes, truncate_before: int) -> bytes:
    """The metadata of a stream that comes back after its deletion: it starts at this revision."""
    return json.dumps({**json.loads(data), "$tb": truncate_before}).encode()
