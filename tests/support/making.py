"""Windows made of rows without a log: as the projection does it, batch by batch, with restarts in between."""

from collections.abc import Sequence

from adapters.history.port import History, HistoryRow
from adapters.history.raw_rows import raw_rows
from projections.decision_state import DecisionState
from projections.judging import Judge
from projections.making import Maker
from projections.rules import WindowRules
from projections.watermarks import Watermarks
from schema.envelope import Cursor, Position


class Nowhere:
    """Places of devices that belong to no site, or to one in a zone that is given."""

    def __init__(self, zone: str = "UTC") -> None:
        self.named = zone

    def site(self, device: str) -> str | None:
        del device
        return "farm"

    def zone(self, site: str | None) -> str:
        del site
        return self.named


async def maker(
    history: History,
    rules: WindowRules,
    *,
    zone: str = "UTC",
    position: int | None = None,
    places: Nowhere | None = None,
    decisions: DecisionState | None = None,
) -> Maker:
    """As a process has it that starts over what is kept."""
    watermarks = Watermarks(await history.watermarks(), rules.lateness, places or Nowhere(zone))
    checkpoint = Cursor("log", None if position is None else Position(position))
    return Maker(
        history,
        Judge(rules.quality, decisions or DecisionState()),
        rules,
        watermarks=watermarks,
        last_days=await history.series(),
        checkpoint=checkpoint,
    )


async def feed(
    history: History,
    batches: Sequence[Sequence[HistoryRow]],
    rules: WindowRules,
    *,
    restarts: Sequence[bool] = (),
    zone: str = "UTC",
    decisions: DecisionState | None = None,
) -> None:
    """Write and make batch after batch, sometimes with a restart between two."""
    making = await maker(history, rules, zone=zone, decisions=decisions)
    for number, batch in enumerate(batches):
        if number < len(restarts) and restarts[number]:
            making = await maker(history, rules, zone=zone, decisions=decisions)
        rows = raw_rows(batch)
        await history.write(rows)
        await making.make([rows], Position(number + 1))


def cut(rows: Sequence[HistoryRow], sizes: Sequence[int]) -> list[list[HistoryRow]]:
    """The rows in batches of these sizes, over and over."""
    batches, place, number = [], 0, 0
    while place < len(rows):
        size = sizes[number % len(sizes)]
        batches.append(list(rows[place : place + size]))
        place, number = place + size, number + 1
    return batches
