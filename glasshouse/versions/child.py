"""Filling a version in a process of its own, which waits for nobody and makes nobody wait.

    python -m glasshouse.versions.child

The first line on stdin says what to fill; once stdin ends, so does the process: nobody is there any more for whom to fill. It
tells how it gets on in JSON lines on stdout.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from domain.versions import Version
from glasshouse.failures import explain
from glasshouse.logs import configure_logs
from glasshouse.loops import run
from glasshouse.settings import Settings
from glasshouse.stores import open_event_log_at
from glasshouse.versions.made import Around, Made, open_made
from glasshouse.versions.shelf import HISTORY, Shelf
from projections.decisions import Decisions
from projections.engine import Engine
from projections.feed import Feed
from projections.metrics import ProjectionMetrics
from projections.read_model import ReadModel
from schema.envelope import Filter

_NICER: Final = 10
_TELL_SECONDS: Final = 0.25


class Fill(msgspec.Struct, frozen=True):
    """What to fill."""

    settings: Settings
    projection: str
    version: Version


class Told(msgspec.Struct, frozen=True):
    """How it gets on: positions in the log, None for its start; `head` is where it began to end. Or why it cannot."""

    position: int | None = None
    head: int | None = None
    events: int = 0
    done: bool = False
    error: str | None = None


Tell = Callable[[Told], None]


async def fill(wanted: Fill, tell: Tell) -> None:
    """Fill that version from its checkpoint to the head of the log."""
    log = await open_event_log_at(wanted.settings.event_log_url, read_only=True)
    try:
        decisions = Decisions()
        around = Around(log, Shelf(wanted.settings), decisions, lambda position: engine.reached(Decisions.name, position))
        made = await open_made(wanted.projection, wanted.version, around)
        try:
            beside: Sequence[ReadModel] = [decisions] if wanted.projection == HISTORY else []
            models = [*beside, *made.models]
            engine = Engine(
                log,
                feed := Feed(log, only=_all_of(models)),
                models,
                metrics=ProjectionMetrics(CollectorRegistry()),
                derived=made.derived,
            )
            async with _at_work(feed, engine):
                await _follow(log, engine, made, tell)
        finally:
            await made.close()
    finally:
        await log.close()


async def _follow(log: EventLog, engine: Engine, made: Made, tell: Tell) -> None:
    head = await log.head()
    names = [model.name for model in made.models] + [one.model.name for one in made.derived]
    while head is not None:
        status = {one.name: one for one in engine.status()}
        tell(Told(status[names[-1]].position, head, status[names[0]].events))
        with suppress(TimeoutError):
            async with asyncio.timeout(_TELL_SECONDS):
                for name in names:
                    await engine.reached(name, head)
                break
    events = {one.name: one.events for one in engine.status()}
    tell(Told(head, head, events[names[0]]))


@asynccontextmanager
async def _at_work(feed: Feed, engine: Engine) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        working = [tasks.create_task(feed.run(), name="feed"), tasks.create_task(engine.run(), name="projections")]
        yield
        for task in working:
            task.cancel()


def _all_of(models: Sequence[ReadModel]) -> Filter:
    """What all of them read together; a filter that is empty is everything."""
    categories, types = (
        frozenset[str]().union(*(getattr(model.only, which) for model in models))
        if all(getattr(model.only, which) for model in models)
        else frozenset[str]()
        for which in ("categories", "types")
    )
    return Filter(categories=categories, types=types)


async def _main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    wanted = msgspec.json.decode(await reader.readline(), type=Fill)
    configure_logs(wanted.settings.log_level)
    working = asyncio.create_task(fill(wanted, _say), name="fill")
    alone = asyncio.create_task(_until_alone(reader, working), name="parent-watch")
    try:
        await working
    except asyncio.CancelledError:
        return
    except Exception as error:  # noqa: BLE001  # whatever it is, whoever asked shall know
        _say(Told(error=explain(error)[0]))
        return
    finally:
        alone.cancel()
        await asyncio.gather(alone, return_exceptions=True)
        pipe.close()
    _say(Told(done=True))


async def _until_alone(reader: asyncio.StreamReader, working: "asyncio.Task[None]") -> None:
    await reader.read()
    working.cancel()


def _say(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Run as a child."""
    with suppress(AttributeError):  # not on every platform
        os.nice(_NICER)
    with suppress(KeyboardInterrupt, BrokenPipeError):
        run(_main())


if __name__ == "__main__":
    main()
