"""Processes that tell each other nothing tell a collector of the same traces."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from adapters.mqtt.address import BrokerAddress
from tests.support.brokers import StandaloneBroker
from tests.support.collector import SentSpan, collecting
from tests.support.mqtt import publisher
from tests.support.roles import Estate, ask

DEFINE = 'mutation { defineSite(input: {siteId: "home"}) { __typename } }'


def roles_of(spans: Iterable[SentSpan]) -> set[str]:
    return {str(span.resource["glasshouse.role"]) for span in spans}


async def test_a_reading_and_a_change_are_one_trace_each_through_all_roles(tmp_path: Path, broker: StandaloneBroker) -> None:
    estate = Estate(tmp_path, f"sqlite:///{tmp_path / 'events.db'}", broker.url)
    with collecting() as collector:
        estate.env |= {"GLASSHOUSE_OTLP": collector.url, "GLASSHOUSE_OTLP_RATIO": "1"}
        serve, *others = await asyncio.gather(*(estate.role(name, name).start() for name in ("serve", "ingest", "project")))
        try:
            await ask(serve, serve.ready["admin_key"], DEFINE)
            async with publisher(BrokerAddress.parse(broker.url)) as session:
                await session.publish_acked("glasshouse/home/tomato-1/reading", b'{"id": "r", "reading": {"temperature": 21}}')
            await collector.until(
                lambda: (
                    collector.named("project history", type="SensorReading")
                    and len(collector.named("project decisions", stream="site-home")) == len({"serve", "project"})
                )
            )
            for role in (serve, *others):
                assert await role.stop() == 0
        finally:
            await estate.end()
    [message] = collector.named("ingest message")
    [append] = collector.named("log append", stream="site-home")
    by_reading = [span for span in collector.spans if span.parent == message.id and span.trace == message.trace]
    by_change = [span for span in collector.spans if span.parent == append.id and span.trace == append.trace]
    assert (roles_of([message]), roles_of(by_reading)) == ({"ingest"}, {"ingest", "project", "serve"})
    assert (roles_of([append]), roles_of(by_change)) == ({"serve"}, {"project", "serve"})
