"""Spans of a real `up`, at a collector: of a mutation and of readings; and what becomes of them where no collector is."""

import asyncio
import sys
from hashlib import blake2b
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from tests.support.asking import SITE
from tests.support.collector import Collector, SentSpan, collecting
from tests.support.mqtt import publisher
from tests.support.up import UpProcess, running_up

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
AUDIT = "query ($id: ID!) { audit(eventId: $id) { eventId correlationId } }"
READINGS = 20
REGISTER_FAN = """mutation { registerDevice(input: { deviceId: "door-1", location: "home/house-1",
  actuators: [{ actuatorId: "fan", type: SWITCH }] }) { ... on OperationError { message } } }"""
SWITCH_ON = """mutation { issueCommand(input: { deviceId: "door-1", actuatorId: "fan", value: "on", correlationId: "airing-1",
  timeout: "PT1M" }) { ... on OperationError { message } } }"""


def tracing(url: str, **more: str) -> dict[str, str]:
    return {"GLASSHOUSE_OTLP": url, "GLASSHOUSE_OTLP_RATIO": "1", **more}


async def ask(up: UpProcess, query: str, variables: dict[str, Any], **headers: str) -> Any:
    headers |= {"authorization": f"Bearer {up.ready['admin_key']}"}
    async with httpx.AsyncClient(base_url=up.http, headers=headers, timeout=30) as client:
        answer = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def define_site(up: UpProcess) -> None:
    await ask(up, SITE, {"input": {"siteId": "home", "name": "hush-hush"}}, traceparent=CALLER)


async def send_readings(up: UpProcess) -> None:
    mqtt = up.ready["mqtt"]
    async with publisher(BrokerAddress(mqtt["host"], mqtt["port"])) as session:
        payloads = [b'{"id": "r-%d", "reading": {"temperature": 21.5}}' % number for number in range(READINGS)]
        await asyncio.gather(*(session.publish_acked("glasshouse/home/tomato-1/reading", one) for one in payloads))


def above(spans: list[SentSpan], span: SentSpan) -> SentSpan:
    """Its parent."""
    [parent] = [one for one in spans if one.trace == span.trace and one.id == span.parent]
    return parent


def of_the_site(collector: Collector) -> list[SentSpan]:
    return collector.named("log append", stream="site-home")


async def test_the_spans_of_a_mutation_are_one_trace_by_its_correlation_id(tmp_path: Path) -> None:
    with collecting() as collector:
        async with running_up(tmp_path / "data", errors=tmp_path / "errors", env=tracing(collector.url)) as up:
            await define_site(up)
            await collector.until(lambda: of_the_site(collector) and collector.named("project lineage", stream="site-home"))
            assert await up.stop() == 0
    [append] = of_the_site(collector)
    correlation_id = append.attributes["glasshouse.correlation_id"]
    assert append.trace == blake2b(correlation_id.encode(), digest_size=16).hexdigest()
    execution = above(collector.spans, append)
    request = above(collector.spans, execution)
    assert (execution.name, request.name, request.parent) == ("graphql mutation", "POST /graphql", "")
    assert request.attributes["http.response.status_code"] == 200
    assert request.links == (CALLER.split("-")[1],)
    assert (
        request.began_ns <= execution.began_ns <= append.began_ns <= append.ended_ns <= execution.ended_ns <= request.ended_ns
    )
    for name in ("latest", "decisions", "lineage"):
        [projected] = collector.named(f"project {name}", stream="site-home")
        assert above(collector.spans, projected) == append
    assert {span.resource["service.name"] for span in collector.spans} == {"glasshouse"}
    assert "hush-hush" not in repr(collector.spans)
    assert up.ready["admin_key"] not in repr(collector.spans)


async def test_a_reading_is_followed_from_its_arrival_to_the_read_models(tmp_path: Path) -> None:
    with collecting() as collector:
        async with running_up(tmp_path / "data", errors=tmp_path / "errors", env=tracing(collector.url)) as up:
            await send_readings(up)
            await collector.until(lambda: len(collector.named("project history", type="SensorReading")) == READINGS)
            event_id = collector.named("ingest message")[0].trace
            found = await ask(up, AUDIT, {"id": event_id})
            assert await up.stop() == 0
    assert found["audit"]["eventId"].replace("-", "") == event_id, "the trace of a reading has the id of its event"
    messages = collector.named("ingest message")
    assert len({message.trace for message in messages}) == len(messages) == READINGS
    for message in messages:
        steps = [one for one in collector.spans if one.trace == message.trace and one.parent == message.id]
        names = {one.name for one in steps}
        assert {"decode", "queue", "append", "acknowledge", "project latest", "project history", "project lineage"} <= names
        assert all(message.began_ns <= one.began_ns for one in steps)
    assert sum(batch.attributes["glasshouse.items"] for batch in collector.named("ingest batch")) == READINGS
    batch = collector.named("ingest batch")[0]
    assert [one.name for one in collector.spans if (one.trace, one.parent) == (batch.trace, batch.id)].count("log append") == 1


async def test_a_command_is_one_trace_from_the_request_to_the_devices_answer(tmp_path: Path) -> None:
    def obey(message: Message) -> None:
        answer = {"commandId": msgspec.json.decode(message.payload)["commandId"], "result": "succeeded", "state": "on"}
        device.publish("glasshouse/home/door-1/ack", msgspec.json.encode(answer))

    with collecting() as collector:
        env = tracing(collector.url, GLASSHOUSE_OTLP_RATIO="0")
        async with running_up(tmp_path / "data", errors=tmp_path / "errors", env=env) as up:
            mqtt = up.ready["mqtt"]
            address, topics = BrokerAddress(mqtt["host"], mqtt["port"]), ["glasshouse/home/door-1/command/#"]
            async with Session(address, client_id="door-1", filters=topics, handler=obey, clean=True) as device:
                await ask(up, REGISTER_FAN, {})
                await ask(up, SWITCH_ON, {})
                ended = ("log append", "CommandEnded")
                await collector.until(lambda: collector.named(ended[0], type=ended[1]))
            assert await up.stop() == 0
    spans = [span for span in collector.spans if span.trace == blake2b(b"airing-1", digest_size=16).hexdigest()]
    [end] = [span for span in spans if span.attributes.get("glasshouse.type") == "CommandEnded" and span.name == "log append"]
    answers = above(spans, end)
    [publish] = [span for span in spans if span.name == "mqtt publish"]
    asked = above(spans, above(spans, publish))
    assert (answers.name, above(spans, publish).name) == ("device answers", "dispatch")
    assert (asked.name, asked.attributes["glasshouse.type"]) == ("log append", "ActuatorCommand")
    assert (above(spans, asked).name, above(spans, above(spans, asked)).name) == ("graphql mutation", "POST /graphql")


async def test_a_query_goes_on_with_the_trace_of_who_asks(tmp_path: Path) -> None:
    with collecting() as collector:
        env = tracing(collector.url, GLASSHOUSE_OTLP_RATIO="0")
        async with running_up(tmp_path / "data", errors=tmp_path / "errors", env=env) as up:
            await ask(up, "{ sites { id } }", {}, traceparent=CALLER)
            await ask(up, "{ sites { id } }", {})
            assert await up.stop() == 0
    [request] = collector.named("POST /graphql")
    assert (request.trace, request.parent) == tuple(CALLER.split("-")[1:3])
    assert [above(collector.spans, one) for one in collector.named("graphql query")] == [request]


@pytest.mark.parametrize("how", ["away", "hanging", "refusing"])
async def test_a_collector_that_takes_nothing_delays_nothing_and_what_it_lacks_is_counted(tmp_path: Path, how: str) -> None:
    with collecting() as collector:
        if how == "hanging":
            collector.going_on.clear()
        collector.status = 400
        url = "http://127.0.0.1:9" if how == "away" else collector.url
        env = tracing(url, OTEL_EXPORTER_OTLP_TIMEOUT="2")
        async with running_up(tmp_path / "data", errors=tmp_path / "errors", env=env) as up:
            async with asyncio.timeout(20):
                await define_site(up)
                await send_readings(up)
                await dropped(up)
                assert await up.stop() == 0


async def dropped(up: UpProcess) -> None:
    """Return once the metric says so."""
    async with httpx.AsyncClient(base_url=up.http) as client:
        while not any(
            line.startswith('glasshouse_tracing_dropped_total{reason="not_delivered"}') and float(line.split()[1]) > 0
            for line in (await client.get("/metrics")).text.splitlines()
        ):
            await asyncio.sleep(0.1)


async def test_who_wants_no_spans_loads_nothing_of_opentelemetry(tmp_path: Path) -> None:
    program = """
import asyncio, sys
from glasshouse.data_folder import own
from glasshouse.house import running_house
from glasshouse.settings import load_settings

async def main():
    settings = load_settings({"data": sys.argv[1], "http": "127.0.0.1:0", "mqtt": "127.0.0.1:0"}, environment={})
    with own(settings.folder) as folder:
        async with running_house(settings, folder):
            print([name for name in sys.modules if name.split(".")[0] in {"opentelemetry", "requests"}])

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(tmp_path / "data")), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert (process.returncode, out.decode().splitlines()[-1]) == (0, "[]")
