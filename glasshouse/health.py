"""What `/readyz` and `doctor` look at: each part says in plain words why it is not ready."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adapters.event_log.port import EventLog, LogError
from adapters.mqtt.session import Session
from api.services import HealthProbe
from projections.engine import Engine
from projections.running_queries import ProjectionState, ProjectionStatus

FAR_BEHIND_SECONDS: Final = 30.0
"""A read model that is further behind answers for another time than its readers think."""


@dataclass(frozen=True)
class LogProbe:
    """The event log answers."""

    log: EventLog
    name: str = "event log"

    async def check(self) -> str | None:
        try:
            await self.log.head()
        except LogError as error:
            return str(error)
        return None


@dataclass(frozen=True)
class MqttProbe:
    """The sessions with the broker stand."""

    sessions: Sequence[Session]
    name: str = "mqtt"

    async def check(self) -> str | None:
        for session in self.sessions:
            if not session.is_connected:
                return f"not connected to the broker: {session.last_error or 'connecting'}"
        return None


@dataclass(frozen=True)
class ProjectionsProbe:
    """No read model has halted, is still starting, or is far behind."""

    engine: Engine
    name: str = "projections"

    async def check(self) -> str | None:
        return "; ".join(filter(None, map(_complaint, self.engine.status()))) or None


@dataclass
class LaterProbe:
    """A part that is not there yet when others already look."""

    name: str
    probe: HealthProbe | None = None

    async def check(self) -> str | None:
        return "not started" if self.probe is None else await self.probe.check()


def _complaint(status: ProjectionStatus) -> str | None:
    if status.state is ProjectionState.HALTED:
        return f"{status.name} is halted: {status.error}"
    if status.state is ProjectionState.STARTING:
        return f"{status.name} is starting"
    if status.lag_seconds > FAR_BEHIND_SECONDS:
        return f"{status.name} is {status.lag_seconds:.0f} s behind the event log"
    return None
