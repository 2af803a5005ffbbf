"""Brokers as processes of their own: they outlive whoever talks to them, and can be killed and started again."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.mqtt.broker import Kind, Plan, plan_broker
from adapters.mqtt.child import takes_connections
from adapters.mqtt.mosquitto import find_mosquitto

KINDS: Sequence[Kind] = ("iotcore", "mosquitto") if find_mosquitto() else ("iotcore",)
"""The brokers of this machine."""


class StandaloneBroker:
    """A broker that is nobody's child but the test's. Keeps its port over `kill` and `start`."""

    def __init__(self, plan: Plan, log: Path) -> None:
        self.plan = plan
        self.address = plan.address
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """As GLASSHOUSE_MQTT takes it; without user and password."""
        return str(self.address)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it, and return once it listens."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.plan.command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        async with asyncio.timeout(10):
            while not await takes_connections(self.address.host, self.address.port):
                assert self._process.returncode is None, self._log.read_text()
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """End it in order."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self._end(signal.SIGKILL)

    async def _end(self, with_signal: signal.Signals) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(with_signal)
        await self._process.wait()


@asynccontextmanager
async def standalone_broker(
    kind: Kind, folder: Path, host: str = "127.0.0.1", port: int = 0, *, extra_listener: str = ""
) -> AsyncIterator[StandaloneBroker]:
    """A running broker with our configuration; `extra_listener` are more lines of Mosquitto's about its listener."""
    plan = plan_broker(folder, host, port, kind=kind)
    if extra_listener:
        configuration = folder / "mosquitto.conf"
        configuration.write_text(configuration.read_text().replace("allow_anonymous", f"{extra_listener}allow_anonymous"))
    broker = StandaloneBroker(plan, folder / "broker.log")
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()
