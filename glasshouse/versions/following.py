"""A process that only reads the history goes over to whichever version the log says serves."""

from dataclasses import dataclass
from typing import Final

import structlog

from adapters.event_log.iterating import closing
from adapters.event_log.port import EventLog
from adapters.history.port import HistoryError
from adapters.history.serving import ServingHistory
from domain.versions import Version
from glasshouse.stores import open_history
from glasshouse.versions.record import versions_of
from glasshouse.versions.shelf import HISTORY
from glasshouse.versions.standing import Standing
from projections.feed import Feed
from schema.envelope import Filter
from schema.versions import ProjectionSwitched

_SWITCHES: Final = Filter(categories=frozenset({"projection"}), types=frozenset({ProjectionSwitched.__name__}))


@dataclass
class Following:
    """Keeps `history` at the version that serves."""

    log: EventLog
    feed: Feed
    standing: Standing
    history: ServingHistory

    async def run(self) -> None:
        """Until cancelled."""
        async with closing(self.feed.follow(await self.log.head(), only=_SWITCHES)) as pages:
            await self._look()
            async for page in pages:
                if page.events:
                    await self._look()

    async def _look(self) -> None:
        versions = await versions_of(self.log, HISTORY)
        before = self.standing.serving(HISTORY)
        if versions.serving.number != before.number and await self._go_over(versions.serving):
            self.standing.versions[HISTORY] = versions

    async def _go_over(self, version: Version) -> bool:
        """A version that cannot be opened now is not gone over to: the one before answers on."""
        try:
            store = await open_history(self.standing.shelf.settings, version.number)
        except HistoryError as error:
            structlog.get_logger().error("history_version_not_opened", version=version.number, reason=str(error))
            return False
        before, self.history.store = self.history.store, store
        await before.close()
        return True
