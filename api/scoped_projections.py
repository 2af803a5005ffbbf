"""The read models and their rebuilds, as somebody sees them whose key is good for a part of the house alone."""

from msgspec.structs import replace

from api.scope import Sight, without_words
from domain.versions import Versions
from projections.rebuilds import Action, RebuildQueries, RebuildStatus
from projections.running_queries import ProjectionQueries, ProjectionStatus
from schema.envelope import Position


class SeenProjections:
    """The port `ProjectionQueries`. What stopped one may name anything, so it is told that something did."""

    def __init__(self, projections: ProjectionQueries) -> None:
        self._projections = projections

    def status(self) -> list[ProjectionStatus]:
        return [replace(status, error=without_words(status.error)) for status in self._projections.status()]

    def position(self, name: str) -> Position | None:
        return self._projections.position(name)

    async def reached(self, name: str, position: Position) -> None:
        await self._projections.reached(name, position)


class SeenRebuilds:
    """The port `RebuildQueries`. Of the days that differ those of devices in sight are named."""

    def __init__(self, rebuilds: RebuildQueries, sight: Sight) -> None:
        self._rebuilds = rebuilds
        self._sight = sight

    def versions(self, name: str) -> Versions | None:
        return self._rebuilds.versions(name)

    def status(self, name: str) -> RebuildStatus | None:
        status = self._rebuilds.status(name)
        if status is None:
            return None
        report = status.report
        if report is not None:
            report = replace(report, days=[day for day in report.days if self._sight.device(day.device_id)])
        return replace(status, error=without_words(status.error), report=report)

    def begin(self, name: str, action: Action, *, accept: bool, anew: bool, actor: str) -> None:
        self._rebuilds.begin(name, action, accept=accept, anew=anew, actor=actor)
