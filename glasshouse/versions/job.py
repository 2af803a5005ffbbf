"""One rebuild from its beginning to its end: filled in a child, run beside what serves, compared, and switched to, or not."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from msgspec.structs import replace

from domain.versions import Outcome, Version, Versions, judged
from glasshouse.versions.beginnings import require_beginnings
from glasshouse.versions.child import Fill
from glasshouse.versions.comparing import Comparison, compare
from glasshouse.versions.filling import Filling, filled
from glasshouse.versions.made import Made, open_made
from glasshouse.versions.record import Record, versions_of
from glasshouse.versions.shelf import HISTORY, SCRATCH
from glasshouse.versions.stage import GIVEN, Stage
from glasshouse.window_rules import window_rules
from projections.engine import Troupe
from projections.rebuilds import Action, Phase, RebuildRefusedError, RebuildReport, RebuildStatus
from schema.envelope import Cursor


@dataclass(frozen=True)
class Order:
    """What is wanted, and by whom. `accept` switches although something differs, `anew` lets a half-filled version lie."""

    projection: str
    action: Action
    accept: bool = False
    anew: bool = False
    actor: str = "glasshouse"


@dataclass
class Job:
    """`tell` hears how it gets on, `known` which versions there are since it switched."""

    stage: Stage
    order: Order
    tell: Callable[[RebuildStatus], None]
    known: Callable[[Versions], None]
    devices: Callable[[], Awaitable[list[str]]]
    _status: RebuildStatus = field(init=False)

    async def run(self) -> RebuildReport:
        """RebuildRefusedError where it cannot be done; a store's own errors in plain words."""
        began, order = time.monotonic(), self.order
        self._status = RebuildStatus(projection=order.projection, action=order.action, phase=Phase.FILLING)
        self.tell(self._status)
        await self._require_beginnings()
        versions, version, resumed = await self._chosen()
        await self._clear(versions, version)
        events = await self._fill(version)
        comparison, outcome, switched = await self._beside(versions, version)
        return RebuildReport(
            projection=order.projection,
            action=order.action,
            outcome=outcome,
            switched=switched,
            serving=versions.serving.number,
            candidate=version.number,
            resumed=resumed,
            new_rules=_is_new(versions.serving, version),
            cursor=Cursor(self.stage.log.log_id, comparison.position).encode(),
            events=events,
            seconds=round(time.monotonic() - began, 3),
            parts=comparison.parts,
            differing_days=comparison.differing_days,
            days=comparison.days,
        )

    async def _require_beginnings(self) -> None:
        if self.order.projection != "accounts":
            await require_beginnings(self.stage.log, await self.devices())

    async def _chosen(self) -> tuple[Versions, Version, bool]:
        """The versions as they are, the one to fill, and whether it was begun before."""
        name, order = self.order.projection, self.order
        asked = window_rules(self.stage.around.shelf.settings).record() if name == HISTORY else {}
        if order.action is Action.REBUILD:
            version, resumed = await Record(self.stage.log).begin(name, asked, order.actor, anew=order.anew)
            return await versions_of(self.stage.log, name), version, resumed
        versions = await versions_of(self.stage.log, name)
        if order.action is Action.VERIFY:
            rules = asked if versions.serving.rules is None else versions.serving.rules
            return versions, Version(SCRATCH, rules), False
        if versions.previous is None:
            raise RebuildRefusedError(
                f"there is no version of {name} before the one that serves, so there is nothing to go back to"
            )
        return versions, versions.previous, True

    async def _clear(self, versions: Versions, version: Version) -> None:
        await self.stage.around.shelf.clear(self.order.projection, versions.kept | ({version.number} - {SCRATCH}))

    async def _fill(self, version: Version) -> int:
        def watch(filling: Filling) -> None:
            progress, eta, events = filling.progress, filling.eta_seconds, filling.events
            self._say(phase=Phase.FILLING, version=version.number, progress=progress, eta_seconds=eta, events=events)

        return await filled(Fill(self.stage.around.shelf.settings, self.order.projection, version), watch)

    async def _beside(self, versions: Versions, version: Version) -> tuple[Comparison, Outcome, bool]:
        """Run the version beside the one that serves until it has been judged."""
        self._say(phase=Phase.COMPARING, progress=1.0, eta_seconds=None)
        made = await open_made(self.order.projection, version, self.stage.around)
        beside = self.stage.engine.beside(made.models, made.derived)
        switched = False
        try:
            comparison = await self._compared(made, beside)
            if comparison.differing_days and not _is_new(versions.serving, version):
                structlog.get_logger().warning("versions_looked_at_again", differing=comparison.differing_days)
                comparison = await self._compared(made, beside)
            outcome = self._judged(versions.serving, version, comparison)
            if self.order.action is not Action.VERIFY and outcome is not Outcome.DIFFERS:
                self._say(phase=Phase.SWITCHING)
                await self._switch(version, comparison, made, beside)
                switched = True
        finally:
            if not switched and self.stage.made[self.order.projection] is not made:
                await self.stage.engine.stop(beside)
                await made.close()
        if self.order.action is Action.VERIFY:
            await self._clear(versions, version)
        return comparison, outcome, switched

    async def _compared(self, made: Made, beside: Troupe) -> Comparison:
        name, stage = self.order.projection, self.stage
        if (head := await stage.log.head()) is not None:
            await beside.reached(head)
        return await compare(stage.log, [*stage.still(name), beside], stage.made[name], made)

    def _judged(self, serving: Version, version: Version, comparison: Comparison) -> Outcome:
        accept = self.order.accept or self.order.action is Action.ROLLBACK
        outcome = judged(serving, version, comparison.differing(), given=GIVEN, accept=accept)
        days = [f"{day.device_id} {day.day}" for day in comparison.days]
        log = structlog.get_logger()
        tell = log.info if outcome is Outcome.EQUAL else log.warning
        tell(
            "versions_compared",
            projection=self.order.projection,
            outcome=outcome,
            differing=comparison.differing_days,
            days=days,
        )
        return outcome

    async def _switch(self, version: Version, comparison: Comparison, made: Made, beside: Troupe) -> None:
        """The log is told first: whoever starts from then on starts with this version."""
        name, cursor = self.order.projection, Cursor(self.stage.log.log_id, comparison.position)
        versions = await Record(self.stage.log).switch(name, version, cursor, comparison.candidate(), self.order.actor)
        await self.stage.take_over(name, made, beside)
        self.known(versions)
        await self.stage.around.shelf.tidy(name, versions.kept)

    def _say(self, **changes: object) -> None:
        self._status = replace(self._status, **changes)
        self.tell(self._status)


def _is_new(serving: Version, candidate: Version) -> bool:
    return serving.rules is not None and serving.rules != candidate.rules
