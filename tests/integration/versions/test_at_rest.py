"""Rebuilds on the files of a house that does not run."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.event_log.port import ANY, Append
from adapters.event_log.sqlite import SqliteEventLog
from adapters.history.port import HistoryUnavailableError
from domain.quality_rules import RuleChange
from domain.versions import Outcome
from glasshouse.holding import holding
from glasshouse.lease import Lease, LeaseHeldError
from glasshouse.rebuilding import rebuilder
from glasshouse.settings import Settings
from glasshouse.versions import shelf
from glasshouse.versions.job import Order
from glasshouse.versions.record import versions_of
from projections.rebuilds import Action, DifferingDay, RebuildRefusedError, RebuildReport
from schema.envelope import Position
from schema.versions import ProjectionBegun
from tests.support.house_events import pack
from tests.support.up import glasshouse
from tests.support.versions import done, flip, told

OLD = {"making": 0}


async def of_log(data: Path) -> tuple[Position | None, int]:
    """The head of the log, and the version of the history that serves."""
    log = await SqliteEventLog.open(data / "events.db", read_only=True)
    try:
        return await log.head(), (await versions_of(log, "history")).serving.number
    finally:
        await log.close()


def files(data: Path) -> set[str]:
    return {path.name for path in data.iterdir() if path.name.startswith(("history", "lineage"))}


def became(report: RebuildReport) -> tuple[Outcome, bool, int, int]:
    return report.outcome, report.switched, report.serving, report.candidate


async def old_rules(data: Path) -> None:
    """Let the first version be said to be made by other rules."""
    stream, begun = pack("projection-history", ProjectionBegun(projection="history", version=1, rules=OLD))
    log = await SqliteEventLog.open(data / "events.db")
    await log.append([Append(stream, ANY, [begun])])
    await log.close()


async def test_a_new_version_that_holds_the_same_serves_and_the_one_before_is_kept_to_go_back_to(data: Path) -> None:
    first = await done(data, "history")
    assert became(first) == (Outcome.EQUAL, True, 1, 2)
    assert (first.events, first.differing_days, first.resumed, first.new_rules) == (2_001, 0, False, False)
    assert [part.name for part in first.parts] == ["raw", "minute", "quarter", "hour", "day", "site_day", "anomalies"]
    assert all(part.serving == part.candidate for part in first.parts)
    assert [part.name for part in first.parts if part.serving == "0:" + "0" * 32] == ["anomalies"]
    assert files(data) == {"history.duckdb", "history-2.duckdb", "lineage.db"}
    assert became(await done(data, "history")) == (Outcome.EQUAL, True, 2, 3)
    assert files(data) == {"history-2.duckdb", "history-3.duckdb", "lineage.db"}
    back = await done(data, "history", Action.ROLLBACK)
    assert (became(back), back.events) == ((Outcome.EQUAL, True, 3, 2), 0)
    assert (await of_log(data))[1] == 2


@pytest.mark.parametrize("name", ["latest", "decisions", "accounts", "alerts", "commands", "lineage"])
async def test_each_read_model_is_rebuilt_and_gone_back_from(data: Path, name: str) -> None:
    report = await done(data, name)
    assert became(report) == (Outcome.EQUAL, True, 1, 2)
    assert [part.name for part in report.parts] == [name]
    assert became(await done(data, name, Action.ROLLBACK)) == (Outcome.EQUAL, True, 2, 1)


@pytest.mark.parametrize(("table", "column", "part"), [("window_hour", "total", "hour"), ("reading", "value", "raw")])
async def test_a_flipped_figure_is_named_by_device_and_day_and_nothing_is_switched_unless_that_is_accepted(
    data: Path, table: str, column: str, part: str
) -> None:
    device, at = flip(data / "history.duckdb", table, column)
    named = [DifferingDay(device, datetime.fromtimestamp(at / 1e6, UTC).date(), [part])]
    rebuilt = await done(data, "history")
    assert (became(rebuilt), rebuilt.days, rebuilt.differing_days) == ((Outcome.DIFFERS, False, 1, 2), named, 1)
    assert (await of_log(data))[1] == 1
    accepted = await done(data, "history", accept=True)
    assert (became(accepted), accepted.resumed) == ((Outcome.ACCEPTED, True, 1, 2), True)
    assert (await done(data, "history", Action.VERIFY)).outcome is Outcome.EQUAL


async def test_to_verify_changes_nothing(data: Path) -> None:
    before, there = await of_log(data), files(data)
    for name in ("history", "latest", "lineage"):
        assert became(await done(data, name, Action.VERIFY)) == (Outcome.EQUAL, False, 1, 0)
    assert (await of_log(data), files(data)) == (before, there)
    assert not list((data / "snapshots").glob("*-*"))


async def test_under_new_rules_the_differences_are_shown_and_the_new_version_serves(data: Path) -> None:
    await old_rules(data)
    device, _ = flip(data / "history.duckdb", "window_day", "total")
    report = await done(data, "history")
    assert (became(report), report.new_rules) == ((Outcome.NEW_RULES, True, 1, 2), True)
    assert [day.device_id for day in report.days] == [device]


async def test_new_rules_do_not_excuse_readings_that_differ(data: Path) -> None:
    await old_rules(data)
    flip(data / "history.duckdb", "reading", "value")
    assert became(await done(data, "history")) == (Outcome.DIFFERS, False, 1, 2)


async def test_other_settings_are_taken_up_by_a_rebuild_and_by_nothing_else(data: Path) -> None:
    assert (await done(data, "history", Action.VERIFY, lateness_seconds=60.0)).new_rules is False
    report = await done(data, "history", lateness_seconds=60.0)
    assert (report.new_rules, report.switched) == (True, True)


async def test_another_quality_rule_shows_the_days_that_come_out_differently(data: Path) -> None:
    strict = {"temperature": RuleChange(high=25.0)}
    report = await done(data, "history", quality=strict)
    assert (became(report), report.new_rules) == ((Outcome.NEW_RULES, True, 1, 2), True)
    differing = {part.name for part in report.parts if part.differing}
    assert differing >= {"minute", "hour", "day"}
    assert "raw" not in differing
    assert became(await done(data, "history", Action.VERIFY, quality=strict)) == (Outcome.EQUAL, False, 2, 0)


async def test_a_version_half_filled_under_other_rules_or_told_to_lie_is_not_gone_on_with(data: Path) -> None:
    flip(data / "history.duckdb", "reading", "value")
    first = await done(data, "history")
    assert (first.candidate, first.switched) == (2, False)
    again = await done(data, "history")
    assert (again.candidate, again.resumed, again.events) == (2, True, 0)
    anew = await done(data, "history", anew=True)
    assert (anew.candidate, anew.resumed, anew.events) == (3, False, 2_001)
    other = await done(data, "history", lateness_seconds=60.0)
    assert (other.candidate, other.resumed, other.events) == (4, False, 2_001)
    assert files(data) == {"history.duckdb", "history-4.duckdb", "lineage.db"}


async def test_a_log_that_let_go_of_its_beginning_is_not_rebuilt_from(data: Path) -> None:
    log = await SqliteEventLog.open(data / "events.db")
    await log.truncate("device-tomato-3", 10)
    await log.close()
    for name in ("history", "latest"):
        with pytest.raises(RebuildRefusedError, match=r"no longer holds the beginning of what tomato-3 said"):
            await done(data, name)
    assert (await of_log(data))[1] == 1


async def test_where_a_project_may_fill_the_history_it_is_kept_away_while_versions_change(data: Path) -> None:
    url = f"sqlite:///{data / 'events.db'}"
    log = await SqliteEventLog.open(data / "events.db")
    try:
        async with holding(Lease(log, "project", "another", span_seconds=2.0), standby=False):
            refused = pytest.RaisesExc(LeaseHeldError, match="a `project` fills the history")
            with pytest.RaisesGroup(refused, flatten_subgroups=True):
                await done(data, "history", event_log=url, lease_seconds=2.0)
        assert (await done(data, "history", event_log=url, lease_seconds=2.0)).switched
    finally:
        await log.close()


async def test_without_a_version_before_there_is_nothing_to_go_back_to(data: Path) -> None:
    with pytest.raises(RebuildRefusedError, match="nothing to go back to"):
        await done(data, "latest", Action.ROLLBACK)


async def test_the_commands_tell_people_and_scripts_what_came_of_it(data: Path) -> None:
    code, out, _ = await glasshouse("rebuild", "history", "--data", str(data))
    assert code == 0
    assert out.splitlines()[0].startswith("history: version 1 compared with version 2, 2,001 events read in ")
    assert out.splitlines()[-2:] == ["Both hold the same.", "Version 2 serves."]
    device, _ = flip(data / "history-2.duckdb", "window_hour", "total")
    report = await told("verify", "history", data=data, code=10)
    assert (report["outcome"], report["switched"], report["days"][0]["deviceId"]) == ("differs", False, device)
    code, out, err = await glasshouse("rebuild", "windows", "--data", str(data))
    assert (code, out) == (2, "")
    assert err.startswith("glasshouse: no read model that can be rebuilt is called 'windows'; there are: history")


async def test_a_day_of_a_site_that_differs_is_named_with_a_word_on_which_date_that_is(data: Path) -> None:
    device, at = flip(data / "history.duckdb", "window_site_day", "total")
    code, out, _ = await glasshouse("verify", "history", "--data", str(data))
    assert code == 10
    assert out.splitlines()[-2:] == [
        f"  {device}  {datetime.fromtimestamp(at / 1e6, UTC).date()}  site_day",
        "Days are dates in UTC: a site_day is named by the one on which it begins, which east of UTC is the day before.",
    ]


async def test_schema_migrate_says_what_it_recorded_and_adds_nothing_the_second_time(data: Path) -> None:
    code, out, _ = await glasshouse("schema", "migrate", "SensorReading", "--data", str(data))
    assert (code, out) == (0, "SensorReading: version 1 recorded\n1 of 1 recorded; the others were before.\n")
    head = (await of_log(data))[0]
    code, out, _ = await glasshouse("schema", "migrate", "SensorReading", "--data", str(data), "--json")
    assert json.loads(out) == [{"type": "SensorReading", "version": 1, "before": 1, "recorded": False, "lifted": 0}]
    assert (await of_log(data))[0] == head
    code, _, err = await glasshouse("schema", "migrate", "Reading", "--data", str(data))
    assert (code, "schema list" in err) == (2, True)


async def test_a_version_that_cannot_be_dropped_after_the_switch_does_not_end_the_one_that_serves(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def refuse(_settings: Settings, version: int) -> None:
        asked.append(version)
        raise HistoryUnavailableError("the history is not reached")

    order = Order("history", Action.REBUILD)
    async with rebuilder(Settings(data=str(data))) as place:
        await place.run(order, lambda _: None)
        with monkeypatch.context() as patched:
            patched.setattr(shelf, "drop_history", refuse)
            assert became(await place.run(order, lambda _: None)) == (Outcome.EQUAL, True, 2, 3)
        assert asked == [1]
        verified = await place.run(Order("history", Action.VERIFY), lambda _: None)
        assert became(verified) == (Outcome.EQUAL, False, 3, 0)
