"""Acknowledgements leave in order, together, and only for what was dealt with."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from adapters.mqtt.inbox import Inbox
from adapters.mqtt.message import Message


class Peer:
    """What the inbox writes, and why it broke the connection."""

    def __init__(self) -> None:
        self.outcomes: list[asyncio.Future[Any]] = []
        self.writes: list[bytes] = []
        self.failures: list[BaseException] = []
        self.inbox = Inbox(self.handle, self.writes.append, self.failures.append)

    def handle(self, _: Message) -> asyncio.Future[Any]:
        self.outcomes.append(asyncio.get_running_loop().create_future())
        return self.outcomes[-1]

    def deliver(self, count: int) -> None:
        for number in range(count):
            self.inbox.deliver(bytes([number]), Message("t", b""))
        self.inbox.settle()


@given(some.permutations(range(8)))
def test_acknowledgements_keep_the_order_of_arrival_whatever_that_of_the_outcomes(order: list[int]) -> None:
    async def scenario() -> None:
        peer = Peer()
        peer.deliver(8)
        for number in order:
            peer.outcomes[number].set_result(None)
            await asyncio.sleep(0)
            sent = b"".join(peer.writes)
            assert sent == bytes(range(len(sent)))
            assert all(peer.outcomes[done].done() for done in sent)
        assert sent == bytes(range(8))
        assert len(peer.inbox) == 0

    asyncio.run(scenario())


async def test_what_is_dealt_with_together_is_acknowledged_in_one_write() -> None:
    peer = Peer()
    peer.deliver(100)
    for outcome in peer.outcomes:
        outcome.set_result(None)
    await asyncio.sleep(0)
    assert peer.writes == [bytes(range(100))]


async def test_a_failure_is_told_after_what_came_before_it_and_once() -> None:
    peer = Peer()
    peer.deliver(3)
    failure = OSError("the disk is full")
    peer.outcomes[0].set_result(None)
    peer.outcomes[1].set_exception(failure)
    peer.outcomes[2].set_result(None)
    await asyncio.sleep(0)
    assert peer.writes == [b"\0"]
    assert peer.failures == [failure]


async def test_a_cancelled_outcome_is_a_failure() -> None:
    peer = Peer()
    peer.deliver(1)
    peer.outcomes[0].cancel()
    await asyncio.sleep(0)
    assert peer.writes == []
    assert len(peer.failures) == 1


async def test_after_the_connection_closed_nothing_is_acknowledged() -> None:
    peer = Peer()
    peer.deliver(2)
    peer.inbox.close()
    peer.outcomes[0].set_result(None)
    peer.outcomes[1].set_exception(OSError("too late"))
    await asyncio.sleep(0)
    assert peer.writes == []
    assert peer.failures == []
