"""A device at a broker that keeps what it is told, and answers; and the log seen by whoever asks for commands."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.event_log.port import ANY, Append, EventLog
from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from schema.actuators import ActuatorSpec
from schema.commands import CommandEnded, CommandStep
from schema.envelope import Metadata
from schema.events import ActuatorCommand, DeviceMetadata, Event
from schema.ids import content_event_id
from schema.registry import REGISTRY

SITE = "farm"


class ObedientDevice:
    """Speaks the native dialect. It keeps its session at the broker, does each command once, and answers twice."""

    def __init__(self, broker: BrokerAddress, name: str) -> None:
        self.name = name
        self.received: list[dict[str, Any]] = []
        self.answers = ["accepted", "succeeded"]
        topics = [f"glasshouse/{SITE}/{name}/command/#"]
        self.session = Session(broker, client_id=f"device-{name}", filters=topics, handler=self._obey)

    @property
    def commands(self) -> list[str]:
        return [said["commandId"] for said in self.received]

    def answer(self, command: str, result: str) -> None:
        payload = json.dumps({"commandId": command, "result": result}).encode()
        self.session.publish(f"glasshouse/{SITE}/{self.name}/ack", payload)

    def _obey(self, message: Message) -> None:
        said = json.loads(message.payload)
        self.received.append(said)
        for result in self.answers:
            self.answer(said["commandId"], result)
            self.answer(said["commandId"], result)


@asynccontextmanager
async def obedient(broker: BrokerAddress, name: str = "box") -> AsyncIterator[ObedientDevice]:
    """A device that is connected. It comes back whenever the broker does."""
    device = ObedientDevice(broker, name)
    running = asyncio.create_task(device.session.run(), name=f"device-{name}")
    try:
        await device.session.connected()
        yield device
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Desk:
    """Whoever registers devices and asks for commands, at the log itself."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def register(self, name: str = "box") -> None:
        heater = ActuatorSpec(actuator_id="heater", answer_seconds=1)
        await self._append(name, DeviceMetadata(device_id=name, location=f"{SITE}/1", actuators=(heater,)))

    async def ask(self, command: str, name: str = "box", *, seconds: float = 30, hold: bool = False) -> None:
        now = datetime.now(UTC)
        event = ActuatorCommand(
            device_id=name,
            actuator_id="heater",
            timestamp=now,
            command="set",
            value="on",
            correlation_id=f"for-{command}",
            command_id=command,
            deadline=now + timedelta(seconds=seconds),
            hold=hold,
        )
        await self._append(name, event)

    async def steps(self, command: str, name: str = "box") -> list[str]:
        """What became of a command: its steps, the last by its outcome."""
        events = [REGISTRY.unpack(recorded) for recorded in await self._log.read_stream(f"control-{name}")]
        steps = [event for event in events if isinstance(event, CommandStep) and event.command_id == command]
        return [_named(step) for step in steps]

    async def ended(self, command: str, name: str = "box", *, seconds: float = 60) -> str:
        """Return with the outcome, once there is one; there is no second."""
        await self.until(command, lambda steps: any(step in _ENDS for step in steps), name, seconds=seconds)
        [end] = [step for step in await self.steps(command, name) if step in _ENDS]
        return end

    async def until(
        self, command: str, condition: Callable[[list[str]], object], name: str = "box", *, seconds: float = 60
    ) -> None:
        """Return once that can be said of its steps."""
        async with asyncio.timeout(seconds):
            while not condition(await self.steps(command, name)):
                await asyncio.sleep(0.05)

    async def _append(self, name: str, event: Event) -> None:
        metadata = Metadata(schema_version=1, source="test", received_at=datetime.now(UTC))
        event_id = content_event_id(None, name, REGISTRY.pack(b"", event, metadata).data)
        await self._log.append([Append(f"control-{name}", ANY, [REGISTRY.pack(event_id, event, metadata)])])


_ENDS = frozenset({"succeeded", "failed", "rejected", "expired", "timed_out", "unknown", "cancelled"})


def _named(step: CommandStep) -> str:
    return step.outcome.value if isinstance(step, CommandEnded) else type(step).__name__.removeprefix("Command").lower()
