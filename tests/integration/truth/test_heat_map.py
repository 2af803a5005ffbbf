"""The heat map over Valid_A to D, four loggers in one tunnel for three weeks, held against plain SQL over their files."""

from collections.abc import AsyncIterator
from typing import Any

import duckdb
import pytest
import pytest_asyncio

from api.roles import Role
from tests.support.api import House
from tests.support.logger_files import is_true, logged, table

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

HEAT = """query ($from: DateTime!, $to: DateTime!, $location: String, $at: Cursor) {
  heatMap(metric: "temperature", from: $from, to: $to, location: $location, atLeast: $at) {
    location metric unit devices count mean min max p50 p95 suspected bad } }"""
PLACE = """mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) {
  ... on RegisterDeviceSuccess { cursor } ... on OperationError { code message } } }"""
CELLS = """
SELECT count(DISTINCT device), count(*), sum(value) / count(*), min(value), max(value),
       list(value ORDER BY value)[CAST(floor(0.5 * (count(*) - 1)) AS INTEGER) + 1],
       list(value ORDER BY value)[CAST(floor(0.95 * (count(*) - 1)) AS INTEGER) + 1]
FROM placed WHERE time >= $1 AND time < $2 AND (location = $3 OR starts_with(location, $3 || '/'))"""
FIGURES = ("devices", "count", "mean", "min", "max", "p50", "p95")
ZONES = {"Valid_A": "tunnel/house/a", "Valid_B": "tunnel/house/b", "Valid_C": "tunnel/house/c", "Valid_D": "tunnel/house/d"}
ALL = ["tunnel", "tunnel/house", *ZONES.values()]
WEEKS = ("2022-06-21T00:00:00Z", "2022-08-01T00:00:00Z")
MOVED = "2022-07-05T13:30:00Z"


async def place(house: House, **given: Any) -> str:
    return str((await house.ask(PLACE, {"input": given}, role=Role.OPERATOR))["registerDevice"]["cursor"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def placed(tunnel: House) -> AsyncIterator[House]:
    """The four loggers in their zones."""
    for device, location in ZONES.items():
        await place(tunnel, deviceId=device, location=location)
    await tunnel.settle()
    yield tunnel


@pytest.fixture(scope="module")
def files() -> duckdb.DuckDBPyConnection:
    """What the files say, with where each logger stood."""
    base = table([one for device in ZONES for one in logged(device) if is_true(one)])
    base.execute("CREATE TABLE placed AS SELECT *, 'tunnel/house/' || lower(right(device, 1)) AS location FROM measured")
    return base


def by_sql(files: duckdb.DuckDBPyConnection, location: str, span: tuple[str, str] = WEEKS) -> dict[str, Any]:
    found = files.execute(CELLS, [span[0][:-1], span[1][:-1], location]).fetchone()
    assert found is not None
    return dict(zip(FIGURES, found, strict=True))


def near(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: pytest.approx(value, rel=1e-3 if name in {"p50", "p95"} else 1e-9) for name, value in figures.items()}


async def heat(house: House, span: tuple[str, str] = WEEKS, **more: Any) -> dict[str, dict[str, Any]]:
    cells = (await house.ask(HEAT, {"from": span[0], "to": span[1], **more}))["heatMap"]
    return {cell["location"]: {name: cell[name] for name in FIGURES} for cell in cells}


async def test_zones_their_house_and_its_site_are_what_sql_over_the_files_says(
    placed: House, files: duckdb.DuckDBPyConnection
) -> None:
    shown = await heat(placed)
    assert sorted(shown) == ALL
    assert [shown[location]["devices"] for location in ALL] == [4, 4, 1, 1, 1, 1]
    for location in ALL:
        assert shown[location] == near(by_sql(files, location)), location


@pytest.mark.parametrize(
    "span", [("2022-07-01T11:07:00Z", "2022-07-01T12:53:00Z"), ("2022-06-30T22:00:00Z", "2022-07-03T22:00:00Z")]
)
async def test_any_stretch_of_time_is_what_sql_over_the_files_says(
    placed: House, files: duckdb.DuckDBPyConnection, span: tuple[str, str]
) -> None:
    shown = await heat(placed, span)
    for location in ALL:
        assert shown[location] == near(by_sql(files, location, span)), location


async def test_below_a_location_only_what_is_there_is_shown(placed: House) -> None:
    assert sorted(await heat(placed, location="tunnel/house/b")) == ["tunnel/house/b"]
    assert sorted(await heat(placed, location="tunnel/house")) == ALL[1:]
    assert await heat(placed, location="tunnel/hous") == {}


async def test_a_move_that_is_told_later_counts_from_when_it_moved(placed: House, files: duckdb.DuckDBPyConnection) -> None:
    cursor = await place(placed, deviceId="Valid_D", location="tunnel/house/e", locatedSince=MOVED)
    try:
        await placed.settle()
        shown = await heat(placed, at=cursor)
        assert shown["tunnel/house/d"] == near(by_sql(files, "tunnel/house/d", (WEEKS[0], MOVED)))
        assert shown["tunnel/house/e"] == near(by_sql(files, "tunnel/house/d", (MOVED, WEEKS[1])))
        assert shown["tunnel"] == near(by_sql(files, "tunnel"))
    finally:
        await place(placed, deviceId="Valid_D", location="tunnel/house/d", locatedSince="2020-01-01T00:00:00Z")
        await placed.settle()
