"""All read models of a house over real stores in one folder."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.event_log.port import EventLog
from adapters.history.duckdb import DuckDbHistory
from adapters.snapshot import SnapshotFile
from projections.accounts import Accounts
from projections.batching import BatchPolicy
from projections.commands import Commands
from projections.decisions import Decisions
from projections.engine import Engine
from projections.historical import history_models
from projections.incoming import Pace
from projections.latest import SNAPSHOT_KIND, SNAPSHOT_VERSION, LatestState, SnapshotPolicy
from projections.lineage import Lineage
from projections.read_model import ReadModel
from tests.support.engines import running


@dataclass
class House:
    """What a test asks."""

    log: EventLog
    engine: Engine
    latest: LatestState
    history: DuckDbHistory
    lineage: Lineage
    commands: Commands

    async def settled(self) -> None:
        """Until every read model has read all that the log holds now."""
        head = await self.log.head()
        assert head is not None
        for status in self.engine.status():
            await self.engine.reached(status.name, head)

    async def hashes(self) -> tuple[str, Mapping[str, str]]:
        return self.latest.content_hash(), await self.history.content_hashes()


@asynccontextmanager
async def house_over(log: EventLog, folder: Path, *, rows: int = 5_000, snapshot_events: int = 3_000) -> AsyncIterator[House]:
    """The read models at work over the stores in `folder`, from where these stand."""
    folder.mkdir(exist_ok=True)
    file = SnapshotFile(folder / "latest.snapshot", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
    latest = LatestState(file, policy=SnapshotPolicy(events=snapshot_events))
    history = await DuckDbHistory.open(folder / "history.duckdb", memory="256MB", threads=1)
    policy = BatchPolicy(rows=rows, pause_seconds=0.01)
    lineage = await Lineage.open(log, folder / "lineage.db", policy)
    commands = await Commands.open(folder / "commands.db", policy)
    try:
        raw, windows = history_models(
            history,
            decisions := Decisions(),
            lambda position: engine.reached("decisions", position),
            policy=policy,
            pace=Pace(rows=rows, pause_seconds=0.01),
        )
        models: list[ReadModel] = [latest, Accounts(), decisions, raw, lineage, commands]
        async with running(log, models, derived=[windows], page_size=1000) as engine:
            yield House(log, engine, latest, history, lineage, commands)
    finally:
        await history.close()
