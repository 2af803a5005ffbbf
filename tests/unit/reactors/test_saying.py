"""Words are said once, in their order, whoever else writes to their streams, and whatever of them was said before."""

import asyncio
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.port import ANY, Append, LogUnavailableError
from reactors.saying import Saying, say
from schema.envelope import NewEvent
from schema.ids import content_event_id
from tests.support.fake_log import FakeLog

OTHER = "Other"
STREAMS = ("alert-a", "alert-b", "alert-c")


def word(stream: str, number: int, size: int = 0) -> Saying:
    event_id = content_event_id(None, stream, str(number))
    return Saying(stream, NewEvent(event_id, f"Word{number}", b'"' + b"x" * size + b'"', b"{}"), number)


async def others_write(log: FakeLog, stream: str, times: int) -> None:
    for _ in range(times):
        number = str(len(log.stored()))
        await log.append([Append(stream, ANY, [NewEvent(content_event_id(None, OTHER, number), OTHER, b"{}", b"{}")])])


async def wait(_: LogUnavailableError) -> None:
    await asyncio.sleep(0)


def said(log: FakeLog, stream: str) -> list[str]:
    return [recorded.type for recorded in log.stream(stream) if recorded.type != OTHER]


class Story:
    """Words that were said, each after so many events of others, and from which on they are said again."""

    def __init__(self, before: list[int], after: int, again_from: int, in_all: int) -> None:
        self.before, self.after, self.in_all = before, after, in_all
        self.again_from = min(again_from, len(before))

    async def happened(self, log: FakeLog, stream: str) -> None:
        for number, others in enumerate(self.before):
            await others_write(log, stream, others)
            await log.append([Append(stream, ANY, [word(stream, number).event])])
        await others_write(log, stream, self.after)

    def words(self, stream: str) -> list[Saying]:
        return [word(stream, number) for number in range(self.again_from, len(self.before) + self.in_all)]


STORIES = st.builds(Story, st.lists(st.integers(0, 2), max_size=4), st.integers(0, 2), st.integers(0, 4), st.integers(0, 4))


@given(st.tuples(STORIES, STORIES, STORIES), st.integers(0, 2), st.integers(0, 2), st.randoms(use_true_random=False))
def test_each_word_is_there_once_and_in_its_place(
    stories: tuple[Story, ...], away: int, answers_lost: int, chance: Random
) -> None:
    async def tell() -> None:
        log = FakeLog()
        told = dict(zip(STREAMS, stories, strict=True))
        for stream, story in told.items():
            await story.happened(log, stream)
        log.away, log.answers_lost = away, answers_lost
        await say(log, _mixed([story.words(stream) for stream, story in told.items()], chance), wait)
        for stream, story in told.items():
            assert said(log, stream) == [f"Word{number}" for number in range(len(story.before) + story.in_all)]

    asyncio.run(tell())


def _mixed(streams: list[list[Saying]], chance: Random) -> list[Saying]:
    """All of them, each stream's in its order."""
    order = [number for number, words in enumerate(streams) for _ in words]
    chance.shuffle(order)
    left = [iter(words) for words in streams]
    return [next(left[number]) for number in order]


async def test_what_nobody_said_before_takes_one_append_whatever_the_number_of_streams() -> None:
    log = FakeLog()
    await say(log, [word(f"alert-{number % 50}", number // 50) for number in range(200)], wait)
    assert log.batches == [200]
    assert log.asked == []


async def test_more_than_an_append_may_hold_is_said_in_several_in_its_order() -> None:
    log = FakeLog()
    await say(log, [word("alert-a", number, size=300_000) for number in range(8)], wait)
    assert said(log, "alert-a") == [f"Word{number}" for number in range(8)]
    assert log.batches == [3, 3, 2]
