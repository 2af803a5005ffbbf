"""Where a subscription starts: at its cursor, or now, with a gap told where the cursor leads nowhere."""

import msgspec

from adapters.event_log.port import EventLog
from api.cursors import ResumePoint, decode_resume_point
from schema.envelope import Cursor


class Start(msgspec.Struct, frozen=True):
    """Where to begin, and what the subscriber must be told to have missed."""

    point: ResumePoint
    gap: str | None = None


async def start_of(log: EventLog, after: str | None) -> Start:
    """The start for a subscriber's cursor; ApiError INVALID_INPUT where it is none of ours."""
    wanted = None if after is None else decode_resume_point(after)
    head = await log.head()
    now = ResumePoint(Cursor(log.log_id, head))
    if wanted is None:
        return Start(now)
    if wanted.cursor.log_id != log.log_id:
        return Start(now, "the cursor belongs to another log: what that log held is not here; this goes on from now")
    position = wanted.cursor.position
    if position is not None and (head is None or position > head):
        return Start(
            now, "the cursor lies beyond the end of the log, which was set back: what followed is lost; this goes on from now"
        )
    return Start(wanted)
