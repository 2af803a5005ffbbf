"""The control state of a device is kept as one event when it changes, at most once a minute, and the old ones go."""

from schema.events import Clock, StateSnapshot
from tests.support.reacting import Greenhouse, greenhouse


def kept(house: Greenhouse) -> list[dict[str, object]]:
    events = house.log.events("snapshot-box")
    return [dict(event.state) for event in events if isinstance(event, StateSnapshot)]


async def test_a_change_is_kept_at_once_and_the_next_not_before_a_minute_has_passed() -> None:
    async with greenhouse() as house:
        await house.state("on")
        await house.clock.advance(10)
        await house.state("closed", "vent")
        await house.state("off")
        assert kept(house) == [{"heater": "on"}]
        await house.clock.advance(51)
        assert kept(house) == [{"heater": "on"}, {"heater": "off", "vent": "closed"}]


async def test_a_state_that_is_told_again_is_not_kept_again() -> None:
    async with greenhouse() as house:
        await house.state("on")
        await house.clock.advance(61)
        await house.state("on")
        await house.stop()
        await house.start()
        assert kept(house) == [{"heater": "on"}]


async def test_a_state_under_a_clock_that_is_off_is_none_of_the_present() -> None:
    async with greenhouse() as house:
        await house.state("on", clock=Clock.AHEAD)
        assert kept(house) == []


async def test_old_snapshots_go() -> None:
    async with greenhouse() as house:
        for number in range(31):
            await house.state(number, "lamp")
            await house.clock.advance(61)
        left = await house.log.read_stream("snapshot-box")
        assert [event.revision for event in left] == list(range(21, 31))


async def test_a_device_that_makes_up_actuators_fills_neither_memory_nor_its_snapshot() -> None:
    async with greenhouse() as house:
        house.waits = False
        for number in range(300):
            await house.state("on", f"made-up-{number}")
        house.waits = True
        await house.state("open", "vent")
        await house.clock.advance(61)
        assert len(kept(house)[-1]) == 257
        assert kept(house)[-1]["vent"] == "open"
