"""`demo`: a house in this process, the simulated greenhouse in a child, and at the end the oracle's judgement."""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from adapters.mqtt.child import Child
from glasshouse.client import ApiClient, trust_in
from glasshouse.data_folder import own
from glasshouse.demo.registration import register
from glasshouse.errors import ExitCode, GlasshouseError
from glasshouse.first_key import issue_key
from glasshouse.house import House, running_house
from glasshouse.loops import told_to_stop
from glasshouse.oracle.audit import audit
from glasshouse.oracle.probe import HistoryProbe
from glasshouse.oracle.report import AuditReport
from glasshouse.read_side import hashes
from glasshouse.settings import PREFIX, Settings
from glasshouse.simulator.options import SimulationOptions

OnReady = Callable[[House, str], None]


class SimulationFailedError(GlasshouseError):
    """The simulated greenhouse broke down, so there is nothing to judge."""

    exit_code = ExitCode.FOUND_WRONG


async def demo(settings: Settings, *, devices: int, rate: float, seconds: float | None, on_ready: OnReady) -> AuditReport:
    """Run until the simulation has lasted `seconds`, or SIGINT or SIGTERM; then judge all that was ever sent to this data.

    `on_ready` gets the house and an admin key once readings come in.
    """
    with own(settings.folder) as folder:
        ledger = folder.path / "demo-ledger.jsonl"
        ledger.touch()  # who is told to stop before anything was sent is judged, too
        first = ledger.stat().st_size == 0
        async with running_house(settings, folder) as house:
            stop = told_to_stop()
            key = await issue_key(house.log, house.read, "demo")
            house.announce()
            options = SimulationOptions(mqtt=house.mqtt.url, ledger=ledger, devices=devices, rate=rate, seconds=seconds)
            async with ApiClient(house.http, key, trust_in(house.announced())) as client:
                await register(client, options)
            on_ready(house, key)
            await _simulate(options, folder.path / "demo-simulator.log", stop)
            await house.read.caught_up(house.log)
            probe = HistoryProbe(house.read.history)
            return await audit(ledger, house.log, probe, hashes=lambda: hashes(house.read, house.log), broker_lived_on=first)


async def _simulate(options: SimulationOptions, log: Path, stop: asyncio.Event) -> None:
    """Run the simulator as a child until it ends or we are told to stop; it then says its last words and waits for receipts.

    SimulationFailedError where it ended otherwise.
    """
    command = [sys.executable, "-m", "glasshouse", "simulate", "--json"]
    command += ["--ledger", str(options.ledger), "--devices", str(options.devices), "--rate", str(options.rate)]
    if options.seconds is not None:
        command += ["--seconds", str(options.seconds)]
    # The URL may hold a password, and a command line can be read by everybody on the machine.
    child = await Child.start(command, log, env={**os.environ, f"{PREFIX}MQTT": options.mqtt})
    ended = asyncio.create_task(child.died(), name="demo-simulator")
    stopped = asyncio.create_task(stop.wait(), name="demo-stop")
    try:
        await asyncio.wait([ended, stopped], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        with suppress(asyncio.CancelledError):
            await stopped
        await child.stop()
        words = await ended
    if child.exit_code != 0 and not stop.is_set():
        raise SimulationFailedError(f"the simulated greenhouse ended: {words or 'it says nothing'}")
