"""A process that projects the log in a folder until it is killed; it says when it runs, and each time it has caught up.

It stands alone: outside pytest another package of that name hides `tests`.
"""

import asyncio
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry

from adapters.event_log.sqlite import SqliteEventLog
from adapters.history.duckdb import DuckDbHistory
from adapters.snapshot import SnapshotFile
from projections.batching import BatchPolicy
from projections.commands import Commands
from projections.decisions import Decisions
from projections.engine import Engine
from projections.feed import Feed
from projections.historical import history_models
from projections.incoming import Pace
from projections.latest import SNAPSHOT_KIND, SNAPSHOT_VERSION, LatestState, SnapshotPolicy
from projections.lineage import Lineage
from projections.metrics import ProjectionMetrics
from projections.read_model import ReadModel


async def main(folder: Path) -> None:
    log = await SqliteEventLog.open(folder / "events.db")
    served = folder / "served"
    policy = BatchPolicy(rows=300, pause_seconds=0.01)
    file = SnapshotFile(served / "latest.snapshot", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
    history = await DuckDbHistory.open(served / "history.duckdb", memory="128MB", threads=1)
    raw, windows = history_models(
        history,
        decisions := Decisions(),
        lambda position: engine.reached("decisions", position),
        policy=policy,
        pace=Pace(rows=400, pause_seconds=0.01),
    )
    models: list[ReadModel] = [
        LatestState(file, policy=SnapshotPolicy(events=500)),
        decisions,
        raw,
        await Lineage.open(log, served / "lineage.db", policy),
        await Commands.open(served / "commands.db", policy),
    ]
    feed = Feed(log, page_size=100)
    engine = Engine(log, feed, models, metrics=ProjectionMetrics(CollectorRegistry()), derived=[windows])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(feed.run(), name="feed")
        tasks.create_task(engine.run(), name="engine")
        tasks.create_task(report(log, engine), name="report")


async def report(log: SqliteEventLog, engine: Engine) -> None:
    say("running")
    while True:
        if (head := await log.head()) is not None:
            for status in engine.status():
                await engine.reached(status.name, head)
            say("caught up")
        await asyncio.sleep(0.01)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
