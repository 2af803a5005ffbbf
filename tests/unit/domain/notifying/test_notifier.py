"""Who is told of alerts, and when: routing, quiet hours, silence, escalation, and what is over."""

from zoneinfo import ZoneInfo

import pytest

from domain.alerting.hours import in_force
from domain.columns import Bools, Int64
from schema.notifications import Escalation
from schema.rules import ActiveHours, AlertSeverity, Where
from tests.support.notifying import Day, acknowledged, cleared, minute, person, placed, raised, refuted, silenced

CRITICAL = AlertSeverity.CRITICAL
NIGHT = ActiveHours(start="22:00", end="07:00")
TO_BEN = Escalation(after_seconds=900.0, to="ben")
TEN_HOURS, SEVEN = 10 * 60.0, 19 * 60.0
"""Minutes after noon: ten in the evening, and seven in the morning."""


def test_each_target_of_who_listens_is_told_once_under_an_id_of_its_own() -> None:
    day = Day(person(targets=("phone", "desk")))
    assert day.at(0, raised()) == [("ada", "raised", "a")] * 2
    assert [request.target for request in day.requests] == ["phone", "desk"]
    assert len({request.notification_id for request in day.requests}) == 2
    assert day.at(1, raised()) == []


def test_who_is_not_concerned_is_not_told() -> None:
    day = Day(
        person("critical", least=CRITICAL),
        person("south", where=Where(location="south")),
        person("north", where=Where(location="north/house-1")),
        person("site", where=Where(site_id="north")),
        person("on-holiday", enabled=False),
        person("last", only_escalated=True),
    )
    day.at(-0.5, placed("north/house-1/bench"))
    assert [name for name, _, _ in day.at(0, raised())] == ["north", "site"]


def test_a_device_without_a_location_is_where_its_alert_says() -> None:
    day = Day(person(where=Where(site_id="north")))
    assert day.at(0, raised(), site="south") == []
    assert day.at(1, raised("b"), site="north") == [("ada", "raised", "b")]


@pytest.mark.parametrize(("end", "word"), [(cleared(), "cleared"), (refuted(), "refuted")])
def test_that_it_is_over_is_told_once_to_those_who_were_told_of_it(end: object, word: str) -> None:
    day = Day(person(), person("critical", least=CRITICAL))
    day.at(0, raised())
    assert day.at(1, end) == [("ada", word, "a")]  # type: ignore[arg-type]
    assert day.at(2, end) == []  # type: ignore[arg-type]


def test_one_that_begins_anew_is_told_anew() -> None:
    day = Day(person())
    words = [day.at(number, event) for number, event in enumerate([raised(), cleared(), raised(), cleared()])]
    assert words == [[("ada", word, "a")] for word in ("raised", "cleared", "raised", "cleared")]
    assert len({request.notification_id for request in day.requests}) == 4


def test_in_quiet_hours_nothing_is_told_until_their_end_and_then_if_it_still_stands() -> None:
    day = Day(person(quiet=NIGHT))
    assert day.at(TEN_HOURS, raised()) == []
    assert day.at(TEN_HOURS, raised("b")) == []
    assert day.at(TEN_HOURS + 5, cleared("b")) == []
    assert day.at(SEVEN - 0.01) == []
    assert day.at(SEVEN) == [("ada", "raised", "a")]
    assert day.requests[0].timestamp == minute(SEVEN)


def test_what_is_critical_is_told_in_quiet_hours_unless_one_wants_to_sleep() -> None:
    day = Day(person("wakes", quiet=NIGHT), person("sleeps", quiet=NIGHT, critical_any_hour=False))
    assert day.at(TEN_HOURS, raised(severity=CRITICAL)) == [("wakes", "raised", "a")]
    assert day.at(SEVEN) == [("sleeps", "raised", "a")]


def test_quiet_hours_are_by_the_clocks_of_the_recipients_zone() -> None:
    day = Day(person(quiet=NIGHT, time_zone="Asia/Tokyo"))
    assert day.at(2 * 60, raised()) == []
    assert day.at(SEVEN - 9 * 60 + 24 * 60) == [("ada", "raised", "a")]
    assert day.requests[0].timestamp == minute(10 * 60)


def test_the_end_of_quiet_hours_is_looked_for_once_for_all_of_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def looked(hours: ActiveHours, zone: ZoneInfo, times: Int64) -> Bools:
        looks.append(len(times))
        return in_force(hours, zone, times)

    monkeypatch.setattr("domain.notifying.quiet.in_force", looked)
    day = Day(person(quiet=ActiveHours(start="11:07", end="13:07")))
    for number in range(1000):
        assert day.at(number / 1000, raised(str(number))) == []
    assert len(looks) <= 1
    assert len(day.at(67)) == 1000


def test_what_began_and_ended_and_began_anew_in_quiet_hours_is_told_to_nobody_who_thinks_that_it_stands() -> None:
    day = Day(person(quiet=NIGHT))
    day.at(0, raised())
    assert [day.at(TEN_HOURS, event) for event in (cleared(), raised())] == [[], []]
    assert day.at(SEVEN + 60) == []


def test_of_a_silenced_alert_nobody_is_told_until_the_silence_ends() -> None:
    day = Day(person(escalation=TO_BEN), person("ben", only_escalated=True))
    day.at(0, raised())
    assert day.at(1, silenced(60)) == []
    assert day.at(59) == []
    assert day.at(60 + 14) == []
    assert day.at(60 + 15) == [("ben", "raised", "a")]
    day.at(80, silenced(100))
    assert day.at(81, cleared()) == []
    assert day.at(100) == [("ada", "cleared", "a"), ("ben", "cleared", "a")]


def test_what_nobody_acknowledges_goes_to_the_next_and_on_from_there_and_to_nobody_twice() -> None:
    back = Escalation(after_seconds=600.0, to="ada")
    day = Day(person(escalation=TO_BEN), person("ben", only_escalated=True, escalation=back))
    day.at(0, raised())
    assert day.at(14.9) == []
    assert day.at(15) == [("ben", "raised", "a")]
    assert day.requests[-1].escalated_from == "ada"
    assert day.at(600) == []


def test_an_acknowledgement_stops_escalation() -> None:
    day = Day(person(escalation=TO_BEN), person("ben", only_escalated=True))
    day.at(0, raised())
    day.at(5, acknowledged())
    assert day.at(600) == []
    assert day.at(601, cleared()) == [("ada", "cleared", "a")]


def test_escalation_passes_over_who_is_not_there() -> None:
    onward = Escalation(after_seconds=600.0, to="eve")
    day = Day(person(escalation=TO_BEN), person("ben", enabled=False, escalation=onward), person("eve", only_escalated=True))
    day.at(0, raised())
    assert day.at(15) == [("eve", "raised", "a")]


def test_who_comes_later_is_not_told_of_what_stood_before() -> None:
    day = Day()
    assert [day.at(0, raised()), day.at(1, person()), day.at(2, cleared())] == [[], [], []]


def test_what_history_shows_is_told_once_when_nothing_more_was_said_of_it_for_a_moment() -> None:
    day = Day(person())
    story = [raised(backfilled=True), cleared(), raised(backfilled=True), cleared()]
    assert [day.at(number / 100, event) for number, event in enumerate(story)] == [[], [], [], []]
    assert day.at(0.19) == []
    assert day.at(0.2) == [("ada", "past", "a")]
    [request] = day.requests
    assert (request.since, request.until, request.backfilled) == (minute(0), minute(0), True)
    assert day.at(600) == []


def test_what_still_stands_at_the_end_of_history_is_told_as_standing_and_its_end_later() -> None:
    day = Day(person())
    assert day.at(0, raised(backfilled=True)) == []
    assert day.at(1) == [("ada", "raised", "a")]
    assert day.at(5, cleared()) == []
    assert day.at(6) == [("ada", "cleared", "a")]


def test_what_history_showed_in_error_is_told_to_nobody() -> None:
    day = Day(person())
    assert [day.at(0, raised(backfilled=True)), day.at(0.01, refuted()), day.at(600)] == [[], [], []]


def test_what_was_over_before_anybody_heard_of_it_wakes_nobody_and_goes_to_nobody_else() -> None:
    day = Day(person(quiet=NIGHT, escalation=TO_BEN), person("ben", only_escalated=True))
    day.at(TEN_HOURS, raised(severity=CRITICAL, backfilled=True))
    day.at(TEN_HOURS, cleared())
    assert day.at(SEVEN - 0.01) == []
    assert day.at(SEVEN) == [("ada", "past", "a")]
    assert day.at(SEVEN + 600) == []
