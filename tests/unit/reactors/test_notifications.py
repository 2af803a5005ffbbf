"""Telling people: each word is requested once, sent at least once under one id, and no target waits for another one."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from adapters.notify.port import Message, NotDeliveredError, Target
from reactors.deliveries import Deliveries
from reactors.notification_metrics import NotificationMetrics
from reactors.notifications import NotificationVoice
from reactors.teller import Teller
from schema.events import Event
from schema.notifications import NotificationFailed, NotificationGivenUp, NotificationRequested, NotificationSent
from schema.registry import REGISTRY
from schema.times import to_micros
from tests.support.house_events import pack, tell
from tests.support.memory_log import MemoryLog
from tests.support.notifying import cleared, person, raised
from tests.support.reacting import HeldClock

NOW = HeldClock().now()


class Double:
    """Implements `Target`. Refuses as often as it is told to; hangs where that is endless."""

    def __init__(self, refusals: int = 0, *, hangs: bool = False) -> None:
        self.got: list[Message] = []
        self._refusals = refusals
        self._hangs = hangs

    async def send(self, message: Message) -> None:
        self.got.append(message)
        if self._hangs:
            await asyncio.Event().wait()
        if len(self.got) <= self._refusals:
            raise NotDeliveredError("it answered 500")

    async def close(self) -> None:
        """Nothing is open."""


def new_log() -> MemoryLog:
    return MemoryLog(start_us=to_micros(NOW) - 3600 * 1_000_000, step_us=1000)


async def at_once() -> None:
    """Nobody else acts on this log."""


@asynccontextmanager
async def at_work(log: MemoryLog, clock: HeldClock, targets: Mapping[str, Target]) -> AsyncIterator[Deliveries]:
    notifier = Teller(log, NotificationVoice(), None, clock=clock, standing=at_once)
    metrics = NotificationMetrics(CollectorRegistry())
    deliveries = Deliveries(log, targets, None, clock=clock, metrics=metrics, standing=at_once)
    working = [asyncio.create_task(each.run()) for each in (notifier, deliveries)]
    try:
        yield deliveries
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


async def said(log: MemoryLog, kind: type[Event], count: int) -> list[Any]:
    """What is in the log of this kind, once it is so much."""
    while True:
        pages = [page async for page in log.read_all(None)]
        found = [REGISTRY.unpack(each) for page in pages for each in page.events if each.category == "notification"]
        if len(of_kind := [event for event in found if isinstance(event, kind)]) >= count:
            assert len(of_kind) == count
            return of_kind
        await asyncio.sleep(0.001)


async def hear(log: MemoryLog, *events: Event) -> None:
    for event in events:
        stream = "recipient-ada" if not hasattr(event, "alert_id") else f"alert-{event.alert_id}"
        await tell(log, [pack(stream, event)])


async def test_what_is_told_is_in_the_log_before_and_after_it_was_sent() -> None:
    log, phone = new_log(), Double()
    await hear(log, person(), raised(), cleared())
    async with at_work(log, HeldClock(), {"phone": phone}):
        sent = await said(log, NotificationSent, 2)
    requested = await said(log, NotificationRequested, 2)
    ids = [each.notification_id for each in requested]
    assert [message.id for message in phone.got] == ids == [each.notification_id for each in sent]
    assert [message.document["state"] for message in phone.got] == ["raised", "cleared"]
    assert "temperature 41.5 degC at main" in phone.got[0].text


async def test_after_a_crash_between_request_and_outcome_the_same_id_is_sent_again_and_no_other() -> None:
    log, hanging, phone = new_log(), Double(hangs=True), Double()
    await hear(log, person(), raised())
    async with at_work(log, HeldClock(), {"phone": hanging}):
        while not hanging.got:
            await asyncio.sleep(0.001)
    async with at_work(log, HeldClock(), {"phone": phone}):
        await said(log, NotificationSent, 1)
    async with at_work(log, HeldClock(), {"phone": phone}) as deliveries:
        await hear(log, raised("b"))
        await said(log, NotificationSent, 2)
        assert deliveries.complaint() is None
    assert hanging.got[0].id == phone.got[0].id
    assert len(phone.got) == 2


async def test_a_target_that_hangs_or_fails_delays_no_other() -> None:
    log, good = new_log(), Double()
    targets: dict[str, Target] = {"hangs": Double(hangs=True), "fails": Double(refusals=1000), "good": good}
    await hear(log, person(targets=("hangs", "fails", "unknown", "good")), raised(), raised("b"), raised("c"))
    async with at_work(log, HeldClock(), targets) as deliveries:
        await said(log, NotificationSent, 3)
        await said(log, NotificationFailed, 6)
        assert "fails failed 3 times: it answered 500" in (deliveries.complaint() or "")
        assert "unknown failed 3 times: the settings" in (deliveries.complaint() or "")
    assert len(good.got) == 3


async def test_what_failed_is_tried_again_under_the_same_id_and_goes_on_counting_after_a_restart() -> None:
    log, clock, phone = new_log(), HeldClock(), Double(refusals=2)
    await hear(log, person(), raised())
    async with at_work(log, clock, {"phone": phone}):
        [first] = await said(log, NotificationFailed, 1)
        assert first.retry_at > clock.now()
    async with at_work(log, clock, {"phone": phone}):
        await asyncio.sleep(0.05)
        assert len(phone.got) == 1
        for _ in range(60):
            await clock.advance(1)
        [sent] = await said(log, NotificationSent, 1)
    assert (sent.attempts, len({message.id for message in phone.got})) == (3, 1)


async def test_what_nobody_took_for_a_day_is_given_up() -> None:
    log, clock = new_log(), HeldClock()
    await hear(log, person(), raised())
    async with at_work(log, clock, {"phone": Double(refusals=1000)}):
        await said(log, NotificationFailed, 1)
        for _ in range(25 * 2):
            clock.set_ahead(timedelta(minutes=29))
            await clock.advance(60)
        [given_up] = await said(log, NotificationGivenUp, 1)
    assert given_up.reason == "it answered 500"
    assert given_up.attempts > 30
