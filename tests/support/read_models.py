"""All read models of a house over real stores in one folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.event_log.port import EventLog
from adapters.history.duckdb import DuckDbHistory
from projections.accounts import Accounts
from projections.batching import BatchPolicy
from projections.engine import Engine
from projections.history import RawHistory
from projections.latest import SNAPSHOT_KIND, SNAPSHOT_VERSION, LatestState, SnapshotPolicy
from projections.lineage import Lineage
from projections.snapshot import SnapshotFile
from tests.support.engines import running


@dataclass
class House:
    """What a test asks."""

    log: EventLog
    engine: Engine
    latest: LatestState
    history: DuckDbHistory
    lineage: Lineage

    async def settled(self) -> None:
        """Until every read model has read all that the log holds now."""
        head = await self.log.head()
        assert head is not None
        for status in self.engine.status():
            await self.engine.reached(status.name, head)

    async def hashes(self) -> tuple[str, str]:
        return self.latest.content_hash(), await self.history.content_hash()


@asynccontextmanager
async def house_over(log: EventLog, folder: Path, *, rows: int = 5_000, snapshot_events: int = 3_000) -> AsyncIterator[House]:
    """The read models at work over the stores in `folder`, from where these stand."""
    folder.mkdir(exist_ok=True)
    file = SnapshotFile(folder / "latest.snapshot", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
    latest = LatestState(file, policy=SnapshotPolicy(events=snapshot_events))
    history = await DuckDbHistory.open(folder / "history.duckdb", memory="256MB", threads=1)
    policy = BatchPolicy(rows=rows, pause_seconds=0.01)
    lineage = await Lineage.open(log, folder / "lineage.db", policy)
    try:
        async with running(log, [latest, Accounts(), RawHistory(history, policy), lineage], page_size=1000) as engine:
            yield House(log, engine, latest, history, lineage)
    finally:
        await history.close()
