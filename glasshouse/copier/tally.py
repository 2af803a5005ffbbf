"""What two logs are compared by: per stream how many events and a running hash over them, and one hash over the whole in order.

The position and the recorded time of an event are its log's own, and a stream that was truncated is numbered anew: they are not
part of a hash. All else is.
"""

from copy import copy
from hashlib import blake2b
from typing import Final

import msgspec

from schema.envelope import RecordedEvent

_BYTES: Final = 16


class StreamTally(msgspec.Struct, gc=False):
    """Of one stream: how many events, the hash over them, and the revision that the last one has where it was read."""

    events: int
    digest: bytes
    last_revision: int

    @property
    def renumbered(self) -> bool:
        """Whether a copy, which begins at revision 0 and leaves out none, has other revisions."""
        return self.last_revision != self.events - 1


class Tally:
    """Of a log up to a place. Each hash is carried on from the one before, so that it takes 16 bytes a stream."""

    def __init__(self) -> None:
        self.streams: dict[str, StreamTally] = {}
        self.events = 0
        self._whole = blake2b(digest_size=_BYTES)

    def copy(self) -> "Tally":
        """One to go on with from here."""
        made = copy(self)
        made.streams = {name: copy(stream) for name, stream in self.streams.items()}
        made._whole = self._whole.copy()  # noqa: SLF001 - of our own kind
        return made

    @property
    def digest(self) -> str:
        return self._whole.hexdigest()

    def next_revision(self, stream: str) -> int:
        """The revision that the stream's next event gets in a copy."""
        found = self.streams.get(stream)
        return 0 if found is None else found.events

    def add(self, event: RecordedEvent) -> None:
        stream = self.streams.get(event.stream)
        if stream is None:
            stream = StreamTally(0, blake2b(event.stream.encode(), digest_size=_BYTES).digest(), -1)
            self.streams[event.stream] = stream
        kind = event.type.encode()
        lengths = b"%d:%d:%d:" % (len(kind), len(event.data), len(event.metadata))
        parts = (stream.digest, event.id, lengths, kind, event.data, event.metadata)
        stream.digest = blake2b(b"".join(parts), digest_size=_BYTES).digest()
        stream.events += 1
        stream.last_revision = event.revision
        self.events += 1
        self._whole.update(stream.digest)
