"""The house that `bench.page` looks at: devices with places and names, which speak at an even pace while somebody looks."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from playwright.async_api import APIRequestContext

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.session import Session

WIDE: Final = "wide-0"
"""A device with a hundred sensors: its view has a hundred charts."""
SENSORS: Final = 100
WORDS_A_SECOND: Final = 100
_ZONES: Final = 10
_REGISTER: Final = "mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { __typename } }"

Word = Callable[[int], tuple[str, bytes]]
"""What is said as the so-and-so-manieth."""


class House:
    """Devices of an `up` that is ready."""

    def __init__(self, ready: dict[str, Any], devices: int) -> None:
        self.url: str = ready["http"]
        self.devices = [f"climate-{number}" for number in range(devices)]
        self._broker = BrokerAddress(ready["mqtt"]["host"], ready["mqtt"]["port"])

    async def furnish(self, request: APIRequestContext) -> None:
        """A place and a name for each, and a first word."""
        for number, device in enumerate([*self.devices, WIDE]):
            place = f"bench/house-{number % 2}/zone-{number % _ZONES}"
            variables = {"input": {"deviceId": device, "location": place, "name": f"Climate {number}"}}
            answer = await request.post(f"{self.url}/graphql", data={"query": _REGISTER, "variables": variables})
            assert answer.ok, await answer.text()
        async with self._session() as session:
            for number, device in enumerate(self.devices):
                values = {"temperature": 20 + number % 7, "humidity": 60, "co2": 500}
                await session.publish_acked(*_said(device, "main", values))
            for number in range(SENSORS):
                await session.publish_acked(*self.of_one(number))

    @asynccontextmanager
    async def speaking(self, word: Word) -> AsyncIterator[None]:
        """So many words a second meanwhile."""
        talking = asyncio.create_task(self._talk(word), name="talk")
        try:
            yield
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)

    def of_all(self, number: int) -> tuple[str, bytes]:
        """One device after the other."""
        return _said(self.devices[number % len(self.devices)], "main", {"temperature": 20 + number % 97 / 10})

    def of_one(self, number: int) -> tuple[str, bytes]:
        """One sensor after the other of one device."""
        return _said(WIDE, f"probe-{number % SENSORS}", {"temperature": 20 + number % 97 / 10})

    async def _talk(self, word: Word) -> None:
        async with self._session() as session:
            began, number = time.perf_counter(), 0
            while True:
                session.publish(*word(number))
                number += 1
                await asyncio.sleep(max(0.0, began + number / WORDS_A_SECOND - time.perf_counter()))

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Session]:
        async with Session(self._broker, client_id="bench-page", clean=True) as session:
            await session.connected()
            yield session


def _said(device: str, sensor: str, values: Mapping[str, float]) -> tuple[str, bytes]:
    body = {"sensorId": sensor, "timestamp": round(time.time() * 1000), "reading": values}
    return f"glasshouse/bench/{device}/reading", json.dumps(body).encode()
