"""The windows: the figures of every minute, quarter, hour and day of each series, made from the raw history.

The figures are a fact model: the same set of events gives the same ones in any order and however often each is there, since
whatever changed is worked out anew from raw rows in the order of time. How often a window was revised is process history.
"""

from collections.abc import Awaitable, Callable

from adapters.history.port import History, RowsLostError
from domain.raw_rows import RawRows
from projections.decision_queries import DecisionQueries
from projections.feed_queries import FeedPage
from projections.history import away_for_now, whenever_it_likes
from projections.incoming import Incoming, Item
from projections.judging import Judge
from projections.making import Maker
from projections.rules import WindowRules
from projections.watermarks import Watermarks
from schema.envelope import EVERYTHING, Cursor, Position

Decided = Callable[[Position], Awaitable[None]]
"""Returns once what people decided is known up to a position."""


class SitesOf:
    """Where devices are: `Places`."""

    def __init__(self, incoming: Incoming, decisions: DecisionQueries) -> None:
        self._incoming = incoming
        self._decisions = decisions

    def site(self, device: str) -> str | None:
        return self._incoming.sites.get(device)

    def zone(self, site: str | None) -> str:
        return "UTC" if site is None else self._decisions.time_zone(site)


class HistoryWindows:
    """Implements `ReadModel`, derived from the raw history through `incoming`.

    `decisions` are those of a read model of its own; windows are made once it is as far as they are.
    """

    name = "windows"
    only = EVERYTHING

    def __init__(
        self,
        history: History,
        incoming: Incoming,
        decisions: DecisionQueries,
        decided: Decided,
        rules: WindowRules,
        *,
        may_write: Callable[[], Awaitable[None]] = whenever_it_likes,
    ) -> None:
        self.position: Position | None = None
        self._history = history
        self._incoming = incoming
        self._decided = decided
        self._rules = rules
        self._judge = Judge(rules.quality, decisions)
        self._places = SitesOf(incoming, decisions)
        self._may_write = may_write
        self._log_id = ""
        self._begun = -1
        self._maker: Maker | None = None

    async def start(self, head: Cursor) -> Position | None:
        self._log_id = head.log_id
        beginning = await self._incoming.begun()
        if self._begun != self._incoming.generation:
            self._begun, self.position = self._incoming.generation, beginning
        self._maker = None
        return self.position

    async def apply(self, page: FeedPage) -> None:
        del page  # which only says that it is time
        await self._may_write()
        async with self._incoming.at_work:
            self.position = await self._make()
        self._incoming.done()

    async def close(self) -> None:
        """What is not made yet is made at the next start."""

    async def _make(self) -> Position | None:
        """All that came in since, as far as what was decided is known."""
        while True:
            items, position = self._incoming.take()
            try:
                if items:
                    await self._decided(_last_of(items[-1]))
                with away_for_now():
                    await (await self._begin()).make(items, position)
            except RowsLostError:  # whose windows stay as they are from now on
                self._give_back(items)
            except BaseException:
                self._give_back(items)
                raise
            else:
                return position

    def _give_back(self, items: list[Item]) -> None:
        self._incoming.give_back(items)
        self._maker = None

    async def _begin(self) -> Maker:
        """Recall what the history knows: at first, and whenever it was begun anew."""
        if self._maker is None or self._begun != self._incoming.generation:
            if self._begun != self._incoming.generation:
                self._begun, self.position = self._incoming.generation, await self._incoming.begun()
            watermarks = Watermarks(await self._history.watermarks(), self._rules.lateness, self._places)
            self._maker = Maker(
                self._history,
                self._judge,
                self._rules,
                watermarks=watermarks,
                last_days=await self._history.series(),
                checkpoint=Cursor(self._log_id, self.position),
            )
        return self._maker


def _last_of(item: Item) -> Position:
    return Position(int(item.positions[-1])) if isinstance(item, RawRows) else item.position
