"""What waits for a target that takes nothing is bounded, and what goes first is what matters least."""

import asyncio
from datetime import datetime, timedelta

from adapters.notify.port import Message
from reactors.lane import MOST, Lane, Pending
from schema.notifications import NotificationGivenUp, NotificationRequested, NotificationStep, NotificationWord
from schema.rules import AlertSeverity
from tests.support.notifying import NOON
from tests.support.reacting import HeldClock

CRITICAL, WARNING = AlertSeverity.CRITICAL, AlertSeverity.WARNING


class Hanging:
    """Implements `Target`. Never answers."""

    def __init__(self) -> None:
        self.is_asked = asyncio.Event()

    async def send(self, message: Message) -> None:
        del message
        self.is_asked.set()
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Nothing is open."""


class Looks(HeldClock):
    """Counts how often somebody looks at it."""

    count = 0

    def now(self) -> datetime:
        self.count += 1
        return super().now()


def waiting(number: int) -> Pending:
    """Every fourth is critical."""
    at = NOON + timedelta(milliseconds=number)
    request = NotificationRequested(
        notification_id=str(number), timestamp=at, alert_id="a", recipient_id="ada",
        target="phone", word=NotificationWord.RAISED, kind="TemperatureAlert", severity=WARNING if number % 4 else CRITICAL,
        rule_id="hot", device_id="box", since=NOON,
    )  # fmt: skip
    return Pending(request)


async def at_once() -> None:
    """Nobody else acts on this log."""


async def test_of_thousands_the_least_severe_and_oldest_are_given_up_without_a_look_at_all_of_them_for_each() -> None:
    given_up: list[str] = []

    async def outcome(_: Pending, step: NotificationStep) -> None:
        assert isinstance(step, NotificationGivenUp)
        given_up.append(step.notification_id)

    clock, target = Looks(), Hanging()
    lane = Lane("phone", target, clock=clock, page=None, outcome=outcome)
    for number in range(5 * MOST):
        lane.add(waiting(number))
    working = asyncio.create_task(lane.run(at_once), name="lane")
    await target.is_asked.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    expected = sorted(range(5 * MOST), key=lambda number: (number % 4 == 0, number))[: 4 * MOST]
    assert given_up == list(map(str, expected))
    assert clock.count - len(given_up) < MOST
