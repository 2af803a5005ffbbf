"""Live readings: nothing is missed, nothing comes twice, and a gap is told."""

import gc
from pathlib import Path

import pytest

from api.roles import Role
from schema.envelope import Cursor, Position
from schema.events import DeviceMetadata, Operation, SiteDefined
from tests.support.api import AsgiSocket, House, small_house
from tests.support.house_events import pack, reading
from tests.support.memory_log import MemoryLog
from tests.support.watching import READINGS, Watching


async def correct(house: House, operation: Operation, amount: float | None, reason: str) -> None:
    query = """mutation ($input: CorrectReadingsInput!) { correctReadings(input: $input) { __typename } }"""
    wanted = {"deviceId": "a", "metric": "temperature", "from": None, "to": None, "amount": amount, "reason": reason}
    answer = await house.ask(query, {"input": {**wanted, "operation": operation.name}}, role=Role.OPERATOR)
    assert answer["correctReadings"]["__typename"] == "CorrectReadingsSuccess"


async def test_live_readings_are_corrected_as_people_have_decided_by_now(house: House) -> None:
    await correct(house, Operation.OFFSET, 0.5, "a known offset")
    async with Watching(house) as watching:
        await watching.message()
        before = watching.cursor
        await house.says([reading("a", 0, temperature=1.0)])
        assert await watching.value() == 1.5
        await correct(house, Operation.SCALE, 2.0, "and a factor")
        async with Watching(house, after=before) as again:
            assert await again.value() == 3.0
        await correct(house, Operation.RESTORE, None, "all wrong")
        async with Watching(house, after=before) as again:
            assert await again.value() == 1.0


async def test_a_subscriber_without_a_cursor_hears_first_where_it_is_and_then_what_is_new(house: House) -> None:
    await house.says([reading("a", 0, temperature=1.0)])
    async with Watching(house) as watching:
        assert (await watching.message())["__typename"] == "ReadingProgress"
        await house.says([reading("a", 1, temperature=2.0), reading("b", 2, temperature=3.0, humidity=4.0)])
        assert await watching.values(3) == [2.0, 3.0, 4.0]


async def test_each_filter_lets_through_what_it_names_alone(house: House) -> None:
    await house.says([pack("control-b", DeviceMetadata(device_id="b", location="farm/house-1/zone"))])
    start = Cursor(house.log.log_id, await house.log.head()).encode()
    await house.says(
        [
            reading("a", 0, temperature=1.0, humidity=2.0),
            reading("b", 0, temperature=3.0),
            reading("c", 0, humidity=4.0, site="x"),
        ]
    )
    cases = [({"device": "a"}, [1.0, 2.0]), ({"metric": "humidity"}, [2.0, 4.0]), ({"location": "farm/house-1"}, [3.0]),
             ({"location": "farm"}, [1.0, 2.0, 3.0]), ({"location": "x"}, [4.0])]  # fmt: skip
    for chosen, expected in cases:
        async with Watching(house, after=start, **chosen) as watching:
            assert await watching.values(len(expected)) == expected, chosen


@pytest.mark.parametrize("cut", range(7))
async def test_a_client_that_comes_back_with_a_cursor_misses_nothing_and_sees_nothing_twice(house: House, cut: int) -> None:
    start = Cursor(house.log.log_id, await house.log.head()).encode()
    await house.says(
        [
            reading("a", 0, temperature=1.0, humidity=2.0, co2=3.0),
            pack("site-x", SiteDefined(site_id="x")),
            reading("b", 1, temperature=4.0),
            reading("a", 2, temperature=5.0, humidity=6.0),
        ]
    )
    async with Watching(house, after=start) as before:
        seen = await before.values(cut)
    await house.says([reading("c", 3, temperature=7.0)])
    async with Watching(house, after=before.cursor or start) as after:
        assert seen + await after.values(7 - cut) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


async def test_a_cursor_between_two_values_of_an_event_holds_for_another_filter_too(house: House) -> None:
    start = Cursor(house.log.log_id, await house.log.head()).encode()
    await house.says([reading("a", 0, temperature=1.0, humidity=2.0, co2=3.0), reading("b", 0, temperature=4.0, co2=5.0)])
    async with Watching(house, after=start, metric="humidity") as before:
        assert await before.value() == 2.0
    async with Watching(house, after=before.cursor) as after:
        assert await after.values(3) == [3.0, 4.0, 5.0]
    async with Watching(house, after=before.cursor, device="b") as other:
        assert await other.values(2) == [4.0, 5.0]


async def test_progress_tells_how_far_the_log_was_read_while_nothing_matches(house: House) -> None:
    async with Watching(house, device="nobody") as watching:
        first = (await watching.message())["cursor"]
        await house.says([reading("a", 0, temperature=1.0)])
        second = await watching.message()
        assert (second["__typename"], second["cursor"] != first) == ("ReadingProgress", True)
        head = await house.log.head()
        assert Cursor.decode(second["cursor"]) == Cursor(house.log.log_id, head)


async def test_a_cursor_of_another_log_is_told_as_a_gap_and_what_follows_is_complete(house: House) -> None:
    async with Watching(house, after=Cursor("another", Position(10)).encode()) as watching:
        gap = await watching.message()
        assert gap["__typename"] == "ReadingGap"
        assert "another log" in gap["reason"]
        await house.says([reading("a", 0, temperature=1.0)])
        assert await watching.value() == 1.0


async def test_a_cursor_beyond_the_end_of_a_log_that_was_set_back_is_told_as_a_gap(house: House) -> None:
    async with Watching(house, after=Cursor(house.log.log_id, Position(10**9)).encode()) as watching:
        gap = await watching.message()
        assert (gap["__typename"], "set back" in gap["reason"]) == ("ReadingGap", True)


async def test_what_is_no_cursor_ends_the_subscription_with_an_error(house: House) -> None:
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(house.keys[Role.VIEWER])
        for after in ("!", "", "AAAA.x", "AAAA.-1"):
            socket.subscribe(READINGS, {"after": after})
            frame = await socket.receive()
            assert (frame["type"], frame["payload"][0]["extensions"]["code"]) == ("error", "INVALID_INPUT")


async def test_a_query_hands_over_to_a_subscription_without_a_gap(house: House) -> None:
    await house.says([reading("a", second, temperature=float(second)) for second in range(3)])
    page = await house.ask('{ readings(deviceId: "a", first: 500) { nodes { value } liveCursor } }')
    await house.says([reading("a", second, temperature=float(second)) for second in range(3, 6)])
    async with Watching(house, after=page["readings"]["liveCursor"], device="a") as watching:
        live = await watching.values(3)
    assert [node["value"] for node in page["readings"]["nodes"]] + live == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


async def test_two_who_ask_the_same_of_different_places_get_the_same_frames(tmp_path: Path) -> None:
    async with small_house(tmp_path, log=MemoryLog()) as house:
        start = Cursor(house.log.log_id, await house.log.head()).encode()
        await house.says([reading("a", number, temperature=float(number)) for number in range(20)])
        async with Watching(house, after=start) as one, Watching(house, after=start, device="a") as other:
            assert await one.values(20) == await other.values(20)
            assert one.cursor == other.cursor


async def test_variables_that_shape_a_message_are_not_confused_between_subscribers(house: House) -> None:
    start = Cursor(house.log.log_id, await house.log.head()).encode()
    await house.says([reading("a", 0, temperature=1.0)])
    query = """subscription ($after: String, $unit: Boolean!) { readings(after: $after) {
      ... on ReadingReceived { reading { value unit @include(if: $unit) } } } }"""
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(house.keys[Role.VIEWER])
        for shown in (True, False):
            socket.subscribe(query, {"after": start, "unit": shown}, name=str(shown))
            frame = await socket.receive()
            while not frame["payload"]["data"]["readings"]:
                frame = await socket.receive()
            assert ("unit" in frame["payload"]["data"]["readings"]["reading"]) is shown
            socket.send({"id": str(shown), "type": "complete"})


async def test_a_subscription_keeps_nothing_of_the_messages_that_it_sent(house: House) -> None:
    def held() -> int:
        gc.collect()
        return sum(str(type(one).__module__).startswith("graphql.execution") for one in gc.get_objects())

    async with Watching(house) as watching:
        await watching.message()
        await house.says([reading("a", number, temperature=1.0) for number in range(20)])
        await watching.values(20)
        before = held()
        await house.says([reading("a", 100 + number, temperature=2.0) for number in range(300)])
        await watching.values(300)
        assert held() - before < 50
