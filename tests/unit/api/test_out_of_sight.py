"""What is out of sight is told by nothing: not by when answers come, nor by what is kept, nor by what people decided of it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from adapters.history.horizon import Endless
from adapters.history.port import BeyondRetentionError
from adapters.history.retention.policy import Policy
from adapters.history.retention.report import Failure, Report, Watch
from adapters.history.retention.runs import RetentionRuns, Run
from api.app import build_app
from api.roles import Role
from domain.versions import Outcome, Versions
from domain.windows import Span
from projections.feed import Feed
from projections.feed_queries import FeedPage
from projections.rebuilds import Action, DifferingDay, Phase, RebuildReport, RebuildStatus
from projections.running_queries import ProjectionStatus
from schema.envelope import Filter, Position
from schema.events import DeviceMetadata
from schema.times import LATEST_US
from tests.support.api import AsgiSocket, House
from tests.support.house_events import pack, reading
from tests.unit.api.test_scopes import OF_ALPHA, OF_BRAVO, OF_NOBODY, QUERIES, SPAN, ask, both, filled, key_for

__all__ = ["both"]

WATCHED = 'subscription { readings(deviceId: "DEVICE") { ... on ReadingReceived { reading { deviceId } } } }'


class Waking:
    """A feed that notes what each who follows it waits for."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.streams: list[str | None] = []

    def follow(self, after: Position | None, *, only: Filter) -> AsyncIterator[FeedPage]:
        return self._feed.follow(after, only=only)

    def watch(
        self, after: Position | None, *, only: Filter, stream: str | None, patience: Callable[[], float | None]
    ) -> AsyncIterator[FeedPage]:
        self.streams.append(stream)
        return self._feed.watch(after, only=only, stream=stream, patience=patience)


@pytest.fixture
def waking(both: House) -> Waking:
    waking = Waking(both.services.feed)  # type: ignore[arg-type]
    both.app = build_app(replace(both.services, feed=waking, registry=CollectorRegistry()))
    return waking


async def test_nobody_is_woken_by_a_device_that_he_does_not_see(both: House, waking: Waking) -> None:
    async with AsgiSocket(both.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(await key_for(both, sites=("alpha",)))
        for device in ("alpha-1", "bravo-1", "nobod-1"):
            socket.subscribe(WATCHED.replace("DEVICE", device), name=device)
            await socket.receive()
    seen, hidden, unknown = waking.streams
    assert seen == "device-alpha-1"
    assert hidden == unknown
    assert "bravo" not in str(hidden)


async def test_a_device_that_comes_into_sight_is_heard_from_then_on(both: House, waking: Waking) -> None:
    async with AsgiSocket(both.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(await key_for(both, sites=("alpha",)))
        socket.subscribe(WATCHED.replace("DEVICE", "alpha-9"))
        await socket.receive()
        for second in (100, 101):
            await both.says([reading("alpha-9", second, site="alpha", temperature=1.0)])
            while not (await socket.receive())["payload"]["data"]["readings"]:
                pass
    assert waking.streams[-1] == "device-alpha-9"


class Gone(Endless):
    """No windows are kept, and of devices at bravo no readings either."""

    def windows_from(self, span: Span) -> int:
        del span
        return LATEST_US

    def require(self, device: str, start_us: int, end_us: int) -> None:
        del start_us, end_us
        if device.startswith("bravo"):
            raise BeyondRetentionError(f"readings of {device} are past the retention")


@pytest.mark.parametrize(
    "query",
    [QUERIES["series"], QUERIES["series"].replace("P1D", "PT30S").replace(SPAN, SPAN.replace("06-13", "06-02"))],
    ids=["kept", "from rows"],
)
async def test_what_is_gone_of_a_hidden_device_is_not_told(both: House, query: str) -> None:
    both.services.history.store.horizon = Gone()  # type: ignore[union-attr]
    columns = QUERIES["readingColumns"]
    for text in (query, columns):
        everybody = await ask(both, await key_for(both), await filled(both, columns, OF_BRAVO))
        assert everybody["errors"][0]["extensions"]["code"] == "BEYOND_RETENTION"
        key = await key_for(both, sites=("alpha",))
        others, nobodys = [await ask(both, key, await filled(both, text, names)) for names in (OF_BRAVO, OF_NOBODY)]
        assert repr(others).replace("bravo", "nobod") == repr(nobodys)


REPLACED = """mutation { replaceSensor(input: {deviceId: "OLD", sensorId: "OLD-probe", at: "2026-06-05T12:00:00Z",
  by: {deviceId: "NEW", sensorId: "NEW-probe"}}) {
  ... on ReplaceSensorSuccess { segments { deviceId } } ... on OperationError { code message } } }"""


def replaced(old: str, new: str) -> str:
    text = REPLACED.replace("OLD-probe", f"{old.partition('-')[0]}-probe").replace(
        "NEW-probe", f"{new.partition('-')[0]}-probe"
    )
    return text.replace("OLD", old).replace("NEW", new)


@pytest.mark.parametrize(("window", "calendar"), [("P1D", "UTC"), ("P1D", "SITE"), ("PT1H", "UTC"), ("PT1M", "UTC")])
async def test_a_hidden_sensor_that_one_in_sight_replaced_is_as_nobodys(both: House, window: str, calendar: str) -> None:
    await both.ask(replaced("bravo-1", "alpha-1"), role=Role.OPERATOR)
    key = await key_for(both, sites=("alpha",))
    others, nobodys = [await charted(both, key, names, window, calendar) for names in (OF_BRAVO, OF_NOBODY)]
    assert repr(others).replace("bravo", "nobod") == repr(nobodys)
    assert others["buckets"] == []


@pytest.mark.parametrize("calendar", ["UTC", "SITE"])
async def test_a_series_that_goes_on_out_of_sight_ends_there(both: House, calendar: str) -> None:
    await both.ask(replaced("alpha-1", "bravo-1"), role=Role.OPERATOR)
    chart = await charted(both, await key_for(both, sites=("alpha",)), OF_ALPHA, "P1D", calendar)
    assert [bucket["count"] for bucket in chart["buckets"]] == [1] * 5


async def charted(house: House, key: str, names: dict[str, str], window: str, calendar: str) -> dict[str, Any]:
    query = await filled(house, QUERIES["series"].replace("2026-06-13", "2026-06-07"), names)
    answer = await ask(house, key, query.replace('window: "P1D"', f'calendar: {calendar}, window: "{window}"'))
    [chart] = answer["data"]["series"]
    return dict(chart)


async def test_a_circle_through_a_hidden_sensor_is_refused_without_naming_it(both: House) -> None:
    await both.says([reading("alpha-2", 0, sensor="alpha-probe", site="alpha", temperature=1.0)])
    await both.ask(replaced("alpha-2", "bravo-1"), role=Role.OPERATOR)
    await both.ask(replaced("bravo-1", "alpha-1"), role=Role.OPERATOR)
    key = await key_for(both, role="operator", sites=("alpha",))
    answer = (await ask(both, key, replaced("alpha-1", "alpha-2")))["data"]["replaceSensor"]
    assert answer["code"] == "CONFLICT"
    assert "bravo" not in answer["message"]


class Differing:
    """A rebuild that failed over a day of each site."""

    def versions(self, name: str) -> Versions:
        del name
        return Versions()

    def status(self, name: str) -> RebuildStatus:
        days = [DifferingDay(device_id=f"{site}-1", day=date(2026, 6, 1), parts=["raw"]) for site in ("alpha", "bravo")]
        report = RebuildReport(
            projection=name,
            action=Action.VERIFY,
            outcome=Outcome.DIFFERS,
            switched=False,
            serving=1,
            candidate=0,
            resumed=False,
            new_rules=False,
            cursor="",
            events=1,
            seconds=1.0,
            parts=[],
            differing_days=2,
            days=days,
        )
        return RebuildStatus(projection=name, action=Action.VERIFY, phase=Phase.FAILED, error="bravo-1 is odd", report=report)

    def begin(self, name: str, action: Action, *, accept: bool, anew: bool, actor: str) -> None:
        raise NotImplementedError


class Halted:
    """Read models that a device of each site stopped."""

    def status(self) -> list[ProjectionStatus]:
        return [ProjectionStatus("history", "halted", None, 1, 0.0, f"{site}-1 is odd") for site in ("alpha", "bravo")]

    def position(self, name: str) -> Position | None:
        raise NotImplementedError

    async def reached(self, name: str, position: Position) -> None:
        del name, position


async def test_what_stopped_a_read_model_and_how_it_differs_is_told_of_what_is_in_sight(both: House) -> None:
    services = replace(both.services, projections=Halted(), rebuilds=Differing(), registry=CollectorRegistry())
    whole, part = await key_for(both), await key_for(both, sites=("alpha",))
    both.app = build_app(services)
    query = "{ projections { error rebuild { error report { days { deviceId } } } } }"
    for key, errors, devices in ((whole, 4, ["alpha-1", "bravo-1"]), (part, 0, ["alpha-1"])):
        told = (await ask(both, key, query))["data"]["projections"]
        assert [day["deviceId"] for day in told[0]["rebuild"]["report"]["days"]] == devices
        assert all(one["error"] and one["rebuild"]["error"] for one in told)
        assert repr(told).count("is odd") == errors


class Nothing:
    """A job that does not run."""

    policy = Policy()

    async def run(self, *, dry_run: bool, watch: Watch) -> Report:
        raise NotImplementedError


async def test_why_days_could_not_be_archived_is_told_to_those_who_see_the_whole_house(both: House) -> None:
    runs = RetentionRuns(Nothing(), both.services.clock)
    report = Report(dry_run=False, failures=[Failure("2026-06-01", "site=bravo is damaged")])
    runs.last = Run(number=1, dry_run=False, started_at=both.now, report=report, error="bravo is full")
    whole, part = await key_for(both), await key_for(both, sites=("alpha",))
    both.app = build_app(replace(both.services, retention=runs, registry=CollectorRegistry()))
    query = "{ retentionRun { running error report { failures { day reason } } } }"
    for key, named in ((whole, 2), (part, 0)):
        told = (await ask(both, key, query))["data"]["retentionRun"]
        assert repr(told).count("bravo") == named
        assert (told["running"], [one["day"] for one in told["report"]["failures"]]) == (False, ["2026-06-01"])
        assert told["error"]


async def test_nobody_clears_the_place_by_which_alone_he_sees_a_device(both: House) -> None:
    await both.says([pack("control-silent", DeviceMetadata(device_id="silent", location="alpha/house"))])
    key = await key_for(both, role="operator", sites=("alpha",))
    text = 'mutation { registerDevice(input: {deviceId: "silent", location: null}) { ... on OperationError { code } } }'
    assert (await ask(both, key, text))["data"]["registerDevice"] == {"code": "FORBIDDEN"}
    assert (await ask(both, key, '{ device(id: "silent") { id } }'))["data"]["device"] == {"id": "silent"}
