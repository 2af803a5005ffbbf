"""The oracle finds what read models count twice, lack, or make up."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.event_log.port import ANY, Append
from adapters.history.port import SeriesKey
from glasshouse.oracle.audit import audit
from glasshouse.oracle.probe import Comparison, HashPair, Shown, at_rest, compare
from glasshouse.oracle.report import Latency
from glasshouse.simulator.ledger import Ledger, Line
from schema.envelope import Metadata
from schema.events import SensorReading
from schema.ids import content_event_id, format_event_id
from schema.registry import REGISTRY
from tests.support.memory_log import MemoryLog

START, END = datetime(2026, 6, 21, tzinfo=UTC), datetime(2026, 6, 22, tzinfo=UTC)
WARM, DAMP = SeriesKey("d", "main", "temperature"), SeriesKey("d", "main", "humidity")


def event(number: int) -> bytes:
    return content_event_id(number, str(number))


class Model:
    """A read model that shows and adds up what it is told to."""

    def __init__(self, rows: Sequence[tuple[SeriesKey, int]], sums: Mapping[SeriesKey, int]) -> None:
        self.rows, self.sums = rows, sums

    async def readings(self, device: str) -> AsyncIterator[Sequence[Shown]]:
        for key, number in self.rows:
            if key.device == device:
                yield [Shown(key, event(number))]

    async def counts(self, series: Sequence[SeriesKey], start: datetime, end: datetime) -> Sequence[int]:
        assert (start, end) >= (START, START)
        return [self.sums.get(key, 0) for key in series]


EXPECTED = Counter({WARM: 2, DAMP: 1})
RIGHT = [(WARM, 1), (WARM, 2), (DAMP, 1)]


@pytest.mark.parametrize(
    ("rows", "sums", "found"),
    [
        (RIGHT, EXPECTED, Comparison()),
        ([*RIGHT, (WARM, 2)], EXPECTED, Comparison(double_counted=1)),
        (RIGHT, Counter({WARM: 3, DAMP: 1}), Comparison(double_counted=1)),
        (RIGHT[1:], EXPECTED, Comparison(missing=1)),
        (RIGHT, Counter({WARM: 2}), Comparison(missing=1)),
        ([*RIGHT, (WARM, 3)], EXPECTED, Comparison(invented=1)),
        ([*RIGHT, (SeriesKey("d", "main", "co2"), 1)], EXPECTED, Comparison(invented=1)),
        ([(WARM, 1), (WARM, 1), (DAMP, 1)], EXPECTED, Comparison(double_counted=1, missing=1)),
        ([], {}, Comparison(missing=3)),
    ],
    ids=["right", "row twice", "summed twice", "row gone", "not summed", "made up", "new series", "one for another", "empty"],
)
async def test_a_read_model_is_judged_series_by_series(
    rows: list[tuple[SeriesKey, int]], sums: Mapping[SeriesKey, int], found: Comparison
) -> None:
    assert await compare(EXPECTED, START, END, Model(rows, sums)) == found


class House:
    """One reading that was sent, and stored twice under one id."""

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "ledger.jsonl"
        self.log = MemoryLog()

    async def build(self) -> "House":
        ledger = Ledger(self.ledger)
        await ledger.begin([Line(device="d", sequence=1, sent=1, event_id=format_event_id(event(1)))])
        await ledger.close()
        await self.record()
        await self.record()
        return self

    async def record(self) -> None:
        reading = SensorReading(device_id="d", sensor_id="main", timestamp=START, reading={"temperature": 1.0})
        packed = REGISTRY.pack(event(1), reading, Metadata(schema_version=1, source="test", received_at=START))
        await self.log.append([Append("device-d", ANY, [packed])])


async def test_a_planted_double_count_is_found(tmp_path: Path) -> None:
    house = await House(tmp_path).build()
    honest = await audit(house.ledger, house.log, Model([(WARM, 1)], {WARM: 1}))
    assert (honest.stored_twice, honest.double_counted, honest.ok) == (1, 0, True)
    assert honest.read_models_checked
    doubled = await audit(house.ledger, house.log, Model([(WARM, 1)], {WARM: 2}))
    assert (doubled.double_counted, doubled.ok) == (1, False)


async def test_a_read_model_that_lacks_a_reading_is_found(tmp_path: Path) -> None:
    house = await House(tmp_path).build()
    report = await audit(house.ledger, house.log, Model([], {}))
    assert (report.missing, report.ok) == (1, False)


async def test_a_read_model_that_is_not_what_a_rebuild_makes_is_named(tmp_path: Path) -> None:
    house = await House(tmp_path).build()

    async def hashes() -> dict[str, HashPair]:
        return {"latest": HashPair("a", "a"), "history": HashPair("a", "b")}

    report = await audit(house.ledger, house.log, None, hashes=hashes)
    assert report.read_models_checked
    assert (report.diverged, report.ok) == (["history"], False)


async def test_what_was_recorded_between_two_looks_is_no_difference(tmp_path: Path) -> None:
    house = await House(tmp_path).build()

    async def recorded_meanwhile() -> dict[str, HashPair]:
        before = await house.log.head()
        if looks.pop():
            await house.record()
        return {"lineage": HashPair(str(before), str(await house.log.head()))}

    looks = [False, True, True]
    found = await at_rest(house.log, recorded_meanwhile)
    assert found["lineage"].serving == found["lineage"].rebuilt
    assert looks == []


async def test_what_differs_while_nothing_is_recorded_differs(tmp_path: Path) -> None:
    house = await House(tmp_path).build()

    async def differing() -> dict[str, HashPair]:
        return {"lineage": HashPair("a", str(looks.pop()))}

    looks = ["a", "b"]
    assert (await at_rest(house.log, differing))["lineage"] == HashPair("a", "b")


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], Latency(None, None)), ([7], Latency(7, 7)), ([3, 1, 2], Latency(2, 3)), (list(range(1, 201)), Latency(100, 198))],
)
def test_percentiles_are_values_that_were_measured(values: list[int], expected: Latency) -> None:
    assert Latency.of(values) == expected
