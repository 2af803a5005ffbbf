"""Alerts that a rule would have raised, held against those that there were."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.types.backtest import Backtest, backtest
from api.types.enums import AlertSeverity, BacktestBasis
from domain.alerting.hindsight import PastAlert
from domain.alerting.state import Subject
from projections.alert_queries import AlertView
from projections.backtested import Backtested, Found
from schema.envelope import Position
from schema.rules import AlertRaised
from schema.rules import AlertSeverity as Severity
from schema.times import to_micros
from tests.support.house_events import at

Stretch = tuple[int, int | None]
"""The second when it began, and when it was over."""
STRETCHES = st.lists(st.tuples(st.integers(0, 40), st.none() | st.integers(0, 10)), max_size=12).map(
    lambda drawn: sorted(((begin, None if lasts is None else begin + lasts) for begin, lasts in drawn), key=lambda one: one[0])
)


def held_against(would: list[Stretch], raised: list[Stretch]) -> Backtest:
    found = [Found(Subject("hot", "box", "main", "temperature"), past(*one)) for one in would]
    told = Backtested(found, total=len(found), refuted=0, devices={}, looked_at=0, series=1)
    views = [view(number, *one) for number, one in enumerate(raised)]
    return backtest(BacktestBasis.AS_KNOWN, "hot", AlertSeverity.WARNING, told, views, most=500, seconds=0.0)


def past(begin: int, end: int | None) -> PastAlert:
    ended_us = None if end is None else to_micros(at(end))
    return PastAlert(to_micros(at(begin)), to_micros(at(begin)), ended_us, ended_us, 31.0)


def view(number: int, begin: int, end: int | None) -> AlertView:
    raised = AlertRaised(
        alert_id=str(number), timestamp=at(begin), rule_id="hot", rule_revision=0, kind="TemperatureAlert",
        severity=Severity.WARNING, device_id="box", sensor_id="main", metric="temperature", since=at(begin), value=31.0,
        evidence=(),
    )  # fmt: skip
    return AlertView(raised, Position(number), at(begin), over_since=None if end is None else at(end))


def meet(one: Stretch, other: Stretch) -> bool:
    return (other[1] is None or one[0] <= other[1]) and (one[1] is None or other[0] <= one[1])


@given(STRETCHES, STRETCHES)
def test_each_is_the_first_there_was_that_shares_a_moment_with_it(would: list[Stretch], raised: list[Stretch]) -> None:
    firsts = [next((str(number) for number, other in enumerate(raised) if meet(one, other)), None) for one in would]
    assert [one.alert_id for one in held_against(would, raised).alerts] == firsts


def test_what_there_was_is_looked_through_once_however_much_would_have_been(monkeypatch: pytest.MonkeyPatch) -> None:
    over, looks = AlertView.over, list[datetime | None]()

    def looked_at(one: AlertView) -> datetime | None:
        looks.append(over.fget(one))  # type: ignore[attr-defined]  # a property, as its class has it
        return looks[-1]

    monkeypatch.setattr(AlertView, "over", property(looked_at))
    raised: list[Stretch] = [(begin, begin + 1) for begin in range(0, 100, 2)]
    held_against([(98, 99)] * 100, raised)
    assert len(looks) <= 2 * len(raised)
