"""A history that moves what is written into its archive at once, for tests that any history must pass."""

from adapters.history.archive.archive import Archive
from adapters.history.archived import ArchivedHistory
from adapters.history.tiers import TieredHistory
from domain.raw_rows import RawRows
from schema.times import DAY_US


class Archiving(ArchivedHistory):
    """After every write, or every second one, all rows of the store move."""

    def __init__(self, store: TieredHistory, archive: Archive, *, every: int) -> None:
        super().__init__(store, archive)
        self._every, self._writes = every, 0

    async def write(self, rows: RawRows) -> None:
        await super().write(rows)
        self._writes += 1
        if self._writes % self._every == 0:
            async with self.moving:
                await self._move()

    async def _move(self) -> None:
        for day in await self.store.days(2**55):
            await self.archive.keep_day(self.store, day, "log", lambda device: device[:3])
            await self.archive.let_go(day)
            await self.store.forget_rows(day, day + DAY_US)

    async def reset(self) -> None:
        """The archive too: to a reader of these tests it is a part of the store."""
        await super().reset()
        for site, day in list(self.archive.holdings.files):
            await self.archive.expire(site, day)
        self.archive.holdings._gone.clear()
