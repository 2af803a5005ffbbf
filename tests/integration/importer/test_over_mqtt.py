"""An import into a running house: over a real broker, each message done when its receipt is here."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from adapters.event_log.port import Append, Appended, Conflict
from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import Kind
from adapters.mqtt.ports import choose_ports
from glasshouse.importer.mqtt_sink import MqttSink, NobodyIngestsError, mqtt_sink
from glasshouse.importer.report import ImportReport
from glasshouse.importer.run import run_import
from glasshouse.importer.sink import Sink
from ingest.limits import IngestLimits
from ingest.metrics import IngestMetrics
from ingest.mqtt_source import MqttSource
from ingest.pipeline import Pipeline
from tests.support.brokers import KINDS, standalone_broker
from tests.support.fake_log import FakeLog
from tests.support.importer import AIR, entry, everything, mapping_of, readings
from tests.support.mqtt import until

ROWS = "".join(f"2021-06-{day:02} {hour:02}:00,{day}.{hour}\n" for day in range(1, 29) for hour in range(24))
MAPPING = mapping_of(entry(AIR))


class HeldLog(FakeLog):
    """Says when it was asked to append, and answers once `open` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.open.clear()
        self.reached = asyncio.Event()

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        self.reached.set()
        return await super().append(appends)


@asynccontextmanager
async def house(address: BrokerAddress, log: FakeLog) -> AsyncIterator[MqttSource]:
    """What `up` does with a broker: messages into the log, receipts back."""
    metrics = IngestMetrics(CollectorRegistry())
    pipeline = Pipeline(log, limits=IngestLimits(), metrics=metrics)
    source = MqttSource(address, pipeline, client_id="house", metrics=metrics, exclusive=False)
    writer = asyncio.create_task(pipeline.run(), name="writer")
    async with source.session:
        yield source
    pipeline.close()
    await writer


async def import_over(address: BrokerAddress, folder: Path, *, patience_s: float = 20.0) -> ImportReport:
    async with mqtt_sink(address, patience_s=patience_s) as sink:
        return await run_import([folder], MAPPING, sink)


def all_acknowledged(sink: Sink) -> bool:
    """Whether the broker has, or had, all that there is to send."""
    assert isinstance(sink, MqttSink)
    assert sink.session._connection is not None
    return len(sink._open) == ROWS.count("\n") + 2 and not sink.session._connection.outbox._in_flight


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "box.csv").write_text(f"Time,T\n{ROWS}2021-06-01 00:00,1.0\nsoon,20\n")
    return folder


@pytest.mark.parametrize("kind", KINDS)
async def test_every_message_has_a_receipt_and_a_second_import_stores_nothing_new(
    tmp_path: Path, data: Path, kind: Kind
) -> None:
    log = FakeLog()
    async with standalone_broker(kind, tmp_path / "broker") as broker, house(broker.address, log):
        first = await import_over(broker.address, data)
        again = await import_over(broker.address, data)
    assert first.adds_up
    tally = first.total.readings
    assert (tally.stored, tally.duplicates, tally.dead_letters) == (672, 1, 1)
    assert again.total.readings.stored == 0
    assert len(await readings(log)) == 672
    assert len(await everything(log)) == 673


async def test_where_nobody_ingests_the_import_says_so(tmp_path: Path, data: Path) -> None:
    async with standalone_broker(KINDS[0], tmp_path / "broker") as broker:
        with pytest.raises(NobodyIngestsError, match="nobody ingests them; is `glasshouse up` running"):
            await import_over(broker.address, data, patience_s=0.5)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_broker_acknowledged_and_let_go_is_sent_again(tmp_path: Path, data: Path, kind: Kind) -> None:
    log = FakeLog()
    async with standalone_broker(kind, tmp_path / "broker") as broker, mqtt_sink(broker.address, patience_s=6) as sink:
        importing = asyncio.create_task(run_import([data], MAPPING, sink), name="import")
        await until(lambda: all_acknowledged(sink))
        async with house(broker.address, log):
            report = await importing
    assert report.adds_up
    assert report.total.readings.stored == 672


async def test_where_there_is_no_broker_the_import_says_so(data: Path) -> None:
    port, _ = choose_ports("127.0.0.1", 0, one_for_both=True)
    with pytest.raises(NobodyIngestsError, match="no connection to the broker"):
        await import_over(BrokerAddress("127.0.0.1", port), data, patience_s=0.5)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_broker_that_is_restarted_under_an_import_costs_nothing(tmp_path: Path, data: Path, kind: Kind) -> None:
    log = HeldLog()
    async with standalone_broker(kind, tmp_path / "broker") as broker, house(broker.address, log):
        importing = asyncio.create_task(import_over(broker.address, data), name="import")
        await log.reached.wait()
        await broker.kill()
        await broker.start()
        log.open.set()
        report = await importing
    assert report.adds_up
    assert report.total.readings.dead_letters == 1
    assert len(await readings(log)) == 672
