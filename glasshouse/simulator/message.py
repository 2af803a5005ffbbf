"""A message on its way: what a device publishes, and what must be known of it to recognise it in the log."""

from hashlib import sha256

import msgspec

from glasshouse.simulator.faults import Fault
from glasshouse.simulator.ledger import Line


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One message. `at` is its own time in milliseconds; `event_id` is known where the device gave it an id of its own.

    `answer` is what it says of which command: "<command id> <result>".
    """

    device: str
    sequence: int
    topic: str
    payload: bytes
    kind: str
    correlation: bytes
    at: int | None = None
    event_id: str | None = None
    fault: Fault | None = None
    retain: bool = False
    answer: str | None = None

    @property
    def copies(self) -> int:
        return 2 if self.fault is Fault.DOUBLED else 1

    def line(self, now_ms: int) -> Line:
        """Its line in the ledger, written before it is sent; a dropped message is never sent."""
        return Line(
            device=self.device,
            sequence=self.sequence,
            event_id=self.event_id,
            sent=None if self.fault is Fault.DROPPED else now_ms,
            kind=self.kind,
            topic=self.topic,
            at=self.at,
            fault=self.fault.value if self.fault else None,
            answer=self.answer,
            sha256=sha256(self.payload).hexdigest() if self.fault is Fault.MALFORMED else None,
        )
