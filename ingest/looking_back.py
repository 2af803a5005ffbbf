"""From where on a stream can hold an event of a time: a late message costs a look at what came since, not at all before."""

from adapters.event_log.port import EventLog
from ingest.recall import summary_of
from ingest.stream_memory import SUMMARY_EVERY


async def earliest_place(log: EventLog, stream: str, revision: int, time_us: int) -> int:
    """A revision before which the stream, whose last event has `revision`, holds no event of that device time or later.

    Found by the summaries that its events carry, in steps back that double.
    """
    place, step = revision - revision % SUMMARY_EVERY, SUMMARY_EVERY
    while place > 0:
        found = await log.read_stream(stream, start=place, limit=1)
        if not found or found[0].revision > place:
            return place  # what was before is truncated
        summary = summary_of(found[0])
        if summary is None:
            return 0
        if summary.newest < time_us:
            return place
        place, step = max(0, place - step), 2 * step
    return 0
