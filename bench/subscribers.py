"""What a thousand subscribers cost: who asks the same is answered by one execution, and whoever asks for other devices by none.

    python -m bench.subscribers [--subscribers 1000] [--readings 200] [--rounds 3]

The API in this process with sockets that have no network, so that its own work is measured: `shared` is one document
for all; `alone` is a document of each one's own, as if each had an execution of its own; `filtered` is one document with a
hundred different devices. Deliveries are messages that reached a subscriber; an event of another device is none.
"""

import argparse
import asyncio
import gc
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil

from api.limits import Limits
from api.roles import Role
from glasshouse.logs import configure_logs
from glasshouse.loops import run
from tests.support.api import AsgiSocket, House, small_house
from tests.support.house_events import reading, tell

DEVICES: Final = 100
TARGET: Final = 8.0
SUBSCRIPTION: Final = """subscription {name}($device: ID) {{
  readings(deviceId: $device) {{ ... on ReadingReceived {{ cursor reading {{ deviceId metric value unit timestamp }} }} }} }}"""


class Listener(AsgiSocket):
    """Counts the readings that reach it, and keeps none."""

    def __init__(self, house: House) -> None:
        super().__init__(house.app, subprotocols=["graphql-transport-ws"])
        self.house = house
        self.heard = 0
        self._wanted = 0
        self._has_all = asyncio.Event()

    async def _put(self, event: Any) -> None:
        if event["type"] == "websocket.send" and '"reading":' in event["text"]:
            self.heard += 1
            if self.heard >= self._wanted:
                self._has_all.set()
        elif event["type"] != "websocket.send" or '"type":"next"' not in event["text"]:
            await super()._put(event)

    async def watch(self, name: str, device: str | None) -> None:
        await self.init(self.house.keys[Role.VIEWER])
        self.subscribe(SUBSCRIPTION.format(name=name), {"device": device})

    def expect(self, more: int) -> None:
        self._wanted = self.heard + more
        self._has_all.clear()

    async def has_all(self) -> None:
        if self._wanted > self.heard:
            await self._has_all.wait()


@asynccontextmanager
async def listeners(
    house: House, names: Callable[[int], str], devices: Callable[[int], str | None], many: int
) -> AsyncIterator[Sequence[Listener]]:
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(Listener(house)) for _ in range(many)]
        for number, listener in enumerate(found):
            await listener.watch(names(number), devices(number))
        metric = "glasshouse_api_subscribers"
        while house.services.registry.get_sample_value(metric) != many:
            await asyncio.sleep(0.01)
        yield found


async def rate(house: House, found: Sequence[Listener], readings: int, each: int, first: int) -> float:
    """Deliveries a second, of so many readings of which each listener gets so many."""
    said = [reading(f"device-{number % DEVICES}", first + number, temperature=20.0) for number in range(readings)]
    for listener in found:
        listener.expect(each)
    began = time.perf_counter()
    await tell(house.log, said)
    for listener in found:
        await listener.has_all()
    return len(found) * each / (time.perf_counter() - began)


async def main(subscribers: int, readings: int, rounds: int) -> None:
    limits = Limits(connections=2 * subscribers, socket_operations=1)
    everybody: Callable[[int], str | None] = lambda _: None  # noqa: E731
    kinds: dict[str, tuple[Callable[[int], str], Callable[[int], str | None], int]] = {
        "shared": (lambda _: "All", everybody, readings),
        "alone": (lambda number: f"Own{number}", everybody, readings),
        "filtered": (lambda _: "One", lambda number: f"device-{number % DEVICES}", readings // DEVICES),
    }
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    idle: list[float] = []
    with TemporaryDirectory(prefix="glasshouse-bench-") as name:
        async with small_house(Path(name), limits=limits) as house:
            for turn in range(rounds):
                for kind, (names, devices, each) in kinds.items():
                    gc.collect()
                    before = psutil.Process().memory_info().rss
                    async with listeners(house, names, devices, subscribers) as found:
                        if kind == "shared":
                            idle.append((psutil.Process().memory_info().rss - before) / subscribers / 1024)
                        rates[kind].append(await rate(house, found, readings, each, turn * 10_000 + 1000 * len(rates[kind])))
                ratio = rates["shared"][-1] / rates["alone"][-1]
                line = {f"{kind}_per_second": round(found[-1]) for kind, found in rates.items()}
                print(json.dumps({"round": turn, "subscribers": subscribers, **line, "ratio": round(ratio, 2)}), flush=True)
    ratio = median(one / other for one, other in zip(rates["shared"], rates["alone"], strict=True))
    print(
        json.dumps(
            {
                "bench": "subscribers",
                "metric": "deliveries of one document to all against an execution for each subscriber",
                "subscribers": subscribers,
                "readings": readings,
                **{f"{kind}_per_second": round(median(found)) for kind, found in rates.items()},
                "idle_kib_each": round(idle[0], 1),
                "ratio": round(ratio, 2),
                "target": TARGET,
                "met": ratio >= TARGET,
            }
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--readings", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    configure_logs("error")
    run(main(asked.subscribers, asked.readings, asked.rounds))
