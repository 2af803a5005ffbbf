"""`BatchAppend` as one long call: many requests in flight, each with its answer."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import grpc.aio
import pytest
from esdbclient import NewEvent, StreamState
from esdbclient.exceptions import AppendDeadlineExceeded, WrongCurrentVersion
from esdbclient.protos.Grpc import shared_pb2, streams_pb2, streams_pb2_grpc
from esdbclient.streams import BaseStreamsService

from tests.support.eventstore.clients import several
from tests.support.eventstore.process import Double

Response = streams_pb2.BatchAppendResp


class Batch:
    """One BatchAppend call."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._call = streams_pb2_grpc.StreamsStub(channel).BatchAppend()  # type: ignore[no-untyped-call]  # generated

    async def send(self, request: streams_pb2.BatchAppendReq) -> UUID:
        await self._call.write(request)
        return UUID(request.correlation_id.string)

    async def answer(self) -> Response:
        response = await self._call.read()
        assert isinstance(response, Response), await self._call.code()
        return response

    async def end(self) -> grpc.StatusCode:
        await self._call.done_writing()
        return await self._call.code()


@pytest.fixture
async def batch(double: Double) -> AsyncIterator[Batch]:
    async with grpc.aio.insecure_channel(double.address) as channel:
        yield Batch(channel)


def request(
    stream: str, version: StreamState | int, events: tuple[NewEvent, ...], timeout: float | None = None
) -> streams_pb2.BatchAppendReq:
    return BaseStreamsService._construct_batch_append_req(stream, version, events, uuid4(), timeout)


def result(response: Response) -> int:
    stream = response.stream_identifier.stream_name.decode()
    return BaseStreamsService._convert_batch_append_resp(response, stream, StreamState.ANY)


async def test_requests_in_flight_are_answered_by_their_ids_and_not_in_order(double: Double, batch: Batch) -> None:
    await double.switch.delay(append_ms=50)
    sent = [await batch.send(request(f"device-{each}", StreamState.NO_STREAM, several(2))) for each in range(50)]
    answers = [await batch.answer() for _ in sent]
    assert {UUID(answer.correlation_id.string) for answer in answers} == set(sent)
    assert [UUID(answer.correlation_id.string) for answer in answers] != sent
    assert all(answer.success.current_revision == 1 for answer in answers)


async def test_a_conflict_is_one_answer_and_not_the_end_of_the_call(batch: Batch) -> None:
    await batch.send(request("device-1", 7, several(1)))
    await batch.send(request("device-2", StreamState.NO_STREAM, several(1)))
    refused, stored = await batch.answer(), await batch.answer()
    with pytest.raises(WrongCurrentVersion):
        result(refused)
    assert result(stored) > 0
    assert await batch.end() is grpc.StatusCode.OK


async def test_a_request_in_pieces_is_one_append(double: Double, batch: Batch) -> None:
    whole = request("device-1", StreamState.NO_STREAM, several(3))
    for number, message in enumerate(whole.proposed_messages):
        piece = streams_pb2.BatchAppendReq(
            correlation_id=whole.correlation_id, proposed_messages=[message], is_final=number == 2
        )
        if number == 0:
            piece.options.CopyFrom(whole.options)
        await batch.send(piece)
    assert (await batch.answer()).success.current_revision == 2
    assert (await double.switch.counts())["appends"] == 1


async def test_a_deadline_that_has_passed_is_answered_as_a_timeout(batch: Batch) -> None:
    await batch.send(request("device-1", StreamState.NO_STREAM, several(1), timeout=0.0))
    with pytest.raises(AppendDeadlineExceeded):
        result(await batch.answer())


async def test_an_append_that_took_too_long_is_stored_all_the_same(double: Double, batch: Batch) -> None:
    await double.switch.delay(append_ms=60_000)
    await batch.send(request("device-1", StreamState.NO_STREAM, several(1), timeout=0.01))
    with pytest.raises(AppendDeadlineExceeded):
        result(await batch.answer())
    await double.switch.heal()
    await batch.send(request("device-1", 0, several(1)))
    assert (await batch.answer()).success.current_revision == 1


async def test_an_event_without_a_type_is_a_bad_request(batch: Batch) -> None:
    broken = request("device-1", StreamState.NO_STREAM, several(1))
    del broken.proposed_messages[0].metadata["type"]
    await batch.send(broken)
    error = (await batch.answer()).error
    details = shared_pb2.BadRequest()
    assert error.details.Unpack(details)
    assert "'type'" in details.message
