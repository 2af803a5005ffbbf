"""Whether the log still holds all that a read model is made of: what was let go of cannot be read again."""

from collections.abc import Iterable
from typing import Final

from adapters.event_log.port import EventLog
from projections.rebuilds import RebuildRefusedError

_NAMED: Final = 3


async def require_beginnings(log: EventLog, devices: Iterable[str]) -> None:
    """RebuildRefusedError where the log does not begin with the beginning of each device's stream.

    Once an archive holds what the log let go of, it is here that a rebuild learns that it need not refuse.
    """
    gone = []
    for device in devices:
        first = await log.read_stream(f"device-{device}", limit=1)
        if first and first[0].revision > 0:
            gone.append(device)
    if gone:
        named = ", ".join(gone[:_NAMED]) + (f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else "")
        raise RebuildRefusedError(
            f"the event log no longer holds the beginning of what {named} said, so a version made from it would lack that; "
            "what serves was made when it was still there, and goes on"
        )
