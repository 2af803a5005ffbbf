"""Remembering a stream from its tail, after a restart or when somebody else has written to it."""

from collections.abc import Sequence

import msgspec

from adapters.event_log.port import EventLog
from ingest.facts import subject_of
from ingest.items import content_digest
from ingest.limits import IngestLimits
from ingest.stream_memory import StreamMemory, Subject, Summary
from schema.envelope import RecordedEvent
from schema.events import DeviceMetadata, Event, SensorReading
from schema.metrics import METRICS
from schema.registry import REGISTRY, UnknownEventTypeError
from schema.times import to_micros

_CONTROL_TAIL = 100


class _Tail(msgspec.Struct, rename="camel"):
    """What of an event's metadata tells about its stream."""

    received_at: str
    site: str | None = None
    ingest: Summary | None = None


_decode_tail = msgspec.json.Decoder(_Tail).decode
_encode = msgspec.json.Encoder().encode


def remember(newest_first: Sequence[RecordedEvent], limits: IngestLimits) -> StreamMemory:
    """What there is to remember of a stream whose last `limits.tail` events these are."""
    tail = newest_first[::-1]
    memory = StreamMemory(limits.window)
    if tail and tail[0].revision > 0:
        start, summary = _oldest_summary(tail)
        memory.start_from(summary)
        tail = tail[start:]
    for recorded in tail:
        _replay(memory, recorded)
    memory.trim()
    return memory


async def recall_subject(log: EventLog, stream: str, subject: Subject) -> None:
    """Fill in what the event at the subject's revision says."""
    for recorded in await log.read_stream(stream, start=subject.revision, limit=1):
        event = _unpack(recorded)
        subject.id, subject.digest = recorded.id, content_digest(event) if event is not None else b""


async def registered_site(log: EventLog, device: str) -> str | None:
    """The site at which people registered the device last; None where they did not."""
    for recorded in await log.read_stream(f"control-{device}", backwards=True, limit=_CONTROL_TAIL):
        event = _unpack(recorded)
        if isinstance(event, DeviceMetadata) and event.location:
            return event.location.partition("/")[0]
    return None


def summary_of(recorded: RecordedEvent) -> Summary | None:
    """What an event tells of all before it, where it does."""
    return _metadata(recorded).ingest


def _oldest_summary(tail: Sequence[RecordedEvent]) -> tuple[int, Summary | None]:
    for index, recorded in enumerate(tail):
        summary = summary_of(recorded)
        if summary is not None:
            return index, summary
    return 0, None


def _replay(memory: StreamMemory, recorded: RecordedEvent) -> None:
    event, metadata = _unpack(recorded), _metadata(recorded)
    timestamp = getattr(event, "timestamp", None)
    memory.add(recorded.id, None if timestamp is None else to_micros(timestamp), recorded.revision)
    memory.site = metadata.site or memory.site
    if event is None:
        memory.forget_times()
    elif timestamp is not None and _encode(timestamp)[1:-1].decode() == metadata.received_at:
        subject = subject_of(event)
        if subject is not None:
            memory.add_subject(subject, recorded.id, content_digest(event), recorded.revision)
    if isinstance(event, SensorReading):
        memory.metrics.update({*event.reading, *event.missing} - METRICS.keys())


def _unpack(recorded: RecordedEvent) -> Event | None:
    """The event, None where newer code or a stranger wrote it."""
    try:
        return REGISTRY.unpack(recorded)
    except (UnknownEventTypeError, msgspec.DecodeError):
        return None


def _metadata(recorded: RecordedEvent) -> _Tail:
    try:
        return _decode_tail(recorded.metadata)
    except msgspec.DecodeError:
        return _Tail(received_at="")
