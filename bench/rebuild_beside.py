"""How long answers take while 1,000 readings a second arrive: without a rebuild of the history, and with one beside it.

    python -m bench.rebuild_beside [--events 1000000] [--rate 1000] [--seconds 20]

A whole `up` over a log that holds so many events. Two questions take turns: a day of one series by hour, and one device.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from adapters.event_log.sqlite import SqliteEventLog
from bench.live import up
from bench.rebuild import DEVICES, START, fill
from glasshouse.logs import configure_logs
from glasshouse.loops import run
from schema.times import format_time

TARGET = 2.0
_EVERY_SECONDS = 0.02
_OVER = {"DONE", "FAILED"}
_SERIES = """query ($device: ID!, $from: DateTime!, $to: DateTime!) {
  series(selectors: [{deviceId: $device, sensorId: "main", metric: "temperature"}], from: $from, to: $to, window: "PT1H") {
    buckets { start count mean min max p95 }
  }
}"""
_DEVICE = "query ($device: ID!) { device(id: $device) { id latest { metric value timestamp } } }"
_STANDS = "{ projections { name lagSeconds version rebuild { phase error report { outcome seconds events } } } }"
_BEGIN = """mutation { rebuildProjection(name: "history") { ... on OperationError { message } } }"""


class House:
    """The API of the house under test."""

    def __init__(self, ready: dict[str, Any]) -> None:
        headers = {"authorization": f"Bearer {ready['admin_key']}"}
        self.http = httpx.AsyncClient(base_url=ready["http"], headers=headers, trust_env=False, timeout=60)

    async def ask(self, query: str, **variables: Any) -> Any:
        answer = (await self.http.post("/graphql", json={"query": query, "variables": variables})).json()
        if "errors" in answer:
            raise RuntimeError(answer["errors"])
        return answer["data"]

    async def history(self) -> dict[str, Any]:
        shown: list[dict[str, Any]] = (await self.ask(_STANDS))["projections"]
        return next(one for one in shown if one["name"] == "windows")

    async def caught_up(self) -> None:
        while (await self.history())["lagSeconds"] > 0:
            await asyncio.sleep(0.5)


async def asked(house: House, until: Callable[[], bool]) -> dict[str, list[float]]:
    """Seconds that each answer took, by question."""
    took: dict[str, list[float]] = {"series": [], "device": []}
    number = 0
    while not until():
        device, kind = f"climate-{number * 7 % DEVICES}", ("series", "device")[number % 2]
        began = time.perf_counter()
        if kind == "series":
            window = {"from": format_time(START), "to": format_time(START + timedelta(days=1))}
            await house.ask(_SERIES, device=device, **window)
        else:
            await house.ask(_DEVICE, device=device)
        took[kind].append(time.perf_counter() - began)
        number += 1
        await asyncio.sleep(max(0.0, _EVERY_SECONDS - took[kind][-1]))
    return took


@asynccontextmanager
async def arriving(ready: dict[str, Any], rate: int, folder: Path) -> AsyncIterator[None]:
    """Readings of other devices, at that rate."""
    url = f"mqtt://127.0.0.1:{ready['mqtt']['port']}"
    arguments = ("simulate", "--mqtt", url, "--devices", "50", "--rate", str(rate), "--ledger", str(folder / "ledger.jsonl"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "glasshouse", *arguments, "--json"), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def with_rebuild(house: House) -> tuple[dict[str, dict[str, list[float]]], dict[str, Any]]:
    """Answers while a rebuild runs, by its phase, and what came of it."""
    await house.ask(_BEGIN)
    phase = "FILLING"

    async def watch() -> None:
        nonlocal phase
        while phase not in _OVER:
            await asyncio.sleep(0.1)
            phase = (await house.history())["rebuild"]["phase"]

    watching = asyncio.create_task(watch(), name="rebuild-watch")
    took = {}
    while (now := phase) not in _OVER:
        part = await asked(house, lambda now=now: phase != now)  # type: ignore[misc]  # of the loop's own phase
        took[now.lower()] = part
    await watching
    report = (await house.history())["rebuild"]
    return took, report["report"] or {"outcome": report["error"]}


def p99_ms(took: list[float]) -> float | None:
    return round(sorted(took)[min(len(took) - 1, int(len(took) * 0.99))] * 1e3, 2) if took else None


async def main(events: int, rate: int, seconds: float) -> None:
    with TemporaryDirectory(prefix="glasshouse-bench-") as name:
        folder = Path(name)
        log = await SqliteEventLog.open(folder / "events.db")
        await fill(log, events)
        await log.close()
        async with up(folder) as ready, arriving(ready, rate, folder):
            house = House(ready)
            await house.caught_up()
            end = time.monotonic() + seconds
            alone = await asked(house, lambda: time.monotonic() > end)
            beside, report = await with_rebuild(house)
            await house.http.aclose()
    _report(alone, beside, events=events, messages_per_second=rate, rebuild=report)


def _report(alone: dict[str, list[float]], phases: dict[str, dict[str, list[float]]], **told: Any) -> None:
    beside = {kind: [one for part in phases.values() for one in part[kind]] for kind in alone}
    p99 = {kind: {"without": p99_ms(alone[kind]), "with": p99_ms(beside[kind])} for kind in alone}
    for phase, part in phases.items():
        for kind, took in part.items():
            p99[kind][phase] = p99_ms(took)
    ratios = {kind: round((each["with"] or 0) / (each["without"] or 1), 2) for kind, each in p99.items()}
    ratio = max(ratios.values())
    answers = {"without": sum(map(len, alone.values())), "with": sum(map(len, beside.values()))}
    line: dict[str, Any] = {"bench": "rebuild_beside", "metric": "p99 of answers with a rebuild beside them against without"}
    line |= {"p99_ms": p99, "ratio": ratio, "ratios": ratios, "target": TARGET, "met": ratio <= TARGET, "answers": answers}
    print(json.dumps({**line, **told}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    configure_logs("error")
    run(main(options.events, options.rate, options.seconds))
