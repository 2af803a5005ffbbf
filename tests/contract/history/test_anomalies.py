"""Anomalies as a history keeps them: replaced hour by hour, in pages newest first, and by when they changed."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from adapters.history.port import Anomaly, AnomalyChanges, AnomalyQuery, History, SeriesKey, SeriesRange
from domain.anomalies import Severity
from schema.envelope import Cursor, Position
from schema.times import HOUR_US

AIR = SeriesKey("tomato-1", "air", "temperature")
SOIL = SeriesKey("tomato-1", "soil, wet", "soil_moisture")
OTHER = SeriesKey("tomato-2", "air", "temperature")
HERE = Cursor("log", Position(9))


def anomaly(key: SeriesKey, hour: int, position: int, severity: Severity = Severity.MINOR) -> Anomaly:
    start = 500_000 * HOUR_US + hour * HOUR_US
    return Anomaly(key, start, 30.1, 20.0, 10.1, 6.7333333333333325, severity, Position(position))


async def test_anomalies_come_newest_first_and_then_by_series(history: History) -> None:
    told = [anomaly(AIR, 2, 5), anomaly(OTHER, 7, 5), anomaly(SOIL, 7, 6), anomaly(AIR, 7, 6)]
    await history.keep([], {}, HERE, told)
    assert await history.anomalies(AnomalyQuery()) == [told[3], told[2], told[1], told[0]]


async def test_pages_of_any_size_give_every_anomaly_once(history: History) -> None:
    told = [anomaly(key, hour, 5) for hour in range(4) for key in (AIR, OTHER, SOIL)]
    await history.keep([], {}, HERE, told)
    whole = await history.anomalies(AnomalyQuery())
    for limit in (1, 2, 5):
        query, seen = AnomalyQuery(limit=limit), list[Anomaly]()
        while page := await history.anomalies(query):
            seen += page
            query = replace(query, after=(page[-1].start_us, page[-1].series))
        assert seen == whole


async def test_backwards_the_same_anomalies_come_in_the_same_order(history: History) -> None:
    told = [anomaly(key, hour, 5) for hour in range(4) for key in (AIR, OTHER, SOIL)]
    await history.keep([], {}, HERE, told)
    whole = await history.anomalies(AnomalyQuery())
    for limit in (1, 2, 5):
        query, seen = AnomalyQuery(limit=limit, backwards=True), list[Anomaly]()
        while page := await history.anomalies(query):
            seen = page + seen
            query = replace(query, before=(page[0].start_us, page[0].series))
        assert seen == whole
    after, before = ((one.start_us, one.series) for one in (whole[1], whole[9]))
    between = AnomalyQuery(limit=3, after=after, before=before)
    assert await history.anomalies(between) == whole[2:5]
    assert await history.anomalies(replace(between, backwards=True)) == whole[6:9]


async def test_a_query_chooses_device_metric_least_severity_and_hours(history: History) -> None:
    told = [
        anomaly(AIR, 1, 5, Severity.CRITICAL),
        anomaly(AIR, 2, 5),
        anomaly(OTHER, 3, 5, Severity.MAJOR),
        anomaly(SOIL, 4, 5),
    ]
    await history.keep([], {}, HERE, told)
    assert await history.anomalies(AnomalyQuery(device="tomato-2")) == [told[2]]
    assert await history.anomalies(AnomalyQuery(metric="soil_moisture")) == [told[3]]
    assert await history.anomalies(AnomalyQuery(severity=Severity.MAJOR)) == [told[2], told[0]]
    assert await history.anomalies(AnomalyQuery(start_us=told[1].start_us, end_us=told[3].start_us)) == [told[2], told[1]]


async def test_one_of_the_same_hour_takes_the_place_and_one_that_is_gone_is_in_no_page(history: History) -> None:
    first, gone = anomaly(AIR, 1, 5), anomaly(AIR, 1, 7, Severity.NONE)
    await history.keep([], {}, HERE, [first, anomaly(OTHER, 1, 5)])
    await history.keep([], {}, HERE, [gone])
    assert await history.anomalies(AnomalyQuery(severity=Severity.MINOR)) == [anomaly(OTHER, 1, 5)]
    assert await history.anomalies_in([SeriesRange(AIR, first.start_us, first.start_us + 1)]) == [gone]
    assert await history.anomalies_in([]) == []


async def test_changes_come_in_their_order_from_any_of_them_on(history: History) -> None:
    told = [
        anomaly(SOIL, 1, 6),
        anomaly(AIR, 8, 6, Severity.NONE),
        anomaly(AIR, 9, 6),
        anomaly(OTHER, 2, 5),
        anomaly(AIR, 1, 8),
    ]
    await history.keep([], {}, HERE, told)
    whole = await history.anomaly_changes(AnomalyChanges(after=Position(0), upto=Position(9)))
    assert whole == [told[3], told[1], told[2], told[0], told[4]]
    assert await history.anomaly_changes(AnomalyChanges(after=Position(5), upto=Position(7), limit=2)) == whole[1:3]
    for place, one in enumerate(whole):
        asked = AnomalyChanges(after=one.position, seen=(one.series, one.start_us), upto=Position(9))
        assert await history.anomaly_changes(asked) == whole[place + 1 :]


async def test_anomalies_outlive_the_process_and_not_a_reset(open_history: Callable[[], Awaitable[History]]) -> None:
    first = await open_history()
    await first.keep([], {}, HERE, [anomaly(AIR, 1, 5)])
    await first.close()
    second = await open_history()
    assert await second.anomalies(AnomalyQuery()) == [anomaly(AIR, 1, 5)]
    await second.reset()
    assert await second.anomalies(AnomalyQuery()) == []
    await second.close()


async def test_the_digest_of_anomalies_looks_neither_at_order_nor_position_nor_what_is_gone(history: History) -> None:
    told = [anomaly(AIR, 1, 5), anomaly(SOIL, 2, 6)]
    await history.keep([], {}, HERE, told)
    before = (await history.content_hashes())["anomalies"]
    await history.reset()
    moved = [replace(one, position=Position(8)) for one in reversed(told)]
    await history.keep([], {}, HERE, [*moved, anomaly(OTHER, 3, 8, Severity.NONE)])
    assert (await history.content_hashes())["anomalies"] == before
    await history.keep([], {}, HERE, [replace(told[0], expected=20.5)])
    assert (await history.content_hashes())["anomalies"] != before
