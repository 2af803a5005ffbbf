"""What an InfluxDB answers that the one of the tests cannot be made to answer: each is told in plain words, and counts."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from adapters.history.influx.connection import Timeouts
from adapters.history.influx.history import InfluxHistory
from adapters.history.port import HistoryError, HistoryUnavailableError
from adapters.history.raw_rows import raw_rows
from schema.envelope import Cursor, Position
from tests.support.history_rows import some_row
from tests.support.influx_stub import TAKEN, Answer, said, stub

ROWS = [some_row(number) for number in range(1, 101)]


@dataclass
class Server:
    """Takes what `refuses` does not answer."""

    refuses: Callable[[list[str]], Answer | None]
    taken: list[str] = field(default_factory=list)
    requests: int = 0

    def __call__(self, lines: list[str]) -> Answer:
        self.requests += 1
        refusal = self.refuses(lines)
        if refusal is None:
            self.taken += lines
        return refusal or TAKEN

    @property
    def has_checkpoint(self) -> bool:
        return any(line.startswith("checkpoint") for line in self.taken)


async def write_to(server: Server) -> None:
    with stub(server) as url:
        history = await InfluxHistory.open(url, timeouts=Timeouts(answer=5))
        try:
            await history.write(raw_rows(ROWS))
            await history.keep([], {}, Cursor("log", Position(100)))
        finally:
            await history.close()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (said(429, "write limit reached", Retry_After="7"), "takes no more for now: write limit reached .* 7 s"),
        (said(503, "starting", Retry_After="3"), "is not ready: starting .* 3 s"),
        (said(500, "an internal error has occurred"), "failed: an internal error"),
        ((502, {}, b"<html>bad gateway</html>"), "not reached by its proxy: <html>"),
        ((504, {}, b""), "not reached by its proxy: Gateway Timeout"),
    ],
)
async def test_what_may_pass_is_told_as_unavailable_and_moves_no_checkpoint(answer: Answer, told: str) -> None:
    server = Server(lambda _: answer)
    with pytest.raises(HistoryUnavailableError, match=told):
        await write_to(server)
    assert server.taken == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (said(401, "unauthorized access"), "does not know the token"),
        (said(403, "insufficient permissions for write"), "may not do this .* insufficient permissions"),
        (said(404, 'bucket "stub-history-1" not found'), 'lacks what is asked of it: bucket "stub-history-1" not found'),
        (said(418, "short and stout"), "refuses with 418: short and stout"),
    ],
)
async def test_what_does_not_pass_is_told_as_it_is(answer: Answer, told: str) -> None:
    server = Server(lambda _: answer)
    with pytest.raises(HistoryError, match=told) as refused:
        await write_to(server)
    assert not isinstance(refused.value, HistoryUnavailableError)
    assert "token@" not in str(refused.value)
    assert server.taken == []


async def test_a_request_that_is_too_large_is_sent_in_parts() -> None:
    server = Server(lambda lines: said(413, "request entity too large") if len(lines) > 30 else None)
    await write_to(server)
    assert len({line for line in server.taken if line.startswith("reading")}) == len(ROWS)
    assert server.has_checkpoint


async def test_a_single_reading_that_is_too_large_is_told() -> None:
    with pytest.raises(HistoryError, match="refuses with 413"):
        await write_to(Server(lambda _: said(413, "request entity too large")))


@pytest.mark.parametrize("status", [400, 422])
async def test_of_a_write_that_is_taken_in_part_the_reading_is_named_that_was_not(status: int) -> None:
    wrong = some_row(77).event_id.hex()
    message = "partial write: points beyond retention policy dropped=1"
    server = Server(lambda lines: said(status, message) if any(wrong in line for line in lines) else None)
    with pytest.raises(HistoryError, match=f"device=tomato-1,metric=temperature,sensor=air: {message}"):
        await write_to(server)
    assert not server.has_checkpoint
    assert server.requests < 20


async def test_a_refusal_that_does_not_come_again_is_told_and_moves_no_checkpoint() -> None:
    refusals = iter([said(422, "partial write: hinted handoff")])
    server = Server(lambda _: next(refusals, None))
    with pytest.raises(HistoryError, match="and then took them: partial write: hinted handoff"):
        await write_to(server)
    assert not server.has_checkpoint
