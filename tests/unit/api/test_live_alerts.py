"""Live alerts: each change once, with the alert as it stood then; nothing is missed, and a gap is told."""

from pathlib import Path

import pytest

from api.execution import streams
from api.execution.plans import Begun
from api.limits import Limits
from api.roles import Role
from api.types.alert_messages import AlertChanged
from projections import alert_lives
from schema.envelope import Cursor, Position
from schema.events import DeviceMetadata
from schema.rules import AlertAcknowledged, AlertRefuted, AlertSilenced
from tests.support.alert_events import alert_step, cleared_alert, raised_alert
from tests.support.api import House, small_house
from tests.support.house_events import at, pack, reading
from tests.support.memory_log import MemoryLog
from tests.support.watching import Subscriber

SEEN = 'mutation { acknowledgeAlert(id: "a", note: "n") { ... on AcknowledgeAlertSuccess { cursor } } }'


class Watching(Subscriber):
    """A subscriber of alerts."""

    document = """subscription ($after: String, $device: ID, $location: String, $metric: String) {
      alerts(after: $after, deviceId: $device, location: $location, metric: $metric) { __typename
      ... on AlertChanged { cursor change alert { id state since overSince acknowledgedBy silencedUntil refutedBecause } }
      ... on AlertProgress { cursor } ... on AlertGap { cursor reason } } }"""
    field = "alerts"

    async def changed(self) -> tuple[str, str, str]:
        """The next change: what, of which alert, and how it stood then."""
        while (message := await self.message())["__typename"] != "AlertChanged":
            assert message["__typename"] == "AlertProgress", message
        return message["change"], message["alert"]["id"], message["alert"]["state"]


async def here(house: House) -> str:
    cursor: str = (await house.ask("{ alerts { liveCursor } }"))["alerts"]["liveCursor"]
    return cursor


LIFE = [
    raised_alert("a"),
    raised_alert("a", 10),
    alert_step(AlertAcknowledged(alert_id="a", timestamp=at(20))),
    reading("box", 30, temperature=1.0),
    raised_alert("b", 40),
    alert_step(AlertSilenced(alert_id="b", timestamp=at(50), until=at(500))),
    cleared_alert("a", 60),
    cleared_alert("a", 70),
    raised_alert("a", 80),
    alert_step(AlertRefuted(alert_id="b", timestamp=at(90), reason="late")),
]
TOLD = [
    ("RAISED", "a", "OPEN"), ("REVISED", "a", "OPEN"), ("ACKNOWLEDGED", "a", "OPEN"), ("RAISED", "b", "OPEN"),
    ("SILENCED", "b", "OPEN"), ("CLEARED", "a", "CLEARED"), ("REVISED", "a", "CLEARED"), ("RAISED", "a", "OPEN"),
    ("REFUTED", "b", "REFUTED"),
]  # fmt: skip


async def test_each_change_comes_with_the_alert_as_it_stood_then(house: House) -> None:
    start = await here(house)
    async with Watching(house, after=start) as live:
        await house.says(LIFE)
        assert [await live.changed() for _ in TOLD] == TOLD
    async with Watching(house, after=start) as later:
        assert [await later.changed() for _ in TOLD] == TOLD


@pytest.mark.parametrize("cut", range(len(TOLD)))
async def test_who_comes_back_with_a_cursor_misses_nothing_and_sees_nothing_twice(
    house: House, cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_lives, "_KEPT", 1)  # what is not at hand any more is folded from the log
    start = await here(house)
    await house.says(LIFE)
    async with Watching(house, after=start) as before:
        seen = [await before.changed() for _ in range(cut)]
    async with Watching(house, after=before.cursor or start) as after:
        assert seen + [await after.changed() for _ in TOLD[cut:]] == TOLD


async def test_a_page_of_alerts_hands_over_without_a_gap_and_so_does_a_mutation(house: House) -> None:
    await house.says([raised_alert("a")])
    listed = await here(house)
    acknowledged = (await house.ask(SEEN, role=Role.OPERATOR))["acknowledgeAlert"]["cursor"]
    await house.says([cleared_alert("a", 60)])
    async with Watching(house, after=listed) as live:
        assert [(await live.changed())[0] for _ in range(2)] == ["ACKNOWLEDGED", "CLEARED"]
    async with Watching(house, after=acknowledged) as live:
        assert (await live.changed())[0] == "CLEARED"


@pytest.mark.parametrize(
    ("wanted", "alerts"),
    [
        ({"device": "b"}, ["second"]),
        ({"location": "farm/house-2"}, ["second"]),
        ({"location": "farm"}, ["first", "second"]),
        ({"metric": "temperature", "device": "a"}, ["first"]),
        ({"metric": "humidity"}, []),
        ({"location": "elsewhere"}, []),
    ],
)
async def test_a_subscriber_chooses_device_location_and_metric(house: House, wanted: dict[str, str], alerts: list[str]) -> None:
    start = await here(house)
    placed = pack("control-b", DeviceMetadata(device_id="b", location="farm/house-2"))
    await house.says([reading("a", 0, temperature=31.5), placed])
    await house.says([raised_alert("first", device="a"), raised_alert("second", device="b"), reading("a", 1, temperature=9.0)])
    async with Watching(house, after=start, **wanted) as live:
        assert [(await live.changed())[1] for _ in alerts] == alerts
        assert (await live.message())["__typename"] == "AlertProgress"


async def test_progress_is_told_while_nothing_is_said_of_alerts(house: House) -> None:
    async with Watching(house) as live:
        assert (await live.message())["__typename"] == "AlertProgress"
        await house.says([reading("box", 0, temperature=1.0)])
        assert (await live.message())["__typename"] == "AlertProgress"
        assert live.cursor == Cursor(house.log.log_id, await house.log.head()).encode()


@pytest.mark.parametrize("lost", ["another", "beyond"])
async def test_a_cursor_that_leads_nowhere_is_a_gap_that_is_told(house: House, lost: str) -> None:
    await house.says([raised_alert("a")])
    cursor = Cursor("other", Position(0)) if lost == "another" else Cursor(house.log.log_id, Position(999))
    async with Watching(house, after=cursor.encode()) as live:
        gap = await live.message()
        assert gap["__typename"] == "AlertGap"
        assert ("another log" if lost == "another" else "beyond the end") in gap["reason"]
        await house.says([cleared_alert("a", 60)])
        assert await live.changed() == ("CLEARED", "a", "CLEARED")


async def test_what_was_said_of_an_alert_that_was_never_raised_is_passed_over(house: House) -> None:
    async with Watching(house, after=await here(house)) as live:
        await house.says([cleared_alert("none", 60), raised_alert("a")])
        assert await live.changed() == ("RAISED", "a", "OPEN")


async def test_who_wants_the_same_shares_one_execution(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    executed: list[object] = []
    execute = streams._execute

    def counted(begun: Begun, message: object) -> str:
        executed.append(message)
        return execute(begun, message)

    monkeypatch.setattr(streams, "_execute", counted)
    start = await here(house)
    async with Watching(house, after=start) as one, Watching(house, after=start) as other:
        await house.says([raised_alert("a")])
        assert await one.changed() == await other.changed() == ("RAISED", "a", "OPEN")
    assert len([message for message in executed if isinstance(message, AlertChanged)]) == 1


async def test_who_takes_what_comes_too_slowly_is_told_where_to_go_on(tmp_path: Path) -> None:
    limits = Limits(progress_seconds=0.0, slow_seconds=0.0)
    async with small_house(tmp_path, log=MemoryLog(), limits=limits) as slow:
        async with Watching(slow) as live:
            await live.message()
            await slow.says([raised_alert("a"), cleared_alert("a", 60)])
            while (message := await live.message())["__typename"] != "AlertGap":
                pass
            assert "more slowly than they came" in message["reason"]
        async with Watching(slow, after=live.cursor) as again:
            await again.message()
