"""Properties of the page's own modules, run in the browser: order, duplication, and how long to wait."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from tests.support.built_page import NEEDS_PAGE
from tests.support.page import ORIGIN, StagedHouse
from tests.support.page_answers import reading

pytestmark = NEEDS_PAGE
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATEST = """async ([readings, now]) => {
  const { Store } = await import("/modules/store.js");
  const store = new Store(() => now, () => undefined);
  for (const reading of readings) store.applyReading(reading);
  const device = store.devices.get("bench-1");
  return [...device.latest.values()].map(({ key, value, order, trend }) => [key, value, order, trend.paths(now).line]).sort();
}"""
DELAYS = """async () => {
  const { retryDelay } = await import("/modules/socket.js");
  return [0, 1, 4, 10, 2000].flatMap((attempt) => [retryDelay(attempt, () => 0), retryDelay(attempt, () => 0.999)]);
}"""
readings = st.lists(
    st.builds(
        lambda seconds, micros, value, metric: reading(
            value, metric=metric, at=NOW - timedelta(seconds=seconds, microseconds=micros), recordedAt="2026-03-01T12:00:00Z"
        ),
        st.integers(0, 700),
        st.sampled_from([0, 1, 500_000]),
        st.integers(-5, 40),
        st.sampled_from(["temperature", "humidity"]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda one: one["eventId"],
)


@pytest.fixture
def modules(page: Page, house: StagedHouse) -> Page:
    house.logged_in = False
    page.goto(f"{ORIGIN}/")
    return page


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shuffled=readings.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_any_order_of_readings_shows_the_same_latest_and_the_same_line(modules: Page, shuffled: Any) -> None:
    straight, other = (modules.evaluate(LATEST, [list(some), NOW.timestamp() * 1000]) for some in shuffled)
    assert straight == other


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some=readings)
def test_the_latest_is_the_greatest_time_then_event_id(modules: Page, some: list[dict[str, Any]]) -> None:
    shown = {key: value for key, value, *_ in modules.evaluate(LATEST, [some, NOW.timestamp() * 1000])}
    for metric in {one["metric"] for one in some}:
        of_metric = [one for one in some if one["metric"] == metric]
        latest = max(of_metric, key=lambda one: (datetime.fromisoformat(one["timestamp"]), one["eventId"]))
        assert shown[f"air {metric}"] == latest["value"]


def test_waiting_for_the_next_try_doubles_is_spread_and_ends_at_fifteen_seconds(modules: Page) -> None:
    delays = modules.evaluate(DELAYS)
    assert delays[0::2] == [250, 500, 4000, 7500, 7500]
    assert all(low < high <= 15_000 for low, high in zip(delays[0::2], delays[1::2], strict=True))
