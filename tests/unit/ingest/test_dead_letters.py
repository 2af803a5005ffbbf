"""Dead letters: the bytes and the reason, each once; what is too large by its prefix, length and hash."""

from hashlib import sha256

import pytest

from ingest.decoders import native
from ingest.limits import IngestLimits
from schema.dead_letters import DeadLettered
from tests.support.fake_log import FakeLog
from tests.support.ingest import NOW, ingesting, message, reading, results


def dead(log: FakeLog) -> list[DeadLettered]:
    return [event for event in log.events("deadletter-mqtt") if isinstance(event, DeadLettered)]


async def test_a_malformed_message_is_kept_whole_with_its_reason() -> None:
    log, raw = FakeLog(), b'{"reading": \xff\x00'
    async with ingesting(log) as ingest:
        (outcome,) = await ingest.send(message(raw))
    (letter,) = dead(log)
    assert (letter.payload, letter.size, letter.sha256) == (raw, len(raw), sha256(raw).hexdigest())
    assert (letter.topic, letter.source, letter.received_at) == ("glasshouse/home/tomato-1/reading", "mqtt", NOW)
    assert (letter.code, outcome.reason) == ("not_utf8", letter.reason)
    assert outcome.event_ids == [log.stored()[0].id]


async def test_a_malformed_message_counts_once_however_often_and_late_it_comes() -> None:
    log, limits = FakeLog(), IngestLimits(window=8, tail=70)
    raws = [b"bad %d" % number for number in range(100)]
    for _ in range(2):
        async with ingesting(log, limits=limits) as ingest:
            said = await ingest.send(*map(message, raws))
            assert set(results(said)) == {"deadLetter"}
    assert len(dead(log)) == 100


async def test_what_is_too_large_is_kept_by_prefix_length_and_hash() -> None:
    log, raw = FakeLog(), b"[" + b" " * 300_000 + b"]"
    async with ingesting(log) as ingest:
        await ingest.send(message(raw))
    (letter,) = dead(log)
    assert (letter.code, letter.payload, letter.size) == ("too_large", raw[:4096], 300_002)
    assert letter.sha256 == sha256(raw).hexdigest()


async def test_two_large_messages_with_one_beginning_are_two_dead_letters() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        await ingest.send(message(b"x" * 300_000 + b"a"), message(b"x" * 300_000 + b"b"))
    assert len(dead(log)) == 2


async def test_of_a_list_the_good_items_are_stored_and_each_bad_one_is_a_dead_letter() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        (outcome,) = await ingest.send(message([reading(0), {"reading": "?"}, reading(1), 5]))
        (again,) = await ingest.send(message([reading(0), {"reading": "?"}, reading(1), 5]))
    assert [letter.payload for letter in dead(log)] == [b'{"reading":"?"}', b"5"]
    assert outcome.result == "stored"
    assert outcome.reason == "2 of 4 items: item 1: reading: expected `object`, got `str`"
    assert (again.result, again.event_ids) == ("duplicate", outcome.event_ids)
    assert len(log.stream("device-tomato-1")) == 2


async def test_a_decoder_that_fails_costs_a_dead_letter_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    log = FakeLog()
    async with ingesting(log) as ingest:
        monkeypatch.setattr(native, "decode", broken)
        assert results(await ingest.send(message(reading(0)))) == ["deadLetter"]
        monkeypatch.undo()
        assert results(await ingest.send(message(reading(0)))) == ["stored"]
    assert [letter.code for letter in dead(log)] == ["decoder_failed"]
