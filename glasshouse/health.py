"""What `/readyz` and `doctor` look at: each part says in plain words why it is not ready."""

from dataclasses import dataclass

from adapters.event_log.port import EventLog, LogError
from adapters.mqtt.session import Session
from projections.engine import Engine
from projections.queries import ProjectionState


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
    """The session with the broker stands."""

    session: Session
    name: str = "mqtt"

    async def check(self) -> str | None:
        if self.session.is_connected:
            return None
        return f"not connected to the broker: {self.session.last_error or 'connecting'}"


@dataclass(frozen=True)
class ProjectionsProbe:
    """No read model has halted, and none is still starting."""

    engine: Engine
    name: str = "projections"

    async def check(self) -> str | None:
        late = [status for status in self.engine.status() if status.state is not ProjectionState.LIVE]
        return "; ".join(f"{status.name} is {status.state} {status.error or ''}".rstrip() for status in late) or None
