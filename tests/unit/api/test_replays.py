"""Dead letters sent again, as they were or repaired: once in effect, and each shows what became of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from adapters.event_log.port import Append, Appended, Conflict
from api.app import build_app
from api.roles import Role
from ingest.limits import IngestLimits
from schema.dead_letters import DeadLetterReplayed
from schema.envelope import RecordedEvent, decode_metadata
from schema.events import SensorReading
from schema.ids import format_event_id
from tests.support.delivering import Gateway, gateway, item, stored
from tests.support.ingest import NOW, message, reading
from tests.support.memory_log import MemoryLog

SHOWN: Final = "id state topic replay { actor repaired topic eventIds deadLetterIds }"
REPLAY: Final = f"""mutation ($ids: [ID!]!) {{ replayDeadLetters(ids: $ids) {{
  ... on ReplayDeadLettersSuccess {{ cursor letters {{ {SHOWN} }} }} ... on OperationError {{ code message }} }} }}"""
REPAIR: Final = f"""mutation ($input: RepairDeadLetterInput!) {{ repairDeadLetter(input: $input) {{
  ... on RepairDeadLetterSuccess {{ cursor letter {{ {SHOWN} }} }} ... on OperationError {{ code message }} }} }}"""
LISTED: Final = f"""query ($state: DeadLetterState, $c: Cursor) {{
  deadLetters(state: $state, atLeast: $c) {{ totalCount nodes {{ {SHOWN} }} }} }}"""
BROKEN: Final = b'{"reading": {"temperature": "hot"}}'
MENDED: Final = '{"reading": {"temperature": 21.5}}'


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path) as opened:
        yield opened


async def lost(home: Gateway, payload: bytes = BROKEN, topic: str = "glasshouse/home/tomato-1/reading") -> str:
    """The id of a dead letter, which the list shows."""
    [outcome] = await home.ingest.send(message(payload, topic))
    assert outcome.result == "deadLetter"
    await home.house.settle()
    return format_event_id(outcome.event_ids[0])


async def replay(home: Gateway, *ids: str, role: Role = Role.OPERATOR) -> Any:
    return (await home.house.ask(REPLAY, {"ids": list(ids)}, role=role))["replayDeadLetters"]


async def repair(home: Gateway, letter: str, **changes: str) -> Any:
    return (await home.house.ask(REPAIR, {"input": {"id": letter, **changes}}, role=Role.OPERATOR))["repairDeadLetter"]


async def listed(home: Gateway, state: str | None = None) -> Any:
    await home.house.settle()
    return (await home.house.ask(LISTED, {"state": state}))["deadLetters"]


async def records(home: Gateway) -> list[RecordedEvent]:
    return [event for event in await stored(home.house.log, "deadletter") if event.type == DeadLetterReplayed.__name__]


async def test_a_repaired_letter_is_stored_as_what_it_should_have_said_and_says_so(home: Gateway) -> None:
    letter = await lost(home)
    assert (await listed(home))["nodes"][0]["state"] == "OPEN"
    shown = (await repair(home, letter, payload=MENDED))["letter"]
    [event] = await stored(home.house.log)
    assert (shown["state"], shown["replay"]["repaired"]) == ("REPLAYED", True)
    assert shown["replay"]["eventIds"] == [format_event_id(event.id)]
    metadata = decode_metadata(event.metadata)
    assert (metadata.source, metadata.causation_id) == ("replay:glasshouse/home/tomato-1/reading", letter)
    assert metadata.actor == shown["replay"]["actor"]
    assert metadata.actor is not None


async def test_what_has_no_time_of_its_own_keeps_the_time_at_which_it_came(home: Gateway) -> None:
    await repair(home, await lost(home), payload=MENDED)
    [event] = await stored(home.house.log)
    assert msgspec.json.decode(event.data, type=SensorReading).timestamp == NOW


async def test_the_topic_can_be_repaired_too(home: Gateway) -> None:
    letter = await lost(home, MENDED.encode(), "glasshouse/home/reading")
    shown = (await repair(home, letter, topic="glasshouse/home/tomato-1/reading"))["letter"]
    assert (shown["state"], shown["replay"]["topic"]) == ("REPLAYED", "glasshouse/home/tomato-1/reading")
    assert [event.stream for event in await stored(home.house.log)] == ["device-tomato-1"]


async def test_replayed_twice_it_counts_once_and_the_second_answer_is_that_of_the_first(home: Gateway) -> None:
    letter = await lost(home)
    first = (await repair(home, letter, payload=MENDED))["letter"]
    await home.ingest.send(message({"reading": {"temperature": 5}}))
    [again] = (await replay(home, letter, letter))["letters"]
    assert again == first
    assert (await repair(home, letter, payload='{"reading": {"temperature": 1}}'))["code"] == "CONFLICT"
    assert (len(await records(home)), len(await stored(home.house.log))) == (1, 2)


async def test_two_who_send_it_again_at_one_time_store_it_once(home: Gateway) -> None:
    letter = await lost(home)
    both = await asyncio.gather(*(repair(home, letter, payload=MENDED) for _ in range(2)))
    assert {one["letter"]["state"] for one in both} == {"REPLAYED"}
    assert (len(await records(home)), len(await stored(home.house.log))) == (1, 1)


async def test_what_is_not_understood_again_leaves_another_in_its_place(home: Gateway) -> None:
    letter = await lost(home)
    [shown] = (await replay(home, letter))["letters"]
    [other] = shown["replay"]["deadLetterIds"]
    assert (shown["state"], shown["replay"]["eventIds"], other != letter) == ("SUPERSEDED", [], True)
    assert [one["id"] for one in (await listed(home, "OPEN"))["nodes"]] == [other]
    assert [one["id"] for one in (await listed(home, "SUPERSEDED"))["nodes"]] == [letter]
    [still] = (await replay(home, other))["letters"]
    assert (still["state"], still["replay"]) == ("OPEN", None)
    assert (await repair(home, other, payload=MENDED))["letter"]["state"] == "REPLAYED"
    assert (await listed(home, "OPEN"))["totalCount"] == 0


async def test_a_registration_that_was_missing_lets_a_letter_in_as_it_was(home: Gateway) -> None:
    await home.ingest.send(message(reading(0)))
    letter = await lost(home, msgspec.json.encode(reading(1)), "glasshouse/north/tomato-1/reading")
    register = 'mutation { registerDevice(input: {deviceId: "tomato-1", location: "north/a"}) { __typename } }'
    await home.house.ask(register, role=Role.OPERATOR)
    [shown] = (await replay(home, letter))["letters"]
    assert (shown["state"], shown["replay"]["repaired"]) == ("REPLAYED", False)


async def test_of_a_list_what_is_understood_is_stored_and_the_rest_is_named(home: Gateway) -> None:
    payload = msgspec.json.encode([reading(0), {"reading": 7}]).decode()
    shown = (await repair(home, await lost(home), payload=payload))["letter"]
    assert (shown["state"], len(shown["replay"]["eventIds"]), len(shown["replay"]["deadLetterIds"])) == ("REPLAYED", 1, 1)


async def test_an_item_that_was_posted_goes_through_its_envelope_again(home: Gateway) -> None:
    broken = msgspec.json.encode(item(reading(0), topic="readings"))
    [told] = (await home.post(broken)).json()["results"]
    await home.house.settle()
    [letter] = told["eventIds"]
    shown = (await repair(home, letter, payload=broken.decode().replace("readings", "reading")))["letter"]
    assert shown["state"] == "REPLAYED"
    [event] = await stored(home.house.log)
    assert decode_metadata(event.metadata).site == "home"


async def test_of_a_letter_that_was_too_large_the_payload_must_be_given(tmp_path: Path) -> None:
    async with gateway(tmp_path, ingest=IngestLimits(payload_bytes=100, prefix_bytes=10)) as home:
        letter = await lost(home, b" " * 101)
        refused = await replay(home, letter)
        assert (refused["code"], "first 10 of its 101 bytes" in refused["message"]) == ("INVALID_INPUT", True)
        assert (await repair(home, letter, payload=MENDED))["letter"]["state"] == "REPLAYED"


async def test_none_is_sent_where_one_id_is_of_no_letter(home: Gateway) -> None:
    letter = await lost(home)
    await home.ingest.send(message(reading(0, id="r")))
    await home.house.settle()
    event = (await stored(home.house.log))[0]
    assert (await replay(home, letter, format_event_id(event.id)))["code"] == "NOT_FOUND"
    assert (await replay(home, "x"))["code"] == "INVALID_INPUT"
    assert (await listed(home, "OPEN"))["totalCount"] == 1


async def test_a_process_that_takes_nothing_in_says_what_to_do(home: Gateway) -> None:
    letter = await lost(home)
    home.house.app = build_app(replace(home.house.services, ingest=None, registry=CollectorRegistry()))
    refused = await replay(home, letter)
    assert (refused["code"], "/ingest" in refused["message"]) == ("UNAVAILABLE", True)


async def test_viewers_send_nothing_again(home: Gateway) -> None:
    letter = await lost(home)
    assert (await replay(home, letter, role=Role.VIEWER))["code"] == "FORBIDDEN"


class Forgetful(MemoryLog):
    """Loses what tells of a replay, once: as a crash between the two appends would."""

    crashes = True

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        if self.crashes and any(event.type == DeadLetterReplayed.__name__ for one in appends for event in one.events):
            self.crashes = False
            raise asyncio.CancelledError
        return await super().append(appends)


async def test_after_a_crash_between_the_letter_is_open_and_sent_again_it_counts_once(tmp_path: Path) -> None:
    log = Forgetful()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with gateway(tmp_path / "a", log=log) as home:
        letter = await lost(home)
        assert (await repair(home, letter, payload=MENDED))["code"] == "UNAVAILABLE"
    async with gateway(tmp_path / "b", log=log) as home:
        assert (await listed(home))["nodes"][0]["state"] == "OPEN"
        assert (await repair(home, letter, payload=MENDED))["letter"]["state"] == "REPLAYED"
        assert len(await stored(log)) == 1
        assert (await listed(home))["nodes"][0]["state"] == "REPLAYED"
