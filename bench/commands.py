"""Commands to the broker: the reactors against a loop that only appends and publishes, and how long one takes in all.

    python -m bench.commands [--commands 5000] [--rounds 3] [--seconds 10]

Both append CommandDispatching, publish with QoS 1 and append CommandDispatched, 500 commands at a time; the reactors also read
the log, fold what is under way, and judge at which revision each is appended. How long a command takes is measured from before
its mutation is sent to an `up` until its device has it, each with a correlation id of its own; beside the disk's sync time.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry

from adapters.event_log.port import ANY, Append
from adapters.event_log.sqlite import SqliteEventLog
from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import start_broker
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from bench.live import syncs, up
from glasshouse.client import ApiClient
from glasshouse.loops import run
from glasshouse.react_side import ReactSide
from projections.advice import LatestAdvice
from projections.latest import LatestState
from schema.actuators import ActuatorSpec
from schema.commands import CommandDispatched, CommandDispatching, CommandStep
from schema.envelope import Metadata, NewEvent
from schema.events import ActuatorCommand, DeviceMetadata, Event
from schema.ids import content_event_id
from schema.registry import REGISTRY

DEVICES = 1000
AT_ONCE = 500
RATE = 20
LISTENED = "glasshouse/+/+/command/#"
REGISTER = """mutation ($device: ID!) {
  registerDevice(input: {deviceId: $device, location: "farm/1", actuators: [{actuatorId: "heater", type: SWITCH}]}) {
    __typename ... on OperationError { message } } }"""
ISSUE = """mutation ($device: ID!, $loop: ID!) {
  issueCommand(input: {deviceId: $device, actuatorId: "heater", command: "set", value: "on", correlationId: $loop}) {
    __typename ... on OperationError { message } } }"""
_METADATA = Metadata(schema_version=1, source="bench", received_at=datetime.now(UTC))
_HEATER = (ActuatorSpec(actuator_id="heater"),)


class Yard:
    """Devices that listen, each command at the moment it arrived."""

    def __init__(self, log: SqliteEventLog, address: BrokerAddress, folder: Path) -> None:
        self.log, self.address, self.folder = log, address, folder
        self.arrived: dict[str, float] = {}
        self.session = Session(address, client_id="yard", filters=[LISTENED], handler=self._hear, clean=True)

    async def register(self) -> None:
        events = [DeviceMetadata(device_id=f"box-{n}", location="farm", actuators=_HEATER) for n in range(DEVICES)]
        await self.append(events)

    async def append(self, events: Sequence[DeviceMetadata | ActuatorCommand | CommandStep]) -> None:
        for start in range(0, len(events), AT_ONCE):
            portion = events[start : start + AT_ONCE]
            await self.log.append([Append(f"control-{event.device_id}", ANY, [packed(event)]) for event in portion])

    async def all_arrived(self, count: int) -> None:
        while len(self.arrived) < count:
            await asyncio.sleep(0.005)

    def _hear(self, message: Message) -> None:
        self.arrived[json.loads(message.payload)["commandId"]] = time.perf_counter()


def packed(event: Event) -> NewEvent:
    draft = REGISTRY.pack(b"", event, _METADATA)
    return NewEvent(content_event_id(None, draft.type, draft.data), draft.type, draft.data, draft.metadata)


def asked(number: int) -> ActuatorCommand:
    now = datetime.now(UTC)
    return ActuatorCommand(
        device_id=f"box-{number % DEVICES}",
        actuator_id="heater",
        timestamp=now,
        command="set",
        value="on",
        correlation_id=f"loop-{number}",
        command_id=f"c{number}",
        deadline=now + timedelta(minutes=30),
    )


def stepped(kind: type[CommandStep], command: ActuatorCommand) -> CommandStep:
    return kind(
        device_id=command.device_id,
        actuator_id=command.actuator_id,
        command_id=command.command_id or "",
        timestamp=datetime.now(UTC),
    )


@asynccontextmanager
async def yard() -> AsyncIterator[Yard]:
    with TemporaryDirectory() as folder:
        log = await SqliteEventLog.open(Path(folder) / "events.db")
        broker = await start_broker(Path(folder) / "broker", "127.0.0.1", 0)
        made = Yard(log, broker.address, Path(folder))
        await made.register()
        async with made.session:
            yield made
        await broker.stop()
        await log.close()


@asynccontextmanager
async def reacting(there: Yard) -> AsyncIterator[CollectorRegistry]:
    registry = CollectorRegistry()
    snapshot = there.folder / "reactors.json"
    advice = LatestAdvice(LatestState())
    react = ReactSide(there.log, there.address, "react", advice, snapshot=snapshot, registry=registry, lease=None)
    async with asyncio.TaskGroup() as tasks:
        react.start(tasks)
        await react.started()
        yield registry
        await react.stop()


async def dispatched(registry: CollectorRegistry, count: int) -> None:
    while (registry.get_sample_value("glasshouse_commands_dispatched_total") or 0) < count:
        await asyncio.sleep(0.005)


async def bare(commands: int) -> float:
    """Commands a second of a loop that appends, publishes and appends."""
    async with yard() as there, Session(there.address, client_id="bare", clean=True) as session:
        asks = [asked(number) for number in range(commands)]
        began = time.perf_counter()
        for start in range(0, commands, AT_ONCE):
            portion = asks[start : start + AT_ONCE]
            await there.append([stepped(CommandDispatching, command) for command in portion])
            publishes = (_publish(session, command) for command in portion)
            await asyncio.gather(*publishes)
            await there.append([stepped(CommandDispatched, command) for command in portion])
        return commands / (time.perf_counter() - began)


async def _publish(session: Session, command: ActuatorCommand) -> int:
    topic = f"glasshouse/farm/{command.device_id}/command/heater"
    payload = json.dumps({"commandId": command.command_id, "command": command.command, "value": command.value}).encode()
    return await session.publish_acked(topic, payload, message_expiry_s=60)


async def ours(commands: int) -> float:
    """The same of the reactors, from a log that holds them all."""
    async with yard() as there:
        await there.append([asked(number) for number in range(commands)])
        began = time.perf_counter()
        async with reacting(there) as registry:
            await dispatched(registry, commands)
            return commands / (time.perf_counter() - began)


async def latency(seconds: float) -> tuple[list[float], list[float]]:
    """Seconds from before a mutation is sent until its device has the command, at a steady pace; and those of syncs."""
    began: dict[str, float] = {}
    arrived: dict[str, float] = {}
    taken: list[float] = []

    def hear(message: Message) -> None:
        arrived[json.loads(message.payload)["correlationId"]] = time.perf_counter()

    with TemporaryDirectory(prefix="glasshouse-bench-") as name:
        async with up(Path(name) / "data") as ready, ApiClient(ready["http"], ready["admin_key"]) as client:
            address = BrokerAddress(ready["mqtt"]["host"], ready["mqtt"]["port"])
            async with Session(address, client_id="yard", filters=[LISTENED], handler=hear, clean=True):
                count = int(seconds * RATE)
                for number in range(count):
                    await client.change(REGISTER, device=f"box-{number}")
                probing = asyncio.create_task(syncs(Path(name), taken), name="syncs")
                async with asyncio.TaskGroup() as tasks:
                    for number in range(count):
                        began[f"loop-{number}"] = time.perf_counter()
                        tasks.create_task(client.change(ISSUE, device=f"box-{number}", loop=f"loop-{number}"), name="issue")
                        await asyncio.sleep(1 / RATE)
                async with asyncio.timeout(30):
                    while len(arrived) < count:
                        await asyncio.sleep(0.005)
                probing.cancel()
                await asyncio.gather(probing, return_exceptions=True)
    return [arrived[loop] - at for loop, at in began.items()], taken


async def measure(commands: int, rounds: int, seconds: float) -> None:
    floor, reactors = [], []
    for _ in range(rounds):
        floor.append(await bare(commands))
        reactors.append(await ours(commands))
    figures = {"commands": commands, "rounds": rounds, "bare_per_second": round(median(floor))}
    ratio = round(median(reactors) / median(floor), 3)
    figures["per_second"] = round(median(reactors))
    print(
        json.dumps({"bench": "commands", "metric": "dispatch against append and publish", "ratio": ratio, **figures}),
        flush=True,
    )
    took, synced = await latency(seconds)
    told = {"rate": RATE, "commands": len(took), **_cuts("", took), **_cuts("sync_", synced)}
    print(json.dumps({"bench": "commands", "metric": "from a mutation to its device", **told}), flush=True)


def _cuts(name: str, seconds: Sequence[float]) -> dict[str, float]:
    parts = quantiles(seconds, n=100)
    return {f"{name}p50_ms": round(parts[49] * 1e3, 2), f"{name}p99_ms": round(parts[98] * 1e3, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    run(measure(options.commands, options.rounds, options.seconds))


if __name__ == "__main__":
    main()
