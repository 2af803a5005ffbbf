"""Each event once: beyond the window of recent ids, across restarts, and under any shuffle and duplication."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.event_log.port import ANY, Append, Appended, Conflict, LogUnavailableError
from ingest import writer
from ingest.limits import IngestLimits
from ingest.messages import Inbound
from tests.support.fake_log import FakeLog
from tests.support.ingest import NOON_MS, ingesting, message, reading, results

SMALL = IngestLimits(window=16, tail=70, batch_events=5, devices=2)


async def test_a_redelivery_older_than_the_window_is_looked_up_in_the_log() -> None:
    log = FakeLog()
    async with ingesting(log, limits=SMALL) as ingest:
        await ingest.send(*(message(reading(minute)) for minute in range(60)))
        assert not log.asked
        assert results(await ingest.send(message(reading(3)))) == ["duplicate"]
        assert log.asked
    assert len(log.stored()) == 60


async def test_what_is_newer_than_all_before_is_stored_without_asking() -> None:
    log = FakeLog()
    async with ingesting(log, limits=SMALL) as ingest:
        for minute in range(60):
            await ingest.send(message(reading(minute, sensorId="a")), message(reading(minute, sensorId="b")))
    async with ingesting(log, limits=SMALL) as ingest:
        await ingest.send(*(message(reading(minute)) for minute in range(60, 90)))
    assert not log.asked


@pytest.mark.parametrize(("late_by", "read_at_most"), [(90, 300), (500, 1100), (2900, 3000)])
async def test_a_log_that_has_to_read_a_stream_is_asked_about_what_came_since_then(late_by: int, read_at_most: int) -> None:
    log = FakeLog()
    log.has_id_index = False
    async with ingesting(log, limits=SMALL) as ingest:
        for start in range(0, 3000, 50):
            await ingest.send(*(message(reading(minute)) for minute in range(start, start + 50)))
        late = reading(2999 - late_by)
        said = await ingest.send(message(late), message({**late, "seq": 1}), message(reading(3000)))
    assert results(said) == ["duplicate", "stored", "stored"]
    assert 3000 - log.asked_from[-1] <= read_at_most


async def test_a_reading_that_comes_late_for_the_first_time_is_stored() -> None:
    log = FakeLog()
    async with ingesting(log, limits=SMALL) as ingest:
        await ingest.send(*(message(reading(minute)) for minute in range(10, 50)))
        assert results(await ingest.send(message(reading(3)))) == ["stored"]


async def test_times_that_jump_back_do_not_make_a_second_delivery_look_new() -> None:
    """A logger whose clock was put back: what came before the jump is newer than all that the window holds."""
    minutes = [*range(500, 600), *range(200)]
    log = FakeLog()
    for expected in ("stored", "duplicate"):
        async with ingesting(log, limits=SMALL) as ingest:
            said = results(await ingest.send(*(message(reading(minute)) for minute in minutes)))
        assert set(said) == {expected}
    assert len(log.stored()) == len(minutes)


async def test_a_far_future_stamp_out_of_the_window_is_not_stored_again() -> None:
    log = FakeLog()
    ahead = message({"timestamp": "2099-01-01T00:00:00Z", "reading": {"temperature": 20}})
    async with ingesting(log, limits=SMALL) as ingest:
        await ingest.send(ahead, *(message(reading(minute)) for minute in range(300)))
    async with ingesting(log, limits=SMALL) as ingest:
        assert results(await ingest.send(ahead, message(reading(301)))) == ["duplicate", "stored"]


async def test_devices_beyond_the_limit_are_forgotten_and_remembered_from_the_log() -> None:
    log = FakeLog()
    messages = [message(reading(0), f"glasshouse/home/d{number}/reading") for number in range(20)]
    async with ingesting(log, limits=SMALL) as ingest:
        assert set(results([(await ingest.send(one))[0] for one in messages])) == {"stored"}
        assert set(results([(await ingest.send(one))[0] for one in messages])) == {"duplicate"}


def house(rng: random.Random) -> list[Inbound]:
    """Messages of three devices, each told from the others by an id, a time or a sequence number."""
    messages = []
    for number in range(rng.randrange(1, 60)):
        payload: dict[str, Any] = {"reading": {"temperature": rng.choice([20, 21, None])}, "sensorId": rng.choice("ab")}
        match rng.randrange(4):
            case 0:
                payload["id"] = f"r{number % 20}"
            case 1:
                payload["seq"] = number % 20
            case 2:
                payload["timestamp"] = NOON_MS + number % 20 * 60_000
            case _:
                payload |= {"id": f"s{number}", "timestamp": NOON_MS + rng.randrange(10**6)}
        messages.append(message(payload, f"glasshouse/home/d{rng.randrange(3)}/reading"))
    return messages


async def stored_ids(batches: list[list[Inbound]], *, has_id_index: bool = True) -> list[bytes]:
    """The ids in the log after each batch went through a pipeline of its own."""
    log = FakeLog()
    log.has_id_index = has_id_index
    for batch in batches:
        async with ingesting(log, limits=SMALL) as ingest:
            for start in range(0, len(batch), 7):
                await ingest.send(*batch[start : start + 7])
    return sorted(event.id for event in log.stored())


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False))
async def test_any_shuffle_and_duplication_stores_the_same_events_once_each(rng: random.Random) -> None:
    messages = house(rng)
    shuffled = rng.choices(messages, k=len(messages)) + messages
    rng.shuffle(shuffled)
    cut = rng.randrange(len(shuffled))
    expected = await stored_ids([messages])
    assert await stored_ids([shuffled[:cut], shuffled[cut:]], has_id_index=rng.random() < 0.5) == expected
    assert len(set(expected)) == len(expected)


class UnreliableLog(FakeLog):
    """Away at random, before it stored or after, and written to by a stranger who knows the same messages."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self._rng = rng

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        fault = self._rng.randrange(6)
        if fault == 0:
            raise LogUnavailableError("away")
        if fault == 1:
            first = appends[0]
            await super().append([Append(first.stream, ANY, first.events[:1])])
        results = await super().append(appends)
        if fault == 2:
            raise LogUnavailableError("the answer was lost")
        return results


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
async def test_whatever_fails_on_the_way_each_event_is_stored_once(seed: int) -> None:
    rng = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "FIRST_DELAY", 0.0)
        messages = house(rng)
        log = UnreliableLog(rng)
        for batch in (messages, messages[::-1]):
            async with ingesting(log, limits=SMALL) as ingest:
                outcomes = await ingest.send(*batch)
            assert all(outcome.event_ids for outcome in outcomes)
    assert sorted(event.id for event in log.stored()) == await stored_ids([messages])
