"""A read model as operators see it: where it stands, how far it is behind, and what stopped it."""

import strawberry

from api.fields import described
from api.scalars import BigInt, CursorText
from api.types.enums import ProjectionState
from projections.queries import ProjectionStatus
from schema.envelope import Cursor


@strawberry.type(description="A read model, made from the log and always to be made again.")
class Projection:
    name: str = described("Its name.")
    state: ProjectionState = described("How it stands.")
    cursor: CursorText = described("Up to where it has read the log.")
    events: BigInt = described("How many events it has taken in since the process started.")
    events_per_second: float = described("How many a second it took in lately.")
    lag_seconds: float = described("How old the oldest event is that it has not read yet; 0 when it has read all.")
    error: str | None = described("Why it halted.")


def projection(status: ProjectionStatus, log_id: str) -> Projection:
    return Projection(
        name=status.name,
        state=ProjectionState(status.state),
        cursor=CursorText(Cursor(log_id, status.position).encode()),
        events=BigInt(status.events),
        events_per_second=status.events_per_second,
        lag_seconds=status.lag_seconds,
        error=status.error,
    )
