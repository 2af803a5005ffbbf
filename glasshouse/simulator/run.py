"""Run a simulated greenhouse against a broker: its devices speak, things go wrong, and the ledger knows."""

import asyncio
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from adapters.mqtt.address import BrokerAddress
from glasshouse.simulator.boxes import Boxes
from glasshouse.simulator.fleet import Fleet
from glasshouse.simulator.house import House
from glasshouse.simulator.ledger import Ledger
from glasshouse.simulator.message import Message
from glasshouse.simulator.options import Progress, SimulationOptions, SimulationReport
from glasshouse.simulator.outbox import Outbox

TICK_SECONDS: Final = 0.05
DRAIN_SECONDS: Final = 10
"""How long to wait at the end for a broker that does not answer."""
RECEIPTS_SECONDS: Final = 5
"""How long after the last receipt to wait for another, which may never come."""
_MORNING: Final = 10


async def run_simulation(options: SimulationOptions, *, progress: Progress | None = None) -> SimulationReport:
    """Simulate until `options.seconds` have passed, or until cancelled; the ledger is complete in both cases.

    Raises LedgerError, and adapters.mqtt.errors.MqttError where the broker is not there or refuses.
    """
    address = BrokerAddress.parse(options.mqtt)
    ledger = await asyncio.to_thread(Ledger, options.ledger)
    report = SimulationReport()
    try:
        run = options.run or secrets.token_hex(4)
        fleet = Fleet(options, run, ledger.sequences)
        boxes = Boxes(fleet.devices, options, report)
        outbox = Outbox(address, run, fleet.devices, ledger=ledger, report=report, on_command=boxes.take)
        async with asyncio.TaskGroup() as tasks:
            company = [tasks.create_task(outbox.run(), name="outbox"), tasks.create_task(ledger.run(), name="ledger")]
            if progress is not None:
                company.append(tasks.create_task(_tell(progress, report), name="progress"))
            await _simulate(options, fleet, boxes, outbox, report)
            for task in company:
                task.cancel()
    except BaseExceptionGroup as errors:
        raise _first(errors) from errors
    finally:
        await ledger.close()
    return report


async def _simulate(options: SimulationOptions, fleet: Fleet, boxes: Boxes, outbox: Outbox, report: SimulationReport) -> None:
    """From the first status to the last receipt. A broker that stays away ends it late, not never."""
    await outbox.connected()
    await outbox.announce()
    with suppress(TimeoutError):
        async with asyncio.timeout(None if options.seconds is None else options.seconds + DRAIN_SECONDS):
            await _speak(options, fleet, boxes, outbox)
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await outbox.submit(fleet.rest())
            await outbox.say_goodbye()
            await outbox.all_sent()
    await _last_receipts(outbox, report)


async def _last_receipts(outbox: Outbox, report: SimulationReport) -> None:
    """Wait while receipts still come in."""
    seen = 0
    while seen != (seen := report.receipted):
        with suppress(TimeoutError):
            async with asyncio.timeout(RECEIPTS_SECONDS):
                await outbox.receipts.all_here()


async def _speak(options: SimulationOptions, fleet: Fleet, boxes: Boxes, outbox: Outbox) -> None:
    """Let the devices speak at the rate asked for, and answer commands as they come.

    What a slow broker kept from being said is caught up by a second at most.
    """
    loop = asyncio.get_running_loop()
    house = House(seed=options.seed, start=options.start or _this_morning(), latitude=options.latitude)
    total = None if options.seconds is None else max(1, round(options.rate * options.seconds))
    said, began = 0, loop.time()
    before = began
    while total is None or said < total:
        now = loop.time()
        began = max(began, now - (said + options.rate) / options.rate)
        due = int((now - began) * options.rate) - said
        if total is not None:
            due = min(due, total - said)
        house.advance(min(now - before, 1.0) * options.time_factor)
        before = now
        said += due
        await outbox.announce()
        await outbox.submit([*boxes.act(house, datetime.now(UTC), outbox.lose_link), *_messages(fleet, house, due)])
        await asyncio.sleep(TICK_SECONDS)


def _messages(fleet: Fleet, house: House, due: int) -> list[Message]:
    return [message for _ in range(due) for message in fleet.speak(house, datetime.now(UTC))]


async def _tell(progress: Progress, report: SimulationReport) -> None:
    while True:
        await asyncio.sleep(1)
        progress(report)


def _this_morning() -> datetime:
    return datetime.now(UTC).replace(hour=_MORNING, minute=0, second=0, microsecond=0)


def _first(errors: BaseExceptionGroup) -> BaseException:
    """What went wrong first, out of the groups that it came through."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
