"""The appends of one call to EventStoreDB: sent in the order given, and none after one that failed."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.esdb.appends import UNDER_WAY, Order
from adapters.event_log.esdb.ordered import in_order
from adapters.event_log.port import ANY, Append, Appended, LogUnavailableError
from schema.envelope import Position
from tests.support.logs import events


class Server:
    """Answers in order, some appends late; says how many were under way, and fails one where it is told to."""

    def __init__(self, fails: int | None = None) -> None:
        self.sent: list[Append] = []
        self.most = 0
        self._under_way: list[str] = []
        self._fails = fails

    async def append(self, append: Append, order: Order) -> Appended:
        if order.broken:
            raise LogUnavailableError("not sent")
        assert append.stream not in self._under_way
        self._under_way.append(append.stream)
        self.most = max(self.most, len(self._under_way))
        self.sent.append(append)
        number = len(self.sent)
        for _ in range(number % 3):
            await asyncio.sleep(0)
        self._under_way.remove(append.stream)
        if number - 1 == self._fails:
            order.broken = True
            raise LogUnavailableError("the answer is lost")
        return Appended(0, Position(number))


def appends(streams: list[int]) -> list[Append]:
    return [Append(f"device-{stream}", ANY, events(str(number))) for number, stream in enumerate(streams)]


@given(st.lists(st.integers(0, 9), max_size=200))
def test_they_are_sent_in_order_and_each_has_its_result(streams: list[int]) -> None:
    server, wanted = Server(), appends(streams)
    results = asyncio.run(in_order(wanted, server.append))
    assert server.sent == wanted
    assert [result.position for result in results if isinstance(result, Appended)] == list(range(1, len(wanted) + 1))


def test_many_are_under_way_but_not_too_many() -> None:
    server = Server()
    asyncio.run(in_order(appends(list(range(300))), server.append))
    assert UNDER_WAY / 2 <= server.most <= UNDER_WAY


@given(st.lists(st.integers(0, 9), min_size=1, max_size=100), st.data())
def test_none_is_sent_once_one_has_failed(streams: list[int], data: st.DataObject) -> None:
    server, wanted = Server(fails := data.draw(st.integers(0, len(streams) - 1))), appends(streams)

    async def run() -> int:
        with pytest.raises(LogUnavailableError, match="the answer is lost"):
            await in_order(wanted, server.append)
        sent = len(server.sent)
        await asyncio.sleep(0)
        assert len(server.sent) == sent
        return sent

    sent = asyncio.run(run())
    assert server.sent == wanted[:sent]
    assert fails < sent <= fails + UNDER_WAY
