"""`demo`: a house in this process, a greenhouse and its automation beside it, and at the end the oracle's judgement."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from glasshouse.client import ApiClient, trust_in
from glasshouse.data_folder import own
from glasshouse.demo.companions import companion, failed, first_of
from glasshouse.demo.registration import automation_key, register
from glasshouse.first_key import issue_key
from glasshouse.house import House, running_house
from glasshouse.loops import told_to_stop
from glasshouse.oracle.audit import audit
from glasshouse.oracle.probe import HistoryProbe
from glasshouse.oracle.report import AuditReport
from glasshouse.read_side import hashes
from glasshouse.setting_sources import PREFIX
from glasshouse.settings import Settings
from glasshouse.simulator.options import SimulationOptions

OnReady = Callable[[House, str], None]

_KEPT: Final = ("temperature 17 30 heater on off", "humidity 50 80 vent 0 20", "soil_moisture 46 62 pump on off")
_PROGRAM: Final = Path(__file__).with_name("keep_in_range.py")
_ANSWER_SECONDS: Final = 1.0
"""The automation ends so long before the greenhouse, which then has answered."""
_PATIENCE_SECONDS: Final = 5.0


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
                operator = await automation_key(client, options.site)
            on_ready(house, key)
            await _simulate(house, options, operator, stop)
            await house.read.caught_up(house.log)
            probe = HistoryProbe(house.read.history)
            return await audit(ledger, house.log, probe, hashes=lambda: hashes(house.read, house.log), broker_lived_on=first)


async def _simulate(house: House, options: SimulationOptions, key: str, stop: asyncio.Event) -> None:
    """Run greenhouse and automation until the first ends or we are told to stop.

    The automation is stopped first, so that what it asked for is still answered; the greenhouse then says its last words and
    waits for receipts. CompanionFailedError where one of them breaks down.
    """
    folder = house.folder.path
    broker = {f"{PREFIX}MQTT": options.mqtt}  # its URL may hold a password
    opens = {f"{PREFIX}KEY": key}
    async with (
        companion("the simulated greenhouse", _greenhouse(options), folder / "demo-simulator.log", broker) as greenhouse,
        companion("the automation", _automation(house, options.seconds), folder / "demo-automation.log", opens) as automation,
    ):
        await first_of(greenhouse=greenhouse.died(), automation=failed(automation), stop=stop.wait())


def _greenhouse(options: SimulationOptions) -> Sequence[str]:
    arguments = ["-m", "glasshouse", "simulate", "--json", "--ledger", str(options.ledger)]
    arguments += ["--devices", str(options.devices), "--rate", str(options.rate)]
    return arguments if options.seconds is None else [*arguments, "--seconds", str(options.seconds)]


def _automation(house: House, seconds: float | None) -> Sequence[str]:
    arguments = [str(_PROGRAM), "--url", f"{house.http}/graphql", "--patience", str(_PATIENCE_SECONDS)]
    arguments += [part for rule in _KEPT for part in ("--keep", rule)]
    if house.settings.shown_certificate is not None:
        arguments += ["--certificate", house.settings.shown_certificate]
    return arguments if seconds is None else [*arguments, "--seconds", str(max(0.0, seconds - _ANSWER_SECONDS))]
