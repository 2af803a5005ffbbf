"""A simulated house over real brokers into a real ingest: the oracle finds every message where it belongs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import EmbeddedBroker, start_broker
from adapters.mqtt.errors import BrokerUnreachableError
from adapters.mqtt.mosquitto import find_mosquitto
from glasshouse.oracle.audit import audit
from glasshouse.simulator import gateway
from glasshouse.simulator.ledger import Ledger, read_ledger
from glasshouse.simulator.options import SimulationReport
from glasshouse.simulator.run import run_simulation
from tests.support.fake_log import FakeLog
from tests.support.simulation import listening, options, sent_lines, steady_port

BROKERS = [
    pytest.param("mosquitto", marks=pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not on this machine")),
    "iotcore",
]


@pytest.fixture
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    running = await start_broker(tmp_path / "broker", "127.0.0.1", steady_port(), kind=getattr(request, "param", "auto"))
    try:
        yield running
    finally:
        await running.stop()


@pytest.mark.parametrize("broker", BROKERS, indirect=True)
async def test_every_message_is_found_where_it_belongs(broker: EmbeddedBroker, tmp_path: Path) -> None:
    told, log = options(broker.address, tmp_path), FakeLog()
    async with listening(broker.address, log):
        report = await run_simulation(told)
    found = await audit(told.ledger, log, None)
    assert found.examples == []
    assert found.ok
    assert report.sent == report.pubacked == report.receipted == found.sent == found.receipted
    assert found.stored + found.dead_letters == found.sent
    assert found.dead_letters == report.dead_letters == report.faults["malformed"] > 0
    assert found.dropped == report.faults["dropped"] > 0
    assert found.duplicates_received == report.duplicates >= report.faults["doubled"] > 0
    assert found.latency_ms.p50 is not None


async def test_the_number_of_messages_is_what_was_asked_for(broker: EmbeddedBroker, tmp_path: Path) -> None:
    told = options(broker.address, tmp_path, rate=100, seconds=1, devices=3)
    await run_simulation(told)
    lines = list(read_ledger(told.ledger))
    assert len([line for line in lines if line.kind != "status"]) == 100
    assert len([line for line in lines if line.kind == "status"]) == 2 * 3


async def test_the_same_ledger_goes_on_with_the_next_run(broker: EmbeddedBroker, tmp_path: Path) -> None:
    told, log = options(broker.address, tmp_path, rate=100, seconds=1), FakeLog()
    async with listening(broker.address, log):
        for _ in range(2):
            await run_simulation(told)
    keys = [(line.device, line.sequence) for line in read_ledger(told.ledger)]
    assert len(keys) == len(set(keys)) >= 200
    assert (await audit(told.ledger, log, None)).ok


async def test_without_anybody_listening_it_ends_with_pubacks_and_no_receipts(broker: EmbeddedBroker, tmp_path: Path) -> None:
    report = await run_simulation(options(broker.address, tmp_path, rate=50, seconds=1))
    assert report.pubacked == report.sent > 0
    assert report.receipted == 0


async def until(condition: Callable[[SimulationReport], bool], **changes: Any) -> SimulationReport:
    """Run until a report meets the condition, then cancel."""
    reached: asyncio.Future[SimulationReport] = asyncio.get_running_loop().create_future()

    def look(report: SimulationReport) -> None:
        if condition(report) and not reached.done():
            reached.set_result(report)

    told = options(changes.pop("address"), changes.pop("folder"), seconds=None, **changes)
    running = asyncio.create_task(run_simulation(told, progress=look), name="simulation")
    await asyncio.wait({running, reached}, return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    return reached.result()


async def test_cancelled_it_leaves_a_complete_ledger_and_no_lock(broker: EmbeddedBroker, tmp_path: Path) -> None:
    report = await until(lambda seen: seen.pubacked > 50, address=broker.address, folder=tmp_path)
    path = tmp_path / "ledger.jsonl"
    acknowledged = [line for line in sent_lines(path) if line.pubacked is not None]
    assert len(acknowledged) >= report.pubacked
    await Ledger(path).close()


@pytest.mark.parametrize("broker", BROKERS, indirect=True)
async def test_it_survives_a_restart_of_the_broker_and_sends_again_what_was_not_acknowledged(
    broker: EmbeddedBroker, tmp_path: Path
) -> None:
    told, log = options(broker.address, tmp_path, seconds=4, rate=300, devices=4), FakeLog()
    async with listening(broker.address, log):
        simulation = asyncio.create_task(run_simulation(told), name="simulation")
        await asyncio.sleep(0)
        while sum(line.receipted is not None for line in _lines(told.ledger)) < 100:
            await asyncio.sleep(0.1)
        await broker.stop()
        again = await start_broker(tmp_path / "broker", broker.host, broker.port, kind=broker.kind)
        try:
            report = await simulation
            await _all_quiet(log)
        finally:
            await again.stop()
    found = await audit(told.ledger, log, None, broker_lived_on=broker.kind == "mosquitto")
    assert found.examples == []
    assert found.ok
    assert report.pubacked == report.sent
    assert sum(line.kind == "status" for line in sent_lines(told.ledger)) == 3 * 4


async def _all_quiet(log: FakeLog) -> None:
    """Return once nothing was appended for a while."""
    head = None
    while head != (head := await log.head()):
        await asyncio.sleep(0.5)


def _lines(path: Path) -> list[Any]:
    return list(read_ledger(path)) if path.exists() else []


async def test_a_broker_that_is_not_there_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "CONNECT_SECONDS", 0.5)
    broker = await start_broker(tmp_path / "broker", "127.0.0.1", 0)
    await broker.stop()
    with pytest.raises(BrokerUnreachableError, match="no broker at"):
        await run_simulation(options(broker.address, tmp_path))


async def test_an_address_that_is_none_is_refused_before_a_ledger_is_begun(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mqtt://"):
        await run_simulation(options(BrokerAddress("h", 1), tmp_path, mqtt="http://127.0.0.1"))
    assert not (tmp_path / "ledger.jsonl").exists()
