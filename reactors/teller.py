"""Reactors that fold the log to words about something else, and append them, each word once.

What is said follows from the log and from time alone, under ids that follow from what is said. So a checkpoint only saves
reading: what is said again after a crash is in the log already, and adds nothing.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Generic, NoReturn, Protocol, Self, TypeVar

import structlog

from adapters.event_log.iterating import closing
from adapters.event_log.port import EventLog, Page
from adapters.snapshot import SnapshotFile
from reactors.checkpoint import SAVE_SECONDS, Checkpoint
from reactors.clock import Clock
from reactors.following import Follow, Follower
from reactors.saying import Saying, say
from schema.envelope import Filter, Position, RecordedEvent

_BEHIND: Final = timedelta(seconds=1)
"""What the log took so long ago has been handed over: until then time alone settles nothing."""
_TICK_SECONDS: Final = 1.0
_FEW: Final = 100
_WORDS: Final = 1_000


class Voice(Protocol):
    """What is folded, and says what follows. It holds up to `position`."""

    @property
    def name(self) -> str: ...

    @property
    def only(self) -> Filter: ...

    position: Position | None

    def records(self) -> Iterable[bytes]: ...

    def restored(self, position: Position, records: Sequence[bytes]) -> Self:
        """One that goes on from what `records` gave; ValueError for anything else."""
        ...

    def heard(self, recorded: RecordedEvent) -> Sequence[Saying]: ...

    def passed(self, now: datetime) -> Sequence[Saying]:
        """Time alone says something, too."""
        ...


V = TypeVar("V", bound=Voice)


class Teller(Generic[V]):
    """One at a time on a log: `standing` returns while the process may act. Without a file a start reads the whole log."""

    def __init__(
        self,
        log: EventLog,
        voice: V,
        file: SnapshotFile | None,
        *,
        clock: Clock,
        standing: Callable[[], Awaitable[None]],
        follow: Follow | None = None,
        save_seconds: float = SAVE_SECONDS,
    ) -> None:
        self._log = log
        self._voice = voice
        self._checkpoint = Checkpoint(voice.name, file, voice.restored, seconds=save_seconds)
        self._clock = clock
        self._standing = standing
        self._follower = Follower(log, voice.name, clock, follow)
        self._caught_up = asyncio.Event()
        self._turn = asyncio.Lock()
        self._is_whole = True
        self._acts = False
        self._error: str | None = None

    async def run(self) -> None:
        """Until cancelled. What it cannot go on from halts it, and is shown."""
        try:
            self._voice = await self._checkpoint.restore(await self._follower.head()) or self._voice
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tick(), name=f"{self._voice.name}-tick")
                await self._follow()
        except* Exception as errors:  # noqa: BLE001  # whatever it is, it is shown, and stops nobody else
            self._error = str(errors.exceptions[0]) or type(errors.exceptions[0]).__name__
            structlog.get_logger().error(f"{self._voice.name}_halted", exc_info=errors.exceptions[0])
        finally:
            await self._save()

    @property
    def voice(self) -> V:
        """What it folds, as far as it has read."""
        return self._voice

    def complaint(self) -> str | None:
        """What is not as it should be, in plain words; nothing while another process acts."""
        name = self._voice.name
        if self._error is not None:
            return f"{name} are halted: {self._error}"
        return None if self._caught_up.is_set() or not self._acts else f"{name} are catching up with the event log"

    async def _follow(self) -> None:
        await self._standing()
        self._acts = True
        following = self._follower.pages(lambda: self._voice.position, self._voice.only, self._caught_up.clear)
        async with closing(following) as pages:
            async for page in pages:
                await self._take(page)

    async def _take(self, page: Page) -> None:
        events = deque(page.events)
        async with self._turn:
            await self._standing()
            self._is_whole = False
            while events:
                await self._say(await self._folded(events))
            self._voice.position, self._is_whole = page.position, True
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
            words += self._voice.heard(events.popleft())
        return words

    async def _tick(self) -> NoReturn:
        while True:
            await self._caught_up.wait()
            async with self._turn:
                await self._standing()
                said = self._voice.passed(self._clock.now() - _BEHIND) if self._caught_up.is_set() else ()
                self._is_whole = not said
                await self._say(said)
                self._is_whole = True
            await self._clock.sleep(_TICK_SECONDS)

    async def _say(self, said: Sequence[Saying]) -> None:
        await say(self._log, said, self._follower.pause)

    async def _save(self) -> None:
        """Not a state of which something is still to be said. Nothing is folded until all of it is written down."""
        async with self._turn:
            taken = await self._checkpoint.take(self._voice) if self._is_whole else None
        if taken is not None:
            await self._checkpoint.keep(taken, self._log.log_id)
