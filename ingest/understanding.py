"""A message as items: understood in the dialect of its topic, each fact on its way to the stream of its device."""

from collections.abc import Sequence
from functools import lru_cache

from ingest.decoders import native
from ingest.facts import Fact, Flaw
from ingest.foreign import ForeignDevices, decoder_of
from ingest.items import Item, Speaker, dead_item, fact_item
from ingest.limits import IngestLimits
from ingest.messages import Inbound
from ingest.topics import route_of


def items_of(message: Inbound, foreign: ForeignDevices, limits: IngestLimits) -> list[Item]:
    """Facts and dead letters; none where a foreign device says nothing that is kept."""
    topic, payload, received_at = message.topic, message.payload, message.received_at
    devices = foreign.at(topic)
    if not devices:
        said = native.decode(topic, payload, received_at)
        return [
            fact_item(message, one, _native(topic)) if isinstance(one, Fact) else dead_item(message, one, limits)
            for one in said
        ]
    items: list[Item] = []
    for device in devices:
        decoder = decoder_of(device)
        speaker = Speaker(device.site, device.device_id, decoder.NAME)
        items += _items(message, decoder.decode(device, topic, payload, received_at), speaker, limits)
    return items


def _items(message: Inbound, said: Sequence[Fact | Flaw], speaker: Speaker, limits: IngestLimits) -> list[Item]:
    return [
        fact_item(message, one, speaker) if isinstance(one, Fact) else dead_item(message, one, limits, speaker.decoder)
        for one in said
    ]


@lru_cache(maxsize=16_384)
def _native(topic: str) -> Speaker:
    route = route_of(topic)
    return Speaker(route.site, route.device, native.NAME)
