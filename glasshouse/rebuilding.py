"""Rebuilds for the command line: ordered from the house where one runs, else done on its files. Same report either way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, Protocol

import msgspec

from adapters.event_log.port import EventLog
from glasshouse.client import ApiClient, trust_in
from glasshouse.data_folder import DataFolder
from glasshouse.errors import RefusedError
from glasshouse.holder import holder_of
from glasshouse.holding import holding
from glasshouse.lease import Lease, LeaseHeldError
from glasshouse.ownership import api_of, owner, resting_house
from glasshouse.roles.project import ROLE as PROJECT
from glasshouse.settings import Settings
from glasshouse.versions.job import Order
from projections.rebuilds import Action, Phase, RebuildQueries, RebuildRefusedError, RebuildReport, RebuildStatus

Watch = Callable[[RebuildStatus], None]
_ACTOR: Final = "command line"
_POLL_SECONDS: Final = 0.25
_OVER: Final = frozenset({Phase.DONE, Phase.FAILED})
_BEGIN: Final = {
    Action.REBUILD: """
mutation ($name: String!, $accept: Boolean!, $anew: Boolean!) {
  rebuildProjection(name: $name, accept: $accept, anew: $anew) { __typename ... on OperationError { message } }
}
""",
    Action.VERIFY: """
mutation ($name: String!) { verifyProjection(name: $name) { __typename ... on OperationError { message } } }
""",
    Action.ROLLBACK: """
mutation ($name: String!) { rollBackProjection(name: $name) { __typename ... on OperationError { message } } }
""",
}
_STATUS: Final = """
{
  projections {
    name
    rebuild {
      action phase version progress etaSeconds events error
      report {
        projection action outcome switched serving candidate resumed newRules cursor events seconds differingDays
        parts { name serving candidate differing } days { deviceId day parts }
      }
    }
  }
}
"""


class Rebuilder(Protocol):
    """Where rebuilds are done."""

    async def run(self, order: Order, watch: Watch) -> RebuildReport:
        """Do it, to its end. RebuildRefusedError or RefusedError in plain words where that cannot be."""
        ...


@asynccontextmanager
async def rebuilder(settings: Settings) -> AsyncIterator[Rebuilder]:
    """For the data folder of the settings."""
    running = await owner(settings)
    if running is None:
        async with resting_house(settings) as (folder, log, side), _alone(settings, folder, log):
            yield _Resting(side.rebuilds)
        return
    url = api_of(running)
    if settings.key is None:
        raise RefusedError(f"the house at {url} runs; give an admin key with --key or GLASSHOUSE_KEY")
    async with ApiClient(url, settings.key, trust_in(running)) as client:
        yield _Running(client)


@asynccontextmanager
async def _alone(settings: Settings, folder: DataFolder, log: EventLog) -> AsyncIterator[None]:
    """Where others may share the event log, no `project` fills meanwhile what would not serve any more."""
    if settings.event_log is None:
        yield
        return
    lease = Lease(log, PROJECT, holder_of(folder), span_seconds=settings.lease_seconds)
    async with AsyncExitStack() as held:
        try:
            await held.enter_async_context(holding(lease, standby=False))
        except LeaseHeldError as error:
            raise LeaseHeldError("a `project` fills the history; stop it, rebuild, and start it again") from error
        yield


class _Resting:
    """Implements `Rebuilder` in this process."""

    def __init__(self, rebuilds: RebuildQueries) -> None:
        self._rebuilds = rebuilds

    async def run(self, order: Order, watch: Watch) -> RebuildReport:
        name = order.projection
        self._rebuilds.begin(name, order.action, accept=order.accept, anew=order.anew, actor=_ACTOR)

        async def look() -> RebuildStatus | None:
            return self._rebuilds.status(name)

        return await _watched(look, watch)


class _Running:
    """Implements `Rebuilder` over the API."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def run(self, order: Order, watch: Watch) -> RebuildReport:
        flags = {"accept": order.accept, "anew": order.anew} if order.action is Action.REBUILD else {}
        await self._client.change(_BEGIN[order.action], name=order.projection, **flags)

        async def look() -> RebuildStatus | None:
            shown = (await self._client.ask(_STATUS))["projections"]
            return next((_from_api(one) for one in shown if one["name"] == order.projection), None)

        return await _watched(look, watch)


async def _watched(look: Callable[[], Any], watch: Watch) -> RebuildReport:
    while True:
        status: RebuildStatus | None = await look()
        if status is None:
            raise RebuildRefusedError("the house no longer knows of it: it was started again meanwhile; ask once more")
        watch(status)
        if status.phase in _OVER:
            break
        await asyncio.sleep(_POLL_SECONDS)
    if status.report is None:
        raise RebuildRefusedError(status.error or "it failed")
    return status.report


def _from_api(shown: dict[str, Any]) -> RebuildStatus | None:
    raw = shown["rebuild"]
    if raw is None:
        return None
    report = raw["report"]
    if report is not None:
        report = {**report, "action": report["action"].lower(), "outcome": report["outcome"].lower()}
    return RebuildStatus(
        projection=shown["name"],
        action=Action(raw["action"].lower()),
        phase=Phase(raw["phase"].lower()),
        version=raw["version"],
        progress=raw["progress"],
        eta_seconds=raw["etaSeconds"],
        events=int(raw["events"]),
        error=raw["error"],
        report=None if report is None else msgspec.convert(report, RebuildReport, strict=False),
    )
