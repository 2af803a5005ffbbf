"""Back-tests: what an alert rule would have said, at once or with how far it is meanwhile."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from api.alert_rules import rule_of
from api.context import Context
from api.errors import ApiError, ErrorCode, limit_error
from api.history import shared
from api.scalars import BigInt
from api.services import Services
from api.types.alert_inputs import AlertRuleInput
from api.types.backtest import Backtest, BacktestProgress, backtest
from api.types.enums import BacktestBasis
from api.visibility import ALERTS, DECISIONS, WINDOWS
from api.windows import zones
from domain.alerting.house import kind_of
from domain.alerting.places import Place
from projections.alert_queries import MOST, AlertView, AlertWish
from projections.backtest import HistoryBacktest
from projections.backtested import Backtested, Progress, nobody_asks
from projections.judging import Judge
from projections.remade import Remade
from projections.replayed import LogBacktest, TooManyAlertsError
from schema.rules import AlertRuleDefined
from schema.times import to_micros

_LESS: Final = "ask for a shorter time, or say in `where` what the rule is about; a resting house has no such limit"
_FEWER: Final = "ask for a shorter time, or give the rule a `for`"
_PACE_SECONDS: Final = 0.25


class Asked(msgspec.Struct, frozen=True):
    """A rule, and the time that it is held against."""

    rule: AlertRuleInput
    start: datetime
    end: datetime
    basis: BacktestBasis


async def ready(context: Context, basis: BacktestBasis, at_least: str | None) -> None:
    """Wait until what a back-test leans on has come as far as that cursor; ApiError where it does not."""
    await context.visibility.at_least(ALERTS, at_least)
    if basis is BacktestBasis.AS_CORRECTED:
        shared(context.services)
        await context.visibility.at_least(WINDOWS, at_least)
        await context.visibility.at_least(DECISIONS, at_least)


async def backtest_messages(
    context: Context, asked: Asked, at_least: str | None
) -> AsyncGenerator[BacktestProgress | Backtest, None]:
    """How far it is, a few times a second where it moved on, and at last what was found."""
    await ready(context, asked.basis, at_least)
    share, looked_at = 0.0, 0

    def progress(done: float, rows: int) -> None:
        nonlocal share, looked_at
        share, looked_at = done, rows

    working, told = asyncio.create_task(backtested(context, asked, progress), name="back-test"), 0.0
    try:
        while not working.done():
            await asyncio.wait([working], timeout=_PACE_SECONDS)
            if share > told and not working.done():
                told = share
                yield BacktestProgress(share=share, looked_at=BigInt(looked_at))
        yield working.result()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def backtested(context: Context, asked: Asked, progress: Progress = nobody_asks) -> Backtest:
    """ApiError where the rule is none, or too much is asked."""
    start, end = asked.start, asked.end
    services, rule = context.services, rule_of(asked.rule)
    bounds = to_micros(start), to_micros(min(end, services.clock()))
    if start >= end:
        raise ApiError(ErrorCode.INVALID_INPUT, "from must lie before to")
    began = time.perf_counter()
    with services.backtests.enter(context.principal.actor):
        way = _as_known if asked.basis is BacktestBasis.AS_KNOWN else _as_corrected
        told = await way(context, rule, *bounds, progress)
    raised, seconds = _raised(services, rule, start, end), time.perf_counter() - began
    return backtest(asked.basis, kind_of(rule), asked.rule.severity, told, raised, most=services.limits.page, seconds=seconds)


def _raised(services: Services, rule: AlertRuleDefined, start: datetime, end: datetime) -> Sequence[AlertView]:
    """What a rule of that id did raise about that time, by when it began."""
    views = services.alerts.alerts(AlertWish(rule=rule.rule_id, limit=MOST), services.sees)
    about = [view for view in views if view.raised.since < end and (view.over is None or view.over > start)]
    return sorted(about, key=lambda view: view.raised.since)


async def _as_corrected(context: Context, rule: AlertRuleDefined, start_us: int, end_us: int, progress: Progress) -> Backtested:
    services = context.services
    history, judge = shared(services), Judge(services.rules.quality, services.decisions)
    windows = Remade(history, judge, zones(services))
    test = HistoryBacktest(history, judge, windows=windows, place_of=_place_of(services))
    return await test.run(
        rule,
        start_us,
        end_us,
        most=services.limits.page,
        spend=lambda rows: context.tested.spend(rows, _LESS),
        progress=progress,
    )


async def _as_known(context: Context, rule: AlertRuleDefined, start_us: int, end_us: int, progress: Progress) -> Backtested:
    services = context.services
    test = LogBacktest(services.log, services.sees)
    try:
        return await test.run(
            rule,
            start_us,
            end_us,
            most=services.limits.page,
            spend=lambda events: context.tested.spend(events, _LESS),
            progress=progress,
        )
    except TooManyAlertsError as error:
        raise limit_error("alerts of a back-test", error.most, f"more than {error.most}", _FEWER) from error


def _place_of(services: Services) -> Callable[[str], Place]:
    """Where devices are now."""

    def place_of(device: str) -> Place:
        view = services.latest.device(device)
        if view is None:
            return Place()
        home = view.location.partition("/")[0] if view.location else view.site
        site = None if home is None else services.latest.site(home)
        retired_us = None if view.retired_at is None else to_micros(view.retired_at)
        return Place(home, view.location, view.device_type, "UTC" if site is None else site.time_zone, retired_us)

    return place_of
