"""Numbers and moments at the far end of what can be told are answered or refused: none is a fault of the server."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.cursors import AnomalyPlace, encode_place
from api.roles import Role
from api.types.node import NodeId
from tests.support.api import House, small_house
from tests.support.house_events import reading

TOO_FAR = (2**63 - 1, 2**63, -(2**63) - 1, 2**80)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with small_house(tmp_path) as house:
        await house.says([reading("a", 0, temperature=20.0)])
        yield house


def cursor(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize("number", TOO_FAR)
@pytest.mark.parametrize("place", ['["t",NUMBER]', '["a",NUMBER,"a","main","temperature"]', '["r","x",NUMBER,0,"","m"]'])
async def test_a_cursor_with_a_number_that_nobody_gave_out_is_refused(house: House, place: str, number: int) -> None:
    field = {
        '["t': "auditTrail(after: %s) { nodes { actor } }",
        '["a': "anomalies(after: %s) { nodes { value } }",
        '["r': 'readings(deviceId: "a", after: %s) { nodes { value } }',
    }[place[:3]]
    text = cursor(place.replace("NUMBER", str(number)))
    assert await house.code(f"{{ {field % f'{chr(34)}{text}{chr(34)}'} }}", role=Role.ADMIN) == "INVALID_INPUT"


@pytest.mark.parametrize("number", TOO_FAR[1:])
async def test_a_place_in_the_log_beyond_all_that_it_can_hold_is_refused(house: House, number: int) -> None:
    text = cursor(f"{house.log.log_id}:{number}")
    assert await house.code('query ($at: Cursor) { device(id: "a", atLeast: $at) { id } }', {"at": text}) == "INVALID_INPUT"


async def test_the_id_of_an_anomaly_that_can_never_have_been_is_refused(house: House) -> None:
    place = encode_place(AnomalyPlace(2**63 - 1, "a", "main", "temperature"))
    node = NodeId("Anomaly", place).encode()
    assert await house.code(f'{{ node(id: "{node}") {{ nodeId }} }}') == "INVALID_INPUT"


async def test_the_first_day_of_the_calendar_is_looked_back_from_in_any_zone(house: House) -> None:
    text = '{ device(id: "a") { stateAt(asOf: "0001-01-01T00:00:00-23:59", lookBack: "PT1S") { site } } }'
    assert "errors" not in await house.answer(text)


async def test_a_window_of_a_hundred_years_holds_what_lies_in_it(house: House) -> None:
    text = """{ series(selectors: [{deviceId: "a", sensorId: "main", metric: "temperature"}], from: "2026-06-01T00:00:00Z",
      to: "2026-06-02T00:00:00Z", window: "P36525D") { buckets { start end count } columns { times ends } } }"""
    [chart] = (await house.ask(text))["series"]
    assert [bucket["count"] for bucket in chart["buckets"]] == [1]
