"""Messages on their way to the log: an entry a message, an item an event, packed as soon as it is known what it is."""

import asyncio
from functools import lru_cache
from hashlib import blake2b, sha256

import msgspec

from ingest.decoders import native
from ingest.facts import Code, Fact, Flaw, subject_of
from ingest.identity import dead_letter_event_id, replayed_event_id
from ingest.limits import TOPIC_LENGTH, IngestLimits
from ingest.messages import Inbound, Outcome, Result
from schema.dead_letters import DeadLettered
from schema.envelope import Position
from schema.events import Event
from schema.ids import EventId, format_event_id
from schema.registry import REGISTRY
from schema.times import EPOCH

_encode = msgspec.json.Encoder().encode


class Speaker(msgspec.Struct, frozen=True, gc=False):
    """The device that said something, from its site, and by which decoder that was understood."""

    site: str
    device: str
    decoder: str

    @property
    def stream(self) -> str:
        return f"device-{self.device}"


class Item(msgspec.Struct, gc=False):
    """One event. `metadata` lacks its closing brace, as the stream has something to add to some.

    `site` and `device` are None of a dead letter. `subject` and `digest` are what it is about and what it says, where its time
    is ours. `code` and `reason` say why it is a dead letter; `result` is None until it is settled.
    """

    message: Inbound
    stream: str
    type: str
    data: bytes
    metadata: bytes
    id: EventId | None
    fact: Fact | None = None
    site: str | None = None
    device: str | None = None
    decoder: str = native.NAME
    subject: str | None = None
    digest: bytes | None = None
    code: Code | None = None
    reason: str | None = None
    result: Result | None = None
    position: Position | None = None

    def become_dead_letter(self, code: Code, reason: str, limits: IngestLimits) -> None:
        """The same message, kept as one that cannot be taken as what it says."""
        raw = None if self.fact is None else self.fact.raw
        dead = dead_item(self.message, Flaw(code, reason, raw), limits, self.decoder)
        self.stream, self.type, self.data, self.metadata, self.id = dead.stream, dead.type, dead.data, dead.metadata, dead.id
        self.code, self.reason = code, reason
        self.fact = self.site = self.device = self.subject = self.digest = None


class Entry(msgspec.Struct, gc=False):
    """One message, who waits for it, and what it holds in memory."""

    future: "asyncio.Future[Outcome]"
    items: list[Item]
    size: int


def fact_item(message: Inbound, fact: Fact, speaker: Speaker) -> Item:
    """The event of a fact, packed for its device's stream."""
    kind = type(fact.event).__name__
    if message.causation is not None and fact.id is None:
        digest = content_digest(fact.event)
        fact = msgspec.structs.replace(fact, id=replayed_event_id(message.causation, kind, digest))
    # What is said late does not come between what is said in turn, so that this is told from its repeat as before.
    subject = None if fact.time_us is not None or message.causation is not None else subject_of(fact.event)
    return Item(
        message,
        speaker.stream,
        kind,
        _encode(fact.event),
        _metadata(message, f"{message.source}:{message.topic}", kind, speaker.decoder, speaker.site),
        fact.id,
        fact,
        speaker.site,
        speaker.device,
        speaker.decoder,
        subject,
        None if subject is None else content_digest(fact.event),
    )


def dead_item(message: Inbound, flaw: Flaw, limits: IngestLimits, decoder: str = native.NAME) -> Item:
    """The dead letter of a flaw, packed for the dead letters of its source."""
    payload = message.payload if flaw.raw is None else flaw.raw
    digest = sha256(payload).hexdigest()
    event = DeadLettered(
        source=message.source,
        topic=message.topic[:TOPIC_LENGTH],
        payload=payload if len(payload) <= limits.payload_bytes else payload[: limits.prefix_bytes],
        size=len(payload),
        sha256=digest,
        code=flaw.code,
        reason=flaw.reason,
        received_at=message.received_at,
    )
    return Item(
        message,
        f"deadletter-{message.source}",
        "DeadLettered",
        _encode(event),
        _metadata(message, message.source, "DeadLettered", decoder, None),
        dead_letter_event_id(message.source, message.topic, digest),
        decoder=decoder,
        code=flaw.code,
        reason=flaw.reason,
    )


def record_item(message: Inbound, stream: str, event: Event, event_id: EventId) -> Item:
    """An event of ours about a message, packed for a stream that ingest writes."""
    kind = type(event).__name__
    return Item(message, stream, kind, _encode(event), _metadata(message, message.source, kind, native.NAME, None), event_id)


def content_digest(event: Event) -> bytes:
    """What an event says, whenever it was said: by this an event without a time of its own is told from its repeat."""
    timeless = msgspec.structs.replace(event, timestamp=EPOCH)
    return blake2b(_encode(timeless), digest_size=16).digest()


def outcome(items: list[Item]) -> Outcome:
    """What became of a message whose items are all settled."""
    first = items[0]
    if len(items) == 1:
        result = Result.DEAD_LETTER if first.code is not None else first.result or Result.STORED
        ids = [first.id or b""]
        return Outcome(result, ids, first.position, first.reason, () if first.code is None else ids)
    dead = [item for item in items if item.code is not None]
    good = [item.result for item in items if item.code is None]
    result = Result.STORED if Result.STORED in good else Result.DUPLICATE if good else Result.DEAD_LETTER
    return Outcome(
        result,
        [item.id or b"" for item in items],
        max((item.position for item in items if item.position is not None), default=None),
        f"{len(dead)} of {len(items)} items: {dead[0].reason}" if dead else None,
        [item.id or b"" for item in dead],
    )


def _metadata(message: Inbound, source: str, kind: str, decoder: str, site: str | None) -> bytes:
    """A message's metadata, but for its closing brace."""
    common = _metadata_head(source, kind, decoder, site) + _encode(message.received_at)
    if message.causation is None:
        return common
    return common + b',"$causationId":' + _encode(format_event_id(message.causation)) + b',"actor":' + _encode(message.actor)


@lru_cache(maxsize=16_384)
def _metadata_head(source: str, kind: str, decoder: str, site: str | None) -> bytes:
    """A message's metadata up to the time at which it was received: the same for all of a topic and type."""
    head = {
        "schemaVersion": REGISTRY.types[kind].version,
        "source": source,
        "decoder": decoder,
        **({} if site is None else {"site": site}),
    }
    return _encode(head)[:-1] + b',"receivedAt":'
