"""A read model as operators see it: where it stands, how far it is behind, and what stopped it."""

import strawberry

from api.fields import described
from api.scalars import BigInt, CursorText
from api.services import Services
from api.types.enums import ProjectionState
from api.types.node import Node
from api.types.rebuild import Rebuild, rebuild
from api.visibility import HISTORY, WINDOWS
from domain.versions import Versions
from projections.rebuilds import RebuildQueries, RebuildStatus
from projections.running_queries import ProjectionStatus
from schema.envelope import Cursor


@strawberry.type(description="A read model, made from the log and always to be made again.")
class Projection(Node):
    id: strawberry.ID = described("The same as `name`.")
    name: str = described("Its name.")
    state: ProjectionState = described("How it stands.")
    cursor: CursorText = described("Up to where it has read the log.")
    events: BigInt = described("How many events it has taken in since the process started.")
    events_per_second: float = described("How many a second it took in lately.")
    lag_seconds: float = described("How old the oldest event is that it has not read yet; 0 when it has read all.")
    error: str | None = described("Why it halted.")
    version: int = described("The version that serves.")
    previous_version: int | None = described("The version that served before, which can be gone back to.")
    candidate_version: int | None = described("The version that was begun to be filled, and does not serve yet.")
    rebuild: Rebuild | None = described("The rebuild that runs, or the last since the process started.")


def projection(status: ProjectionStatus, services: Services) -> Projection:
    versions, running = _known(services.rebuilds, status.name)
    return Projection(
        id=strawberry.ID(status.name),
        name=status.name,
        state=ProjectionState(status.state),
        cursor=CursorText(Cursor(services.log.log_id, status.position).encode()),
        events=BigInt(status.events),
        events_per_second=status.events_per_second,
        lag_seconds=status.lag_seconds,
        error=status.error,
        version=versions.serving.number,
        previous_version=None if versions.previous is None else versions.previous.number,
        candidate_version=None if versions.candidate is None else versions.candidate.number,
        rebuild=None if running is None else rebuild(running),
    )


def _known(rebuilds: RebuildQueries | None, name: str) -> tuple[Versions, RebuildStatus | None]:
    """Of windows: what is known of the history that they are part of."""
    if rebuilds is None:
        return Versions(), None
    whole = HISTORY if name == WINDOWS else name
    return rebuilds.versions(whole) or Versions(), rebuilds.status(whole)
