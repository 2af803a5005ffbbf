"""The choices of who watches readings: the present state first, fewer readings, and what becomes of who is too slow for all."""

import asyncio
import random
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from api import conflation
from api.execution import streams
from api.limits import Limits
from api.roles import Role
from schema.envelope import Cursor, Position
from schema.events import DeviceMetadata
from tests.support.api import AsgiSocket, House, small_house
from tests.support.documents import ROOT, blocks
from tests.support.event_stream import EventStream
from tests.support.house_events import Said, pack, reading
from tests.support.watching import READINGS, Watching


def series_of(message: Any) -> tuple[str, str, str]:
    one = message["reading"]
    return one["deviceId"], one["sensorId"], one["metric"]


async def latest(house: House) -> dict[tuple[str, str, str], str]:
    """The event of the latest reading of each series."""
    answer = await house.ask("{ devices(first: 500) { nodes { latest { eventId deviceId sensorId metric } } } }")
    found = [{"reading": one} for device in answer["devices"]["nodes"] for one in device["latest"]]
    return {series_of(one): one["reading"]["eventId"] for one in found}


async def here(house: House) -> str:
    return Cursor(house.log.log_id, await house.log.head()).encode()


async def present(watching: Watching) -> list[Any]:
    """What comes up to the first progress."""
    told = []
    while (message := await watching.message())["__typename"] == "ReadingReceived":
        told.append(message)
    assert message["__typename"] == "ReadingProgress"
    return told


async def test_the_present_state_comes_first_then_what_is_new(house: House) -> None:
    await house.says([reading("b", 1, temperature=1.0), reading("a", 2, temperature=2.0, humidity=3.0)])
    await house.says([reading("a", 9, temperature=9.0)])
    async with Watching(house, initial=True) as watching:
        told = await present(watching)
        assert [(*series_of(one), one["reading"]["value"]) for one in told] == [
            ("a", "main", "humidity", 3.0),
            ("a", "main", "temperature", 9.0),
            ("b", "main", "temperature", 1.0),
        ]
        await house.says([reading("b", 10, temperature=10.0)])
        assert await watching.value() == 10.0


async def test_the_present_state_of_a_house_without_readings_is_whole_at_once(house: House) -> None:
    async with Watching(house, initial=True) as watching:
        assert await present(watching) == []


async def test_the_present_state_is_told_by_no_server_that_has_not_come_so_far(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_name: str, _position: Position) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(house.services.projections, "reached", never)
    house.wait_no_longer_than(0.01)
    async with Watching(house, initial=True) as watching:
        frame = await watching.socket.receive()
    assert (frame["type"], frame["payload"][0]["extensions"]["code"]) == ("error", "NOT_YET_VISIBLE")


async def test_the_present_state_is_of_what_was_asked_for(house: House) -> None:
    await house.says([pack("control-b", DeviceMetadata(device_id="b", location="farm/house-1"))])
    await house.says([reading(device, 1, temperature=1.0, humidity=2.0) for device in ("a", "b", "c")])
    for chosen, devices in (({"device": "b"}, "bb"), ({"location": "farm/house-1"}, "bb"), ({"metric": "humidity"}, "abc")):
        async with Watching(house, initial=True, **chosen) as watching:
            assert "".join(one["reading"]["deviceId"] for one in await present(watching)) == devices
    async with Watching(house, initial=True, device="b", location="elsewhere") as watching:
        assert await present(watching) == []


async def test_who_has_the_present_state_is_not_told_it_again(house: House) -> None:
    await house.says([reading("a", 1, temperature=1.0)])
    async with Watching(house, initial=True) as watching:
        await present(watching)
    await house.says([reading("b", 2, temperature=2.0)])
    async with Watching(house, initial=True, after=watching.cursor) as again:
        assert await again.value() == 2.0


async def test_after_a_gap_the_present_state_is_told_anew(house: House) -> None:
    await house.says([reading("a", 1, temperature=1.0)])
    async with Watching(house, initial=True, after=Cursor("another", Position(1)).encode()) as watching:
        assert (await watching.message())["__typename"] == "ReadingGap"
    async with Watching(house, initial=True, after=watching.cursor) as again:
        assert [one["reading"]["value"] for one in await present(again)] == [1.0]


@pytest.mark.parametrize("cut", range(1, 9))
async def test_who_is_cut_off_amid_the_present_state_goes_on_without_a_gap_or_a_duplicate(
    house: House, cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.present._DEVICES", 2)
    devices = ("a", "b", "c", "d")
    await house.says([reading(device, 1, temperature=1.0, humidity=1.0) for device in devices])
    seen: list[Any] = []
    async with Watching(house, initial=True) as watching:
        seen += [await watching.received() for _ in range(cut)]
    told = {series_of(one) for one in seen}
    said = [reading(device, second, temperature=float(second), co2=1.0) for second in (2, 3) for device in devices]
    await house.says(said)
    async with Watching(house, initial=True, after=watching.cursor) as again:
        seen.append(await again.received())
    await house.says([reading(device, 4, temperature=4.0) for device in devices])
    async with Watching(house, after=again.cursor) as last:
        await house.says([END])
        seen += await until_the_end(last)
    events = [(series_of(one), one["reading"]["eventId"]) for one in seen]
    assert len(events) == len(set(events))
    assert {**dict(events), ("z", "main", "end"): ""}.keys() == (await latest(house)).keys()
    for series in told:  # of these nothing may be left out
        values = [one["reading"]["value"] for one in seen if series_of(one) == series]
        assert values == ([1.0, 2.0, 3.0, 4.0] if series[2] == "temperature" else [1.0])
    for device in devices:
        assert [one for one in seen if series_of(one) == (device, "main", "temperature")][-1]["reading"]["value"] == 4.0


def stirred_house(seed: int) -> list[Said]:
    """Readings of some series, some of them late and some of them twice."""
    chance = random.Random(seed)
    said = [
        reading(chance.choice("abc"), second + chance.choice((0, 0, 0, -20)), sensor=chance.choice("xy"), t=float(second))
        for second in range(60)
    ]
    return said + chance.sample(said, 5)


END = reading("z", 999, end=9.0)


async def until_the_end(watching: Watching) -> list[Any]:
    """All messages before the one of END."""
    messages = []
    while series_of(message := await watching.received()) != ("z", "main", "end"):
        messages.append(message)
    return messages


def newest(messages: list[Any]) -> dict[tuple[str, str, str], str]:
    """The event of what was measured last of each series."""
    ordered = sorted(messages, key=lambda one: (one["reading"]["timestamp"], one["reading"]["eventId"]))
    return {series_of(one): one["reading"]["eventId"] for one in ordered}


@pytest.mark.parametrize("seed", range(5))
async def test_with_fewer_readings_the_last_of_each_series_comes_and_the_rest_is_counted(house: House, seed: int) -> None:
    start, said = await here(house), stirred_house(seed)
    await house.says(said[:40])
    async with Watching(house, after=start, everyMs=20) as watching:
        messages = [await watching.received()]
        await house.says([*said[40:], END])
        messages += await until_the_end(watching)
    assert sum(1 + one["conflated"] for one in messages) == len(said)
    assert {**newest(messages), ("z", "main", "end"): None}.keys() == (await latest(house)).keys()
    assert newest(messages).items() <= (await latest(house)).items()
    assert len(messages) < len(said)


@pytest.mark.parametrize("cut", range(1, 7))
async def test_who_goes_on_from_a_cursor_of_fewer_readings_misses_no_last_one(house: House, cut: int) -> None:
    start = await here(house)
    await house.says(stirred_house(7))
    async with Watching(house, after=start, everyMs=20) as watching:
        before = [await watching.received() for _ in range(cut)]
    await house.says([reading("b", 500, sensor="y", t=500.0), END])
    async with Watching(house, after=watching.cursor, everyMs=20) as again:
        after = await until_the_end(again)
    assert newest(before + after).items() <= (await latest(house)).items()
    assert len(newest(before + after)) == len(await latest(house)) - 1


async def test_no_cursor_lies_beyond_a_reading_that_is_still_to_come(house: House) -> None:
    positions: list[Position | None] = []
    async with Watching(house, everyMs=40) as watching:
        await watching.message()
        for second in range(4):
            await house.says([reading(device, second, t=float(second)) for device in "ab"])
            received = 0
            while received < 2:
                message = await watching.message()
                received += message["__typename"] == "ReadingReceived"
                positions.append(Cursor.decode(message["cursor"]).position)
    assert positions == sorted(positions, key=lambda position: position or 0)


async def test_more_series_than_are_kept_at_once_all_come(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflation.Conflation.__init__, "__kwdefaults__", {"most": 2, "clock": None})
    start = await here(house)
    said = [reading(f"d{number}", second, t=float(second)) for second in range(4) for number in range(5)]
    await house.says([*said, END])
    async with Watching(house, after=start, everyMs=10) as watching:
        messages = await until_the_end(watching)
    assert sum(1 + one["conflated"] for one in messages) == len(said)
    assert newest(messages).items() <= (await latest(house)).items()


async def test_without_the_choice_all_readings_come_and_none_is_counted(house: House) -> None:
    start = await here(house)
    await house.says([reading("a", second, t=float(second)) for second in range(9)])
    async with Watching(house, after=start) as watching:
        assert [(await watching.received())["conflated"] for _ in range(9)] == [0] * 9


@pytest.mark.parametrize("every", [0, -1, 9, 3_600_001])
async def test_a_rhythm_that_makes_no_sense_is_refused_with_the_bounds(house: House, every: int) -> None:
    async with Watching(house, everyMs=every) as watching:
        frame = await watching.socket.receive()
    [error] = frame["payload"]
    assert (frame["type"], error["extensions"]["code"]) == ("error", "INVALID_INPUT")
    assert "between 10 and 3600000" in error["message"]


async def test_all_who_choose_the_same_share_what_is_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    execute = streams._execute

    def counted(executor: Any, message: object) -> str:
        if type(message).__name__ == "ReadingReceived":
            made.append(message)
        return execute(executor, message)

    monkeypatch.setattr(streams, "_execute", counted)
    await house.says([reading(device, 1, t=1.0) for device in "abc"])
    for _ in range(4):
        async with Watching(house, initial=True, everyMs=10) as watching:
            assert len(await present(watching)) == 3
    assert len(made) == 3


def impatient_house(folder: Path) -> AbstractAsyncContextManager[House]:
    """Whoever is live and does not take all at once is too slow for it."""
    return small_house(folder, limits=Limits(progress_seconds=60.0, slow_seconds=0.0))


async def test_who_is_too_slow_hears_where_to_go_on_and_is_closed_with_a_code(tmp_path: Path) -> None:
    async with impatient_house(tmp_path) as house:
        async with Watching(house) as watching:
            await watching.message()
            for second in range(3):
                await house.says([reading("a", second, t=float(second))])
            seen = [await watching.value()]
            gap = await watching.message()
            assert (gap["__typename"], "more slowly" in gap["reason"]) == ("ReadingGap", True)
            code, reason = await watching.socket.closed()
            assert (code, "Too slow" in reason) == (4450, True)
        async with Watching(house, after=watching.cursor) as again:
            assert seen + await again.values(2) == [0.0, 1.0, 2.0]


async def test_who_is_too_slow_over_events_hears_it_as_a_result_and_the_end(tmp_path: Path) -> None:
    async with impatient_house(tmp_path) as house, EventStream.open(house.app, house.keys[Role.VIEWER], READINGS, {}) as stream:
        await stream.event()
        for second in range(3):
            await house.says([reading("a", second, t=float(second))])
        *_, gap, error, end = [await stream.event() for _ in range(4)]
    assert gap[1]["data"]["readings"]["__typename"] == "ReadingGap"
    assert error[1]["errors"][0]["extensions"]["code"] == "TOO_SLOW"
    assert end[0] == "complete"


async def test_who_catches_up_may_take_his_time(tmp_path: Path) -> None:
    async with impatient_house(tmp_path) as house:
        start = await here(house)
        await house.says([reading("a", second, t=float(second)) for second in range(50)])
        async with Watching(house, after=start) as watching:
            assert await watching.values(50) == [float(second) for second in range(50)]


async def test_who_asks_for_fewer_readings_is_never_too_slow(tmp_path: Path) -> None:
    async with impatient_house(tmp_path) as house, Watching(house, everyMs=10) as watching:
        await watching.message()
        for second in range(3):
            await house.says([reading(device, second, t=float(second)) for device in "ab"])
            assert await watching.values(2) == [float(second)] * 2


async def test_the_subscriptions_of_the_documents_tell_readings(house: House) -> None:
    start = await here(house)
    await house.says([reading("a", 1, t=1.0)])
    shown = [text for text in blocks(ROOT / "docs" / "how-to" / "subscribe.md", "graphql") if "readings(" in text]
    shown = [text for text in shown if text.startswith("subscription")]
    assert len(shown) == 3
    for text in shown:
        variables = {"device": "a", "location": "farm", "after": None if "initial" in text else start}
        async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
            await socket.init(house.keys[Role.VIEWER])
            socket.subscribe(text, variables)
            told = (await socket.receive())["payload"]["data"]["readings"]
            assert (told["__typename"], told["reading"]["value"]) == ("ReadingReceived", 1.0), text
