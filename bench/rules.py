"""1,000 alert rules on 1,000 devices: the reactor that follows a log under them, against latest state over the same log.

    python -m bench.rules [--events 100000] [--pairs 50000] [--rounds 3] [--mixes own all_calm]

Prints JSON lines. Of each mix of rules: how many events a second the reactor takes, from the log to its checkpoint, against
latest state over the same log without rules, turn by turn, and against the messages that ingest is designed for; how many
evaluations a second the evaluator alone makes (readings times the rules about them); how large the checkpoint is, how many
words there were to say, and how long one rule more takes. Devices speak every ten seconds by the log's clock.
"""

import argparse
import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from shutil import copytree
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from adapters.event_log.port import ANY, Append
from adapters.event_log.sqlite import SqliteEventLog
from adapters.snapshot import SnapshotFile
from bench.rebuild import rebuild, say
from domain.alerting.house import RuledHouse
from glasshouse.loops import run
from projections.latest import LatestState
from reactors.alert_state import SNAPSHOT_KIND, SNAPSHOT_VERSION
from reactors.alerts import AlertVoice
from reactors.clock import SystemClock
from reactors.teller import Teller
from schema.envelope import Metadata, NewEvent
from schema.events import DeviceMetadata, Event, SensorReading
from schema.ids import content_event_id
from schema.registry import REGISTRY
from schema.rules import AlertRuleDefined, Basis, Condition, Rate, Silence, Threshold, Trend, Where
from schema.times import DAY_US, from_micros

DEVICES: Final = 1000
RULES: Final = 1000
STEP_US: Final = 10_000_000 // DEVICES
START_US: Final = 20_000 * DAY_US
AT_ONCE: Final = DEVICES
"""So that no device speaks twice in a batch, and the log has all in the order in which it was said."""
DESIGNED: Final = 10_000
"""Messages a second that ingest is designed for."""
AT_LEAST: Final = 0.25
MUCH_TO_SAY: Final = "all_near"
"""What this mix costs is what its rules break: no target for that."""

HOT: Final = Threshold(metric="temperature", above=29.5, hysteresis=0.5)
KINDS: Final[Sequence[Condition]] = (
    HOT,
    Threshold(metric="temperature", above=29.5, hysteresis=0.5, basis=Basis.MINUTES),
    Rate(metric="temperature", above=3000.0),
    Trend(metric="temperature", above=3000.0, window_seconds=1800.0),
    Silence(),
)


def rule(number: int, condition: Condition, where: Where) -> AlertRuleDefined:
    lasts = 600.0 if isinstance(condition, Silence) else 60.0
    return AlertRuleDefined(rule_id=f"rule-{number}", name="Bench", condition=condition, where=where, for_seconds=lasts)


def own(number: int) -> AlertRuleDefined:
    """About one device, which is above the limit now and then, for no minute."""
    return rule(number, HOT, Where(device_id=f"climate-{number}"))


def elsewhere(number: int) -> AlertRuleDefined:
    """About devices that say nothing."""
    return rule(number, HOT, Where(device_id=f"other-{number}"))


def kinds(number: int) -> AlertRuleDefined:
    """About one device: readings, minutes, a rate, a trend or silence."""
    return rule(number, KINDS[number % len(KINDS)], Where(device_id=f"climate-{number}"))


def all_calm(number: int) -> AlertRuleDefined:
    """About all devices of a type, with a limit that none reaches."""
    return rule(
        number, Threshold(metric="temperature", above=30.0 + number / 100, hysteresis=0.5), Where(device_type="climate")
    )


def all_near(number: int) -> AlertRuleDefined:
    """About all devices of a type; a reading in three is beyond the limit of a tenth of them, for no minute."""
    limit = 27.0 + number / 370 if number % 10 == 0 else 30.0 + number / 100
    return rule(number, Threshold(metric="temperature", above=limit), Where(device_type="climate"))


MIXES: Final[dict[str, Callable[[int], AlertRuleDefined]]] = {
    "elsewhere": elsewhere,
    "own": own,
    "kinds": kinds,
    "all_calm": all_calm,
    "all_near": all_near,
}


def reading(number: int) -> SensorReading:
    value = 20.0 + (number // DEVICES * 7 + number % DEVICES) % 97 / 10
    return SensorReading(
        device_id=f"climate-{number % DEVICES}",
        sensor_id="main",
        timestamp=from_micros(START_US + number * STEP_US),
        reading={"temperature": value},
        units={"temperature": "degC"},
        seq=number // DEVICES,
    )


def told(events: int, mix: str) -> list[tuple[str, Event]]:
    """All that the log says: where devices are, rules, readings."""
    devices = [DeviceMetadata(device_id=f"climate-{one}", device_type="climate", location="farm/1") for one in range(DEVICES)]
    return [
        *((f"control-{device.device_id}", device) for device in devices),
        *((f"rule-rule-{number}", MIXES[mix](number)) for number in range(RULES)),
        *((f"device-climate-{number % DEVICES}", reading(number)) for number in range(events)),
    ]


async def fill(folder: Path, events: int, mix: str) -> None:
    """As if the log had taken each when it was said."""
    log = await SqliteEventLog.open(folder / "events.db")
    metadata = Metadata(schema_version=1, source="bench", received_at=from_micros(START_US), site="farm")
    said = told(events, mix)
    for start in range(0, len(said), AT_ONCE):
        by_stream: dict[str, list[NewEvent]] = {}
        for number, (stream, event) in enumerate(said[start : start + AT_ONCE], start):
            event_id = content_event_id((START_US + number * STEP_US) // 1000, stream, str(number))
            by_stream.setdefault(stream, []).append(REGISTRY.pack(event_id, event, metadata))
        await log.append([Append(stream, ANY, each) for stream, each in by_stream.items()])
    await log.close()
    with sqlite3.connect(folder / "events.db") as file:
        decided = DEVICES + RULES + 1
        file.execute("UPDATE event SET recorded_us = ? + max(position - ?, 0) * ?", (START_US, decided, STEP_US))
    file.close()


async def latest(log: SqliteEventLog, folder: Path, events: int) -> None:
    del folder, events
    await rebuild(log, LatestState())


class HeldClock(SystemClock):
    """It is when the log ends."""

    def __init__(self, events: int) -> None:
        self._now = from_micros(START_US + events * STEP_US)

    def now(self) -> datetime:
        return self._now


async def standing() -> None:
    """Nobody else acts on this log."""


async def reactor(log: SqliteEventLog, folder: Path, events: int) -> None:
    """Until all is folded and said, and the checkpoint is kept."""
    file = SnapshotFile(folder / "alerts.json", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
    teller = Teller(log, AlertVoice(), file, clock=HeldClock(events), standing=standing)
    working = asyncio.create_task(teller.run(), name="alerts")
    await asyncio.sleep(0)
    while (complaint := teller.complaint()) is not None or not teller._acts:  # noqa: SLF001  # it is silent before it acts
        assert "halted" not in (complaint or ""), complaint
        await asyncio.sleep(0.005)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def rates_of(mix: str, events: int, rounds: int) -> dict[str, float]:
    """Events a second of each, which take turns; each begins with the log as it was."""
    rates: dict[str, list[float]] = {"latest": [], "reactor": []}
    with TemporaryDirectory(prefix="glasshouse-bench-") as filled:
        await fill(Path(filled), events, mix)
        for _ in range(rounds):
            for kind, work in {"latest": latest, "reactor": reactor}.items():
                with TemporaryDirectory(prefix="glasshouse-bench-") as parent:
                    folder = copytree(filled, Path(parent) / "house")
                    log = await SqliteEventLog.open(folder / "events.db")
                    began = time.perf_counter()
                    await work(log, folder, events)
                    rates[kind].append(events / (time.perf_counter() - began))
                    if kind == "reactor":
                        size = (folder / "alerts.json").stat().st_size
                        words = (await log.head() or 0) - DEVICES - RULES - events
                    await log.close()
    say(mix=mix, events=events, checkpoint_mib=round(size / 2**20, 1), words=words)
    return {kind: median(each) for kind, each in rates.items()}


def evaluations(mix: str, events: int) -> tuple[float, float]:
    """How many a second, of the evaluator alone; and the seconds that one rule more takes then."""
    house = RuledHouse()
    said = told(events, mix)
    for number, (_, event) in enumerate(said[: DEVICES + RULES]):
        house.take(str(number).encode(), event, site="farm", recorded_us=START_US)
    rows = [(str(number).encode(), reading(number), START_US + number * STEP_US) for number in range(events)]
    began = time.perf_counter()
    for event_id, event, recorded_us in rows:
        house.take(event_id, event, site="farm", recorded_us=recorded_us)
    took = time.perf_counter() - began
    began = time.perf_counter()
    house.take(b"more", MIXES[mix](RULES // 2), site="farm", recorded_us=recorded_us)
    return events * (RULES if mix.startswith("all") else 1) / took, time.perf_counter() - began


async def measure(mix: str, events: int, rounds: int) -> None:
    a_second, defining = evaluations(mix, events)
    say(mix=mix, evaluations_per_second=round(a_second), one_rule_more_ms=round(defining * 1000, 1))
    rates = await rates_of(mix, events, rounds)
    say(mix=mix, rounds=rounds, **{f"{kind}_per_second": round(rate) for kind, rate in rates.items()})
    for other, rate, target in (("latest state", rates["latest"], AT_LEAST), ("what ingest is designed for", DESIGNED, 1.0)):
        ratio = rates["reactor"] / rate
        line = {"metric": f"alert reactor against {other}, rules of the mix {mix}", "ratio": round(ratio, 3)}
        say(bench="rules", **line, **({} if mix == MUCH_TO_SAY else {"target": target, "met": ratio >= target}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=50_000, help="events where all rules are about all devices")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mixes", nargs="*", default=list(MIXES), choices=list(MIXES))
    asked = parser.parse_args()
    for each in asked.mixes:
        run(measure(each, asked.pairs if each.startswith("all") else asked.events, asked.rounds))
