"""Reactors over a log in memory: a clock that stands still until it is told, a broker and a device that a test speaks for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry

from adapters.event_log.port import ANY, Append
from adapters.mqtt.errors import MqttError, NotConnectedError
from adapters.snapshot import SnapshotFile
from adapters.tracing.port import OFF, Tracer
from glasshouse.tracing import traced
from reactors.checkpoint import Checkpoint
from reactors.crew import Crew
from reactors.metrics import ReactorMetrics
from reactors.situation import SNAPSHOT_KIND, SNAPSHOT_VERSION, Situation
from schema.commands import CommandEnded, CommandsRequested, CommandStep, OnFailure, RequestedCommand
from schema.envelope import Metadata
from schema.events import (
    ActuatorCommand,
    ActuatorEvent,
    CommandAck,
    DeviceMetadata,
    DeviceStatus,
    Event,
)
from schema.ids import content_event_id
from schema.registry import REGISTRY
from tests.support.commands import HEATER, LAMP, NOW, VENT, Known
from tests.support.fake_log import FakeLog


class HeldClock:
    """Implements `Clock`. Stands still until `advance`."""

    def __init__(self) -> None:
        self._now = NOW
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleepers.append((self._now + timedelta(seconds=seconds), woken))
        try:
            await woken.wait()
        finally:
            self._sleepers = [other for other in self._sleepers if other[1] is not woken]

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, and all that it brings."""
        end = self._now + timedelta(seconds=seconds)
        while (first := min((at for at, woken in self._sleepers if not woken.is_set()), default=end)) < end:
            self._now = max(first, self._now)
            await self._wake()
        self._now = end
        await self._wake()

    def set_ahead(self, by: timedelta) -> None:
        """As somebody sets the time of day: whoever sleeps is woken no sooner for it."""
        self._now += by
        self._sleepers = [(at + by, woken) for at, woken in self._sleepers]

    async def _wake(self) -> None:
        for at, woken in self._sleepers:
            if at <= self._now:
                woken.set()
        await quiet()


async def quiet() -> None:
    """Return once all tasks have had their turns: nothing here waits for anything but for one another."""
    for _ in range(60):
        await asyncio.sleep(0)


class Sent(msgspec.Struct, frozen=True):
    """What reached the broker."""

    topic: str
    said: dict[str, Any]
    response_topic: str | None
    correlation_data: bytes | None
    expiry_s: int | None
    at: datetime


class FakeBroker:
    """Implements `Broker`. Answers each publish with `reason`, or fails with `error`; held, it answers when it is let go."""

    def __init__(self, clock: HeldClock) -> None:
        self.is_connected = True
        self.reason = 0
        self.error: MqttError | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.sent: list[Sent] = []
        self._clock = clock

    async def publish_acked(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        response_topic: str | None = None,
        correlation_data: bytes | None = None,
        message_expiry_s: int | None = None,
    ) -> int:
        assert not retain
        if not self.is_connected:
            raise NotConnectedError("not connected to the broker")
        said = msgspec.json.decode(payload) if payload.startswith(b"{") else {}
        self.sent.append(Sent(topic, said, response_topic, correlation_data, message_expiry_s, self._clock.now()))
        await self.answers.wait()
        if self.error is not None:
            raise self.error
        return self.reason

    @property
    def commands(self) -> list[str]:
        return [one.said["commandId"] for one in self.sent]


class Greenhouse:
    """A log, a broker, a clock, and reactors that can be stopped and started again."""

    def __init__(self, *, log: FakeLog | None = None, snapshot: Any = None) -> None:
        self.clock = HeldClock()
        self.log = log or FakeLog()
        self.log._start_us = int(NOW.timestamp() * 1_000_000)
        self.log._step_us = 1
        self.broker = FakeBroker(self.clock)
        self.advice = Known()
        self.allowed = asyncio.Event()
        self.allowed.set()
        self.registry = CollectorRegistry()
        self.waits = True
        self.tracer: Tracer = OFF
        self.crew: Crew | None = None
        self._snapshot = snapshot
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.registry = CollectorRegistry()
        self.crew = Crew(
            traced(self.log, self.tracer),
            self.broker,
            self.advice,
            clock=self.clock,
            checkpoint=Checkpoint(SNAPSHOT_KIND, self._snapshot, Situation.restored),
            metrics=ReactorMetrics(self.registry),
            standing=self._standing,
            fencing=lambda: 7,
            tracer=self.tracer,
        )
        self._running = asyncio.create_task(self.crew.run(), name="crew")
        await self.crew.engine.started()
        await self._quiet()

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _quiet(self) -> None:
        if self.waits:
            await quiet()

    async def _standing(self) -> None:
        await self.allowed.wait()

    async def register(self, device: str = "box", **fields: Any) -> None:
        """A device with a heater, a vent and a lamp, at the site `farm`."""
        fields = {"actuators": (HEATER, VENT, LAMP), "location": "farm/1", **fields}
        await self.decide(device, DeviceMetadata(device_id=device, **fields))

    async def ask(self, command: str = "c1", device: str = "box", actuator: str = "heater", **fields: Any) -> ActuatorCommand:
        """Somebody wants something, for 30 seconds."""
        now = self.clock.now()
        fields = {"value": "on", "correlation_id": "loop-1", "deadline": now + timedelta(seconds=30), **fields}
        event = ActuatorCommand(
            device_id=device, actuator_id=actuator, timestamp=now, command="set", command_id=command, **fields
        )
        await self.decide(device, event)
        return event

    async def request(
        self, *commands: RequestedCommand, on_failure: OnFailure = OnFailure.SET_BACK, name: str = "loop-1"
    ) -> None:
        """Somebody wants several things together, under that correlation id."""
        now = self.clock.now()
        asked = CommandsRequested(
            correlation_id=name,
            digest="0",
            timestamp=now,
            deadline=now + timedelta(seconds=30),
            commands=commands,
            on_failure=on_failure,
        )
        await self.tell(f"request-{name}", asked)

    async def answer(self, result: str, command: str = "c1", device: str = "box", **fields: Any) -> None:
        await self.said(device, CommandAck(device_id=device, command_id=command, result=result, timestamp=NOW, **fields))

    async def state(self, value: Any, actuator: str = "heater", device: str = "box", **fields: Any) -> None:
        now = self.clock.now()
        event = ActuatorEvent(device_id=device, actuator_id=actuator, timestamp=now, state=value, **fields)
        await self.said(device, event)

    async def status(self, status: str, device: str = "box") -> None:
        await self.said(device, DeviceStatus(device_id=device, status=status, timestamp=self.clock.now()))

    async def said(self, device: str, event: Event) -> None:
        await self.tell(f"device-{device}", event, site="farm")

    async def decide(self, device: str, event: Event) -> None:
        await self.tell(f"control-{device}", event)

    async def tell(self, stream: str, event: Event, site: str | None = None) -> None:
        """Append it as somebody else, and let the reactors see."""
        metadata = Metadata(schema_version=1, source="test", received_at=self.clock.now(), site=site)
        event_id = content_event_id(None, stream, str(len(self.log.stored())))
        await self.log.append([Append(stream, ANY, [REGISTRY.pack(event_id, event, metadata)])])
        await self._quiet()

    def steps(self, device: str = "box") -> list[str]:
        """What became of the device's commands: the steps by their names, the ends by their outcomes."""
        events = self.log.events(f"control-{device}")
        return [_named(event) for event in events if isinstance(event, CommandStep)]

    def ends(self, device: str = "box") -> dict[str, str]:
        """How commands ended; more than one end of a command is an error."""
        ended = [event for event in self.log.events(f"control-{device}") if isinstance(event, CommandEnded)]
        assert len({event.command_id for event in ended}) == len(ended), ended
        return {event.command_id: event.outcome.value for event in ended}

    def complaint(self) -> str | None:
        assert self.crew is not None
        return self.crew.engine.complaint()

    @property
    def situation(self) -> Situation:
        """As the reactors see it."""
        assert self.crew is not None
        return self.crew.engine._situation

    def count(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"glasshouse_{name}", labels)


def _named(event: CommandStep) -> str:
    return event.outcome.value if isinstance(event, CommandEnded) else type(event).__name__.removeprefix("Command").lower()


@asynccontextmanager
async def greenhouse(folder: Path | None = None, *devices: str) -> AsyncIterator[Greenhouse]:
    """Reactors at work, with these devices registered; `box` where none is named."""
    snapshot = None
    if folder is not None:
        snapshot = SnapshotFile(folder / "reactors.snapshot", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
    house = Greenhouse(snapshot=snapshot)
    for device in devices or ("box",):
        await house.register(device)
    await house.start()
    try:
        yield house
    finally:
        await house.stop()
