"""A run of the retention job that a command asks for: of the running house over its API, or in the resting data folder."""

import asyncio
from typing import Final

import msgspec

from adapters.history.retention.job import RetentionJob
from adapters.history.retention.report import Report, Step, Watch
from api.services import utc_now
from glasshouse.client import ApiClient, trust_in
from glasshouse.errors import RefusedError, SettingsError
from glasshouse.ownership import api_of, owner, resting_house
from glasshouse.retention import archived
from glasshouse.settings import Settings

_POLL_SECONDS: Final = 0.25
_RUN: Final = """
  number running error day done total
  report {
    days rows newRows bytes firstDay lastDay changed failures { day reason } windows { span before } expiredDays
  }
"""
_APPLY: Final = (
    "mutation ($dryRun: Boolean!) { applyRetention(dryRun: $dryRun) { __typename "
    f"... on ApplyRetentionSuccess {{ run {{ {_RUN} }} }} ... on OperationError {{ message }} }} }}"
)
_NAMES: Final = {"newRows": "new_rows", "firstDay": "first_day", "lastDay": "last_day", "expiredDays": "expired_days"}
_LAST: Final = f"{{ retentionRun {{ {_RUN} }} }}"


class _Run(msgspec.Struct):
    number: int
    running: bool
    error: str | None
    day: str | None
    done: int
    total: int
    report: dict[str, object] | None


async def retain(settings: Settings, *, dry_run: bool, watch: Watch) -> Report:
    """RefusedError or HistoryError where it cannot be done; SettingsError where there is nothing to do for ever."""
    running = await owner(settings)
    if running is not None:
        async with ApiClient(api_of(running), settings.key, trust_in(running)) as client:
            return await _over_api(client, dry_run=dry_run, watch=watch)
    if not settings.retention.active:
        raise SettingsError(
            "no limit is set, so everything stays where it is; say how many days raw readings stay in the store, "
            "as in GLASSHOUSE_KEEP_RAW_DAYS=60"
        )
    async with resting_house(settings) as (_, _, side):
        return await RetentionJob(lambda: archived(side.history), settings.retention, utc_now).run(dry_run=dry_run, watch=watch)


async def _over_api(client: ApiClient, *, dry_run: bool, watch: Watch) -> Report:
    begun = (await client.change(_APPLY, dryRun=dry_run))["run"]
    run = msgspec.convert(begun, _Run)
    number = run.number
    while run.running:
        await asyncio.sleep(_POLL_SECONDS)
        run = msgspec.convert((await client.ask(_LAST))["retentionRun"], _Run)
        if run.number != number:
            raise RefusedError("the house began another run of retention meanwhile; its log tells what came of this one")
        if run.day is not None:
            watch(Step(run.day, run.done, run.total))
    if run.error is not None or run.report is None:
        raise RefusedError(f"the run could not be done: {run.error}")
    told = {_NAMES.get(name, name): value for name, value in run.report.items()}
    return msgspec.convert({"dry_run": dry_run, **told}, Report, strict=False)
