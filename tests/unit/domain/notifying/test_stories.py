"""Any story of alerts: ticks, restarts and repeated events at any point leave who is told what as it is."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.notifying.notifier import Notifier
from domain.notifying.state import NotifyingState
from schema.events import Event
from schema.notifications import Escalation, NotificationRequested, NotificationWord
from schema.rules import ActiveHours, AlertSeverity
from schema.times import to_micros
from tests.support.notifying import acknowledged, cleared, minute, person, raised, refuted, silenced

ALERTS = st.sampled_from(["a", "b"])
PEOPLE = st.sampled_from(["ada", "ben", "eve"])
RECIPIENTS = st.builds(
    person,
    PEOPLE,
    least=st.sampled_from(AlertSeverity),
    quiet=st.sampled_from([None, ActiveHours(start="13:00", end="16:00"), ActiveHours(start="15:30", end="12:30")]),
    critical_any_hour=st.booleans(),
    escalation=st.none() | st.builds(Escalation, after_seconds=st.sampled_from([60.0, 1800.0]), to=PEOPLE),
    only_escalated=st.booleans(),
    enabled=st.booleans(),
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    RECIPIENTS,
    st.builds(raised, ALERTS, st.sampled_from(AlertSeverity), backfilled=st.booleans()),
    st.builds(cleared, ALERTS),
    st.builds(refuted, ALERTS),
    st.builds(acknowledged, ALERTS),
    st.builds(silenced, st.integers(0, 600).map(float), ALERTS),
)
BEGINS = {NotificationWord.RAISED, NotificationWord.PAST}
Story = list[tuple[int, Event]]
STORIES = st.lists(st.tuples(st.integers(0, 90), EVENTS), max_size=25).map(
    lambda steps: [(sum(gap for gap, _ in steps[: number + 1]), event) for number, (_, event) in enumerate(steps)]
)
END = to_micros(minute(25 * 90 + 4 * 1440))


def heard(story: Story, whims: list[int] | None = None) -> list[NotificationRequested]:
    """All that is requested. Each whim ticks, begins anew from what is kept, or repeats an event."""
    notifier, requests, before = Notifier(), list[NotificationRequested](), 0
    for number, (at, event) in enumerate(story):
        whim = whims[number % len(whims)] if whims else 0
        if whim & 1:
            requests += notifier.passed(to_micros(minute((before + at) / 2)))
        for _ in range(2 if whim & 2 else 1):
            requests += notifier.take(event, site=None, recorded_us=to_micros(minute(at)))
        if whim & 4:
            notifier = Notifier(_kept(notifier.state))
        before = at
    return [*requests, *notifier.passed(END)]


def _kept(state: NotifyingState) -> Any:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=NotifyingState)


@settings(max_examples=300)
@given(STORIES, st.lists(st.integers(0, 7), min_size=1, max_size=25))
def test_ticks_restarts_and_repeated_events_change_nothing_of_what_is_told(story: Story, whims: list[int]) -> None:
    assert heard(story, whims) == heard(story)


@settings(max_examples=300)
@given(STORIES)
def test_nobody_hears_the_same_twice_in_a_row_or_an_end_without_a_beginning(story: Story) -> None:
    requests = heard(story)
    assert len({request.notification_id for request in requests}) == len(requests)
    last: dict[tuple[str, str], NotificationWord] = {}
    for request in requests:
        who = (request.recipient_id, request.alert_id)
        assert (request.word in BEGINS) == (last.get(who) is not NotificationWord.RAISED)
        last[who] = request.word


@settings(max_examples=300)
@given(STORIES)
def test_that_something_was_is_told_once_and_of_history_alone(story: Story) -> None:
    past = [request for request in heard(story) if request.word is NotificationWord.PAST]
    assert all(request.backfilled and request.until is not None for request in past)
    assert len({(request.recipient_id, request.alert_id, request.target) for request in past}) == len(past)
