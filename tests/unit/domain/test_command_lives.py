"""Whoever asks, sends, answers, switches by hand, dies or comes late: a command is sent at most once, in time, and ends once.

A model of it all: one control stream that appends at expected revisions, three processes that decide by what they last read,
and a device that says what it likes, whenever it likes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.command_decider import CommandRefused, Wanted, cancel, dispatch, issue
from domain.command_outcomes import answered, due, stated
from domain.control import Control, fold
from schema.actuators import Dialect
from schema.commands import CommandDispatched, CommandDispatching, CommandEnded, CommandStep
from schema.events import ActuatorCommand, ActuatorEvent, CommandAck, Event
from tests.support.commands import HEATER, NOW, VENT, Known, after, box, wanted

_VALUES: Final = {"heater": ("on", "off"), "vent": ("open", "closed")}
_RESULTS: Final = ("accepted", "succeeded", "failed", "rejected")
_ONLY_SENT: Final = {"succeeded", "failed", "unknown", "timed_out"}


class Lives:
    """The model. Each thing that happens takes a process and a number, from which it makes what else it needs."""

    def __init__(self, dialect: Dialect) -> None:
        self.now = NOW
        self.first = box(*(replace(spec, override_seconds=20) for spec in (HEATER, VENT)), dialect=dialect)
        self.stream: list[Event] = []
        self.views: list[tuple[Control, int]] = [(self.first, 0)] * 3
        self.requests: list[Wanted] = []
        self.published: list[tuple[str, datetime]] = []

    def time_passes(self, _process: int, number: int) -> None:
        self.now += timedelta(seconds=number / 3)

    def reads(self, process: int, _number: int = 0) -> None:
        control, revision = self.views[process]
        self.views[process] = (after(control, *self.stream[revision:]), len(self.stream))

    def is_asked(self, process: int, number: int) -> None:
        actuator, which = ("heater", "vent")[number % 2], number // 2 % 2
        deadline = self.now + timedelta(seconds=number - 5)
        id_ = f"c{len(self.requests)}"
        self.requests.append(wanted(command_id=id_, actuator_id=actuator, value=_VALUES[actuator][which], deadline=deadline))
        self.is_asked_again(process, 0)

    def is_asked_again(self, process: int, number: int) -> None:
        for request in self.requests[-1 - number % 4 :][:1]:
            decided = issue(self.views[process][0], request, Known(), self.now)
            if isinstance(decided, ActuatorCommand):
                self._append(process, [decided])

    def takes_back(self, process: int, number: int) -> None:
        decided = cancel(self.views[process][0], self._recent(number), self.now)
        if not isinstance(decided, CommandRefused):
            self._append(process, [decided])

    def sends_all_it_can(self, process: int, number: int) -> None:
        """It may die before it publishes, and before it can say that it did."""
        for id_ in list(self.views[process][0].open):
            event = dispatch(self.views[process][0], id_, self.now)
            if event is None or not self._append(process, [event]) or number % 5 == 0:
                continue
            self.published.append((id_, self.now))
            if number % 5 > 1:
                self._append(process, [_dispatched(event, self.now)])

    def hears_an_answer(self, process: int, number: int) -> None:
        ack = CommandAck(device_id="box", command_id=self._recent(number // 4), result=_RESULTS[number % 4], timestamp=self.now)
        self._append(process, answered(self.views[process][0], ack, self.now))

    def hears_a_state(self, process: int, number: int) -> None:
        actuator, which = ("heater", "vent")[number % 2], number // 2 % 2
        said = ActuatorEvent(
            device_id="box",
            actuator_id=actuator,
            timestamp=self.now + timedelta(seconds=number % 30 - 20),
            state=_VALUES[actuator][which],
            by="device" if number % 3 == 0 else None,
        )
        self._append(process, stated(self.views[process][0], said, self.now, self.now))

    def looks_at_the_clock(self, process: int, _number: int = 0) -> None:
        self._append(process, due(self.views[process][0], self.now).ends)

    def _recent(self, number: int) -> str:
        return f"c{len(self.requests) - 1 - number % 4}"

    def _append(self, process: int, events: Sequence[Event]) -> bool:
        """At the revision that the process has read up to. Where others were faster it reads on, and has to decide anew."""
        control, revision = self.views[process]
        if revision != len(self.stream):
            self.reads(process)
            return False
        self.stream += events
        self.views[process] = (after(control, *events), len(self.stream))
        return True


_HAPPENS: Final = (
    [Lives.time_passes, Lives.reads, Lives.is_asked_again, Lives.takes_back, Lives.hears_a_state, Lives.looks_at_the_clock]
    + 2 * [Lives.is_asked, Lives.hears_an_answer]
    + 4 * [Lives.sends_all_it_can]
)
HAPPENINGS: Final = st.lists(
    st.tuples(st.sampled_from(_HAPPENS), st.integers(0, 2), st.integers(0, 99)), min_size=20, max_size=120
)


@settings(max_examples=150)
@given(HAPPENINGS, st.sampled_from([Dialect.NATIVE, Dialect.TASMOTA]))
def test_whatever_happens_each_command_is_sent_at_most_once_in_time_and_ends_once(
    happenings: Sequence[tuple[Callable[[Lives, int, int], None], int, int]], dialect: Dialect
) -> None:
    lives = Lives(dialect)
    for happens, process, number in happenings:
        happens(lives, process, number)
    _one_command_of_an_actuator_is_under_way_at_a_time(lives)
    _each_is_asked_for_and_sent_at_most_once_and_in_time(lives)
    _an_end_is_the_last_and_says_whether_it_was_sent(lives)
    _once_all_is_quiet_each_has_ended(lives)


def _one_command_of_an_actuator_is_under_way_at_a_time(lives: Lives) -> None:
    control = lives.first
    for event in lives.stream:
        if isinstance(event, ActuatorCommand):
            assert control.in_flight(event.actuator_id) is None
        control = fold(control, event)


def _each_is_asked_for_and_sent_at_most_once_and_in_time(lives: Lives) -> None:
    deadlines = {request.command_id: request.deadline for request in lives.requests}
    asked = Counter(event.command_id for event in lives.stream if isinstance(event, ActuatorCommand))
    sent = Counter(id_ for id_, _ in lives.published)
    assert set(asked.values()) | set(sent.values()) <= {1}
    assert all(at < deadlines[id_] for id_, at in lives.published)


def _an_end_is_the_last_and_says_whether_it_was_sent(lives: Lives) -> None:
    sent, over = set[str](), set[str]()
    for event in lives.stream:
        if not isinstance(event, CommandStep):
            continue
        assert event.command_id not in over
        if isinstance(event, CommandDispatching):
            sent.add(event.command_id)
        elif isinstance(event, CommandEnded):
            over.add(event.command_id)
            assert event.outcome.value == "rejected" or (event.outcome.value in _ONLY_SENT) == (event.command_id in sent)


def _once_all_is_quiet_each_has_ended(lives: Lives) -> None:
    lives.now += timedelta(days=1)
    lives.reads(0)
    lives.looks_at_the_clock(0)
    asked = [event.command_id for event in lives.stream if isinstance(event, ActuatorCommand)]
    ended = [event.command_id for event in lives.stream if isinstance(event, CommandEnded)]
    assert sorted(map(str, asked)) == sorted(ended)
    assert after(lives.first, *lives.stream).open == {}


def _dispatched(event: CommandDispatching, now: datetime) -> CommandDispatched:
    return CommandDispatched(
        device_id=event.device_id, actuator_id=event.actuator_id, command_id=event.command_id, timestamp=now
    )
