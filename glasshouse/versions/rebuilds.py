"""The rebuilds of one process: one at a time, run in a task of its own, so that whoever began it need not wait."""

import asyncio
from typing import NoReturn

import structlog
from msgspec.structs import replace

from domain.versions import Version, Versions
from glasshouse.failures import explain
from glasshouse.versions.job import Job, Order
from glasshouse.versions.made import rules_of
from glasshouse.versions.shelf import HISTORY
from glasshouse.versions.stage import Stage
from glasshouse.versions.standing import Standing
from projections.latest import LatestState
from projections.rebuilds import Action, Phase, RebuildRefusedError, RebuildStatus
from projections.rules import WindowRules

_PAGE = 500
_DOING = {Action.REBUILD: "rebuilt", Action.VERIFY: "verified", Action.ROLLBACK: "rolled back"}


class Rebuilds:
    """Implements `RebuildQueries`. `run` does the work that `begin` orders."""

    def __init__(self, stage: Stage, standing: Standing, latest: LatestState) -> None:
        self._stage = stage
        self._standing = standing
        self._latest = latest
        self._status: dict[str, RebuildStatus] = {}
        self._orders: asyncio.Queue[Order] = asyncio.Queue(1)
        self._busy: str | None = None

    async def run(self) -> NoReturn:
        """Until cancelled. A rebuild that fails says why, and stops no other."""
        while True:
            order = await self._orders.get()
            try:
                await self._run(order)
            finally:
                self._busy = None

    def versions(self, name: str) -> Versions | None:
        return self._standing.versions.get(name) if name in self._stage.made else None

    def serving(self, name: str) -> Version:
        return self._standing.serving(name)

    def status(self, name: str) -> RebuildStatus | None:
        return self._status.get(name)

    def rules(self) -> WindowRules:
        """Those by which the serving history is made."""
        return rules_of(self._standing.serving(HISTORY))

    def begin(self, name: str, action: Action, *, accept: bool, anew: bool, actor: str) -> None:
        if name not in self._stage.made:
            part = "windows are part of the history: rebuild `history`; " if name == "windows" else ""
            can = ", ".join(self._stage.made)
            raise RebuildRefusedError(f"{part}no read model that can be rebuilt here is called {name[:64]!r}; there are: {can}")
        if self._busy is not None:
            doing = _DOING[self._status[self._busy].action]
            raise RebuildRefusedError(f"{self._busy} is being {doing}; one at a time, so wait for it")
        self._busy = name
        self._status[name] = RebuildStatus(projection=name, action=action, phase=Phase.FILLING)
        self._orders.put_nowait(Order(name, action, accept, anew, actor))

    async def _run(self, order: Order) -> None:
        job = Job(self._stage, order, self._tell, lambda versions: self._known(order.projection, versions), self._devices)
        try:
            report = await job.run()
        except RebuildRefusedError as error:
            structlog.get_logger().warning("rebuild_refused", projection=order.projection, reason=str(error))
            self._failed(order, str(error))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this rebuild's alone, and is shown
            structlog.get_logger().error("rebuild_failed", projection=order.projection, exc_info=error)
            self._failed(order, explain(error)[0])
        else:
            done = self._status[order.projection]
            self._tell(replace(done, phase=Phase.DONE, progress=1.0, events=report.events, report=report))

    def _failed(self, order: Order, reason: str) -> None:
        self._tell(replace(self._status[order.projection], phase=Phase.FAILED, eta_seconds=None, error=reason))

    def _tell(self, status: RebuildStatus) -> None:
        self._status[status.projection] = status

    def _known(self, name: str, versions: Versions) -> None:
        self._standing.versions[name] = versions

    async def _devices(self) -> list[str]:
        """All that ever spoke, as far as this process knows."""
        if self._stage.history is not None:
            return sorted({key.device for key in await self._stage.history.series()})
        devices: list[str] = []
        while page := self._latest.devices(first=_PAGE, after=devices[-1] if devices else None):
            devices += [view.device_id for view in page]
        return devices
