"""However the same messages come, by MQTT or over HTTP, together or apart, in whatever order and number: the same is stored."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from api.ingestion import Fate
from domain.leases import ALL
from glasshouse.http_ingest import HttpIngest
from ingest.messages import Inbound
from tests.support.delivering import item, stored
from tests.support.ingest import NOON_MS, ingesting
from tests.support.memory_log import MemoryLog

Item = dict[str, Any]
Facts = set[tuple[str, bytes, bytes]]

readings = st.builds(
    lambda minute, value, own: {"timestamp": NOON_MS + minute * 60_000, "reading": {"temperature": value}} | own,
    st.integers(0, 5),
    st.sampled_from([20.5, 21, None, "hot", True]),
    st.sampled_from([{}, {"id": "a"}, {"id": "b"}, {"seq": 1}, {"units": {"temperature": "furlong"}}]),
)
states = st.builds(
    lambda minute, state: {"actuatorId": "fan", "timestamp": NOON_MS + minute * 60_000, "state": state},
    st.integers(0, 5),
    st.sampled_from(["on", "off", None]),
)
devices = st.sampled_from(["a", "b", "c"])
items = st.one_of(
    st.builds(lambda device, payload: item(payload, device=device), devices, readings),
    st.builds(lambda device, payload: item(payload, device=device), devices, st.lists(readings, max_size=4)),
    st.builds(lambda device, payload: item(payload, device=device, topic="state"), devices, states),
)


async def facts(log: MemoryLog, category: str) -> Facts:
    """What is stored, in whatever order it came, and wherever from."""
    return {(event.stream, event.id, event.data) for event in await stored(log, category)}


async def by_mqtt(sent: list[Item]) -> MemoryLog:
    """Message by message, as MQTT brings them; under the same source, which the ids of dead letters hold."""
    log = MemoryLog()
    async with ingesting(log) as ingest:
        topics = [f"glasshouse/{one['site']}/{one['device']}/{one['topic']}" for one in sent]
        payloads = [msgspec.json.encode(one["payload"]) for one in sent]
        now = datetime.now(UTC)
        await ingest.send(*(Inbound("http", *message, now) for message in zip(topics, payloads, strict=True)))
    return log


async def over_http(requests: list[list[Item]]) -> tuple[MemoryLog, list[Fate]]:
    log, fates = MemoryLog(), []
    async with ingesting(log) as ingest:
        port = HttpIngest(ingest.pipeline, log.log_id, (ALL,), lambda: None)
        for request in requests:
            split = port.items(msgspec.json.encode(request))
            fates += [one.result for one in await port.submit(split, lambda _site, _device: True).receipts()]
    return log, fates


@given(st.data(), st.lists(items, max_size=8))
@settings(max_examples=150)
async def test_any_split_order_and_repetition_over_http_stores_what_mqtt_stores(data: st.DataObject, sent: list[Item]) -> None:
    again = data.draw(st.lists(st.sampled_from(sent), max_size=6)) if sent else []
    shuffled = data.draw(st.permutations([*sent, *again]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=3)))
    requests = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    log, fates = await over_http(requests)
    mqtt = await by_mqtt(sent)
    assert {one[:2] for one in await facts(log, "device")} == {one[:2] for one in await facts(mqtt, "device")}
    assert {one[1] for one in await facts(log, "deadletter")} == {one[1] for one in await facts(mqtt, "deadletter")}
    assert len(await stored(log)) == len(await facts(log, "device"))
    assert len(fates) == len(shuffled)
