"""A simulated house over a real broker obeys what is published to it, and its answers are in the ledger as all else is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.mqtt.broker import EmbeddedBroker, start_broker
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from glasshouse.oracle.audit import audit
from glasshouse.simulator.ledger import read_ledger
from glasshouse.simulator.mishaps import MishapRates
from glasshouse.simulator.options import SimulationReport
from glasshouse.simulator.run import run_simulation
from tests.support.fake_log import FakeLog
from tests.support.mqtt import until
from tests.support.simulation import NO_FAULTS, NO_MISHAPS, listening, options, sent_lines, steady_port

BOX = "glasshouse/demo/actuators-1"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    running = await start_broker(tmp_path / "broker", "127.0.0.1", steady_port())
    try:
        yield running
    finally:
        await running.stop()


class Desk:
    """Gives commands to a box, and hears all that it says."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self.heard: list[tuple[str, Any]] = []
        filters = [f"{BOX}/ack", f"{BOX}/state", f"{BOX}/status"]
        self.session = Session(broker.address, client_id="desk", filters=filters, handler=self._hear)

    async def give(self, id_: str, actuator: str, value: Any, *, seconds: float = 30) -> None:
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        said = {"commandId": id_, "correlationId": "x", "actuatorId": actuator, "command": "set", "value": value}
        payload = msgspec.json.encode({**said, "deadline": deadline})
        await self.session.publish_acked(f"{BOX}/command/{actuator}", payload)

    def results(self, id_: str) -> list[str]:
        return [body["result"] for kind, body in self.heard if kind == "ack" and body["commandId"] == id_]

    def statuses(self) -> list[str]:
        return [body["status"] for kind, body in self.heard if kind == "status"]

    def _hear(self, message: Message) -> None:
        self.heard.append((message.topic.rpartition("/")[2], msgspec.json.decode(message.payload)))


@asynccontextmanager
async def house(
    broker: EmbeddedBroker, folder: Path, log: FakeLog, **changes: Any
) -> AsyncIterator[tuple[Desk, SimulationReport]]:
    """A house that runs for as long as it is looked at."""
    told = options(broker.address, folder, **{"devices": 2, "rate": 20, "seconds": None, "faults": NO_FAULTS, **changes})
    reports: asyncio.Queue[SimulationReport] = asyncio.Queue()
    async with listening(broker.address, log):
        running = asyncio.create_task(run_simulation(told, progress=reports.put_nowait), name="simulation")
        try:
            desk = Desk(broker)
            async with desk.session:
                report = await reports.get()
                yield desk, report
            async with asyncio.timeout(20):
                while any(line.receipted is None for line in sent_lines(told.ledger)):
                    await asyncio.sleep(0.05)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_its_answers_and_states_are_messages_that_the_oracle_finds(broker: EmbeddedBroker, tmp_path: Path) -> None:
    mishaps, log = MishapRates(refused=0.2, failed=0.2, answered_twice=0.2, slow=0, cut_off=0, by_hand=0.1), FakeLog()
    async with house(broker, tmp_path, log, mishaps=mishaps) as (desk, report):
        for number in range(20):
            await desk.give(f"c-{number}", "vent", number)
        await until(lambda: all(set(desk.results(f"c-{number}")) - {"accepted"} for number in range(20)))
    assert report.commands == 20
    answers = {line.answer for line in read_ledger(tmp_path / "ledger.jsonl") if line.kind == "ack"}
    assert answers == {f"c-{number} {result}" for number in range(20) for result in desk.results(f"c-{number}")}
    found = await audit(tmp_path / "ledger.jsonl", log, None)
    assert found.examples == []
    assert found.ok
    assert found.stored == found.sent


async def test_a_box_that_was_cut_off_is_said_to_be_offline_and_answers_when_it_is_back(
    broker: EmbeddedBroker, tmp_path: Path
) -> None:
    log = FakeLog()
    async with house(broker, tmp_path, log, mishaps=msgspec.structs.replace(NO_MISHAPS, cut_off=1.0)) as (desk, report):
        await desk.give("c-1", "lamps", "on")
        await until(lambda: desk.results("c-1") == ["accepted", "succeeded"])
        await until(lambda: desk.statuses()[-2:] == ["offline", "online"])
    assert report.mishaps == {"cutOff": 1}
    assert (await audit(tmp_path / "ledger.jsonl", log, None)).ok


async def test_what_is_no_command_is_left_alone(broker: EmbeddedBroker, tmp_path: Path) -> None:
    async with house(broker, tmp_path, FakeLog(), mishaps=NO_MISHAPS) as (desk, report):
        await desk.session.publish_acked(f"{BOX}/command/vent", b"open")
        await desk.give("c-1", "vent", 30)
        await until(lambda: desk.results("c-1") == ["accepted", "succeeded"])
    assert report.commands == 1
