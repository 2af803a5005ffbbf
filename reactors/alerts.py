"""The alert reactor: folds the log under its rules, and appends what there is to say of alerts, each word once.

What it says follows from the log and from time alone, under ids that follow from what is said. So its checkpoint only saves
reading: what it says again after a crash is in the log already, and adds nothing.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, NoReturn

import structlog

from adapters.event_log.iterating import closing
from adapters.event_log.port import NO_STREAM, Append, Appended, EventLog, LogUnavailableError, Page
from adapters.snapshot import SnapshotFile
from domain.alerting.house import RuledHouse
from reactors.alert_state import SNAPSHOT_KIND, AlertState, RuleSaid
from reactors.alert_words import Heard, Saying, saying
from reactors.checkpoint import Checkpoint
from reactors.clock import Clock
from reactors.following import Follow, Follower
from schema.envelope import Filter, RecordedEvent, decode_metadata
from schema.events import DeviceMetadata, ReadingCorrection, SensorReading, SiteDefined
from schema.registry import REGISTRY
from schema.rules import AlertRuleDefined
from schema.times import to_micros

_READ: Final = (SensorReading, DeviceMetadata, ReadingCorrection, SiteDefined, AlertRuleDefined)
_ONLY: Final = Filter(types=frozenset(struct.__name__ for struct in _READ))
_READING: Final = SensorReading.__name__
_BEHIND: Final = timedelta(seconds=1)
"""What the log took so long ago has been handed over: until then time alone settles nothing."""
_TICK_SECONDS: Final = 1.0
_FEW: Final = 100
_WORDS: Final = 1_000


class AlertReactor:
    """One at a time on a log: `standing` returns while the process may act. Without a file a start reads the whole log."""

    def __init__(
        self,
        log: EventLog,
        file: SnapshotFile | None,
        *,
        clock: Clock,
        standing: Callable[[], Awaitable[None]],
        follow: Follow | None = None,
    ) -> None:
        self._log = log
        self._checkpoint = Checkpoint(SNAPSHOT_KIND, file, AlertState.restored)
        self._clock = clock
        self._standing = standing
        self._follower = Follower(log, "alerts", clock, follow)
        self._state = AlertState()
        self._house = RuledHouse(self._state.house)
        self._caught_up = asyncio.Event()
        self._turn = asyncio.Lock()
        self._is_whole = True
        self._acts = False
        self._error: str | None = None

    async def run(self) -> None:
        """Until cancelled. What it cannot go on from halts it, and is shown."""
        try:
            self._state = await self._checkpoint.restore(await self._follower.head()) or AlertState()
            self._house = RuledHouse(self._state.house)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tick(), name="alerts-tick")
                await self._follow()
        except* Exception as errors:  # noqa: BLE001  # whatever it is, it is shown, and stops nobody else
            self._error = str(errors.exceptions[0]) or type(errors.exceptions[0]).__name__
            structlog.get_logger().error("alerts_halted", exc_info=errors.exceptions[0])
        finally:
            await self._save()

    def complaint(self) -> str | None:
        """What is not as it should be, in plain words; nothing while another process acts."""
        if self._error is not None:
            return f"alerts are halted: {self._error}"
        return None if self._caught_up.is_set() or not self._acts else "alerts are catching up with the event log"

    async def _follow(self) -> None:
        await self._standing()
        self._acts = True
        following = self._follower.pages(lambda: self._state.position, _ONLY, self._caught_up.clear)
        async with closing(following) as pages:
            async for page in pages:
                await self._take(page)

    async def _take(self, page: Page) -> None:
        matter = deque(recorded for recorded in page.events if self._matters(recorded))
        async with self._turn:
            await self._standing()
            self._is_whole = False
            while matter:
                for said in await self._folded(matter):
                    await self._say(said)
            self._state.position, self._is_whole = page.position, True
        (self._caught_up.set if page.caught_up else self._caught_up.clear)()
        if self._checkpoint.is_due:
            await self._save()

    async def _folded(self, events: deque[RecordedEvent]) -> list[Saying]:
        """A few cost less than a thread, which would keep all else waiting for its turn."""
        return self._fold(events) if len(events) <= _FEW else await asyncio.to_thread(self._fold, events)

    def _fold(self, events: deque[RecordedEvent]) -> list[Saying]:
        """The first of them, until there is much to say: under many rules all of them say more than is to be held."""
        words: list[Saying] = []
        while events and len(words) < _WORDS:
            words += self._heard(events.popleft())
        return words

    def _matters(self, recorded: RecordedEvent) -> bool:
        """Without rules a reading only tells where its device is."""
        if recorded.type != _READING:
            return recorded.type in _ONLY.types
        return bool(self._state.rules) or not self._house.knows(recorded.stream.partition("-")[2])

    def _heard(self, recorded: RecordedEvent) -> list[Saying]:
        event, site = REGISTRY.unpack(recorded), decode_metadata(recorded.metadata).site
        if isinstance(event, AlertRuleDefined):
            self._state.rules[event.rule_id] = RuleSaid(recorded.revision, recorded.id)
        heard = Heard(recorded.recorded_at, recorded.id)
        outputs = self._house.take(recorded.id, event, site=site, recorded_us=recorded.recorded_us)
        return [saying(self._state, output, heard) for output in outputs]

    async def _tick(self) -> NoReturn:
        """Time alone raises and clears, too."""
        while True:
            await self._caught_up.wait()
            async with self._turn:
                await self._standing()
                now = self._clock.now() - _BEHIND
                outputs = self._house.passed(to_micros(now)) if self._caught_up.is_set() else ()
                self._is_whole = not outputs
                for output in outputs:
                    await self._say(saying(self._state, output, Heard(now)))
                self._is_whole = True
            await self._clock.sleep(_TICK_SECONDS)

    async def _say(self, said: Saying) -> None:
        """Once: what is there already is not said again."""
        while True:
            try:
                tail = await self._log.read_stream(said.stream, backwards=True, limit=1)
                if await self._log.contains(said.stream, [said.event.id], start=said.number):
                    return
                expected = tail[0].revision if tail else NO_STREAM
                [result] = await self._log.append([Append(said.stream, expected, [said.event])])
                if isinstance(result, Appended):
                    return
            except LogUnavailableError as error:
                await self._follower.pause(error)

    async def _save(self) -> None:
        """Not a state of which something is still to be said."""
        async with self._turn:
            if self._is_whole:
                await self._checkpoint.save(self._state, self._log.log_id)
