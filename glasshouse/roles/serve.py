"""The role `serve`: answers people and sends them what is new. As many processes as are needed, each with its own state."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from api.services import HealthProbe
from glasshouse.audit_store import open_audit_trail
from glasshouse.first_key import first_admin_key
from glasshouse.health import LogProbe, ProjectionsProbe
from glasshouse.lease_stream import LeaseWatch
from glasshouse.loops import spared_collector
from glasshouse.read_side import open_query_side, open_serving_history
from glasshouse.roles.react import ROLE as REACT
from glasshouse.roles.stage import Running, on_stage
from glasshouse.settings import Settings
from glasshouse.stores import is_shared
from glasshouse.versions.following import Following
from glasshouse.versions.standing import take_charge
from glasshouse.web_side import api_server
from projections.latest import SnapshotPolicy

ROLE: Final = "serve"
_SNAPSHOTS: Final = SnapshotPolicy(events=5_000, seconds=60.0)
"""More often than in `up`: what a process that was killed has to read again, its readers wait for."""


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Running]:
    """The role at work: its latest state caught up, and it answers."""
    async with on_stage(settings, ROLE) as stage, AsyncExitStack() as stack:
        folder, log, registry = stage.folder, stage.log, stage.registry
        standing = await take_charge(log, settings, history=False)
        history = await open_serving_history(standing) if is_shared(settings) else None
        if history is not None:
            stack.push_async_callback(history.close)
        read = await open_query_side(log, standing, policy=_SNAPSHOTS, registry=registry, tracer=stage.tracer)
        probes: list[HealthProbe] = [LogProbe(log), ProjectionsProbe(read.engine)]
        audit = await stack.enter_async_context(open_audit_trail(settings, folder, registry))
        web = api_server(
            log,
            read,
            history,
            audit=audit,
            is_sending=LeaseWatch(log, REACT).is_held,
            folder=folder,
            registry=registry,
            probes=probes,
            settings=settings,
            tracer=stage.tracer,
        )
        async with asyncio.TaskGroup() as tasks:
            working = [tasks.create_task(audit.run(), name="audit-trail"), *read.start(tasks)]
            if history is not None:
                following = Following(log, read.feed, standing, history)
                working.append(tasks.create_task(following.run(), name="history-versions"))
            await read.answers(log)
            key = await first_admin_key(log, read)
            working.append(await web.start_on(stage.listener, tasks))
            await read.engine.started()
            with spared_collector():
                yield Running(stage, ROLE, {"http": stage.http}, {"admin_key": key})
            for task in reversed(working):
                task.cancel()
