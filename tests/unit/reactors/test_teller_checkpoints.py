"""What a teller keeps of what it folded stands at one position of the log, whatever is said while it is written down."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from threading import Event

import msgspec

from adapters.snapshot import SnapshotFile
from reactors.alert_state import SNAPSHOT_KIND, SNAPSHOT_VERSION
from reactors.alerts import AlertVoice
from reactors.saying import Saying
from reactors.teller import Teller, Voice
from schema.envelope import Cursor, Filter, Position, RecordedEvent
from schema.rules import AlertRuleDefined, Silence, Threshold
from schema.times import to_micros
from tests.support.house_events import pack, reading, tell
from tests.support.memory_log import MemoryLog
from tests.support.reacting import HeldClock


async def at_once() -> None:
    """Nobody else acts on this log."""


class Kept(SnapshotFile):
    """Remembers all that was ever saved."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "kept", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
        self.all: list[tuple[Cursor, list[bytes]]] = []

    def save(self, cursor: Cursor, records: Sequence[bytes]) -> None:
        self.all.append((cursor, list(records)))
        super().save(cursor, records)


@asynccontextmanager
async def at_work(log: MemoryLog, voice: Voice, file: Kept) -> AsyncIterator[None]:
    teller = Teller(log, voice, file, clock=HeldClock(), standing=at_once, save_seconds=0.0)
    working = asyncio.create_task(teller.run(), name="teller")
    try:
        yield
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


class Counting:
    """Counts what it hears, twice; between writing down the one count and the other it waits. Implements `Voice`."""

    name = "counting"
    only = Filter(categories=frozenset({"device"}))

    def __init__(self) -> None:
        self.position: Position | None = None
        self.counts = [0, 0]
        self.writing, self.go_on = Event(), Event()

    def records(self) -> Iterator[bytes]:
        yield msgspec.json.encode(self.counts[0])
        self.writing.set()
        self.go_on.wait(timeout=30)
        yield msgspec.json.encode(self.counts[1])

    def restored(self, position: Position, records: Sequence[bytes]) -> "Counting":
        raise ValueError(f"nothing was kept before {position}: {records}")

    def heard(self, recorded: RecordedEvent) -> Sequence[Saying]:
        del recorded
        self.counts = [count + 1 for count in self.counts]
        return ()

    def passed(self, now: datetime) -> Sequence[Saying]:
        del now
        return ()


async def test_what_comes_while_it_is_written_down_is_not_in_it_and_the_event_loop_goes_on(tmp_path: Path) -> None:
    log, voice, file = MemoryLog(), Counting(), Kept(tmp_path)
    await tell(log, [reading("box", number, temperature=20.0) for number in range(3)])
    async with at_work(log, voice, file):
        while not voice.writing.is_set():
            await asyncio.sleep(0.001)
        at_first = await log.head()
        await tell(log, [reading("box", number, temperature=20.0) for number in range(3, 8)])
        for _ in range(20):
            await asyncio.sleep(0)
        assert not file.all
        voice.go_on.set()
        while voice.position != await log.head():
            await asyncio.sleep(0.001)
    assert file.all[0] == (Cursor(log.log_id, at_first), [b"3", b"3"])
    assert file.all[-1] == (Cursor(log.log_id, await log.head()), [b"8", b"8"])


def rule(number: int, condition: Threshold | Silence, lasts: float) -> AlertRuleDefined:
    return AlertRuleDefined(rule_id=f"rule-{number}", name="Rule", condition=condition, for_seconds=lasts)


async def test_every_checkpoint_holds_what_the_log_comes_to_up_to_it(tmp_path: Path) -> None:
    log, file = MemoryLog(start_us=to_micros(HeldClock().now()) - 60_000_000), Kept(tmp_path)
    rules = [rule(0, Threshold(metric="temperature", above=30.0), 0.0), rule(1, Silence(), 6000.0)]
    await tell(log, [pack(f"rule-{each.rule_id}", each) for each in rules])
    async with at_work(log, AlertVoice(), file):
        for number in range(40):
            await tell(log, [reading(f"box-{number % 7}", number, temperature=25.0 + number * 17 % 11)])
            await asyncio.sleep(0)
        while not file.all or file.all[-1][0].position != await log.head():
            await asyncio.sleep(0.001)
    assert len(file.all) > 1
    for cursor, records in file.all:
        assert sorted(records) == sorted(await folded(log, cursor.position))


async def folded(log: MemoryLog, until: Position | None) -> list[bytes]:
    voice = AlertVoice()
    async for page in log.read_all(None, until=until, only=voice.only):
        for recorded in page.events:
            voice.heard(recorded)
    voice.position = until
    return list(voice.records())


async def test_what_was_kept_is_what_goes_on() -> None:
    log = MemoryLog()
    await tell(log, [pack("rule-rule-0", rule(0, Threshold(metric="temperature", above=30.0), 0.0))])
    await tell(log, [reading(f"box-{number % 3}", number, temperature=25.0 + number % 9) for number in range(60)])
    head = await log.head()
    assert head is not None
    kept = await folded(log, head)
    assert len(kept) > 3
    assert list(AlertVoice().restored(head, kept).records()) == kept
