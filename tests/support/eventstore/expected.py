"""The server's rule for an append: what it does with an expected version, and when a repetition counts as the first one."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from tests.support.eventstore.records import Record

NO_STREAM, ANY, STREAM_EXISTS = -1, -2, -4

Verdict = Literal["append", "idempotent", "conflict"]


class Decision(NamedTuple):
    """`last` is the revision of the last of the repeated events."""

    verdict: Verdict
    last: int = -1


class RecentIds:
    """The ids that the server has in memory: bounded, and empty after a restart."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: dict[str, tuple[str, int]] = {}

    def add(self, record: Record) -> None:
        self._known[record.id] = (record.stream, record.revision)
        if len(self._known) > self._limit:
            del self._known[next(iter(self._known))]

    def revision(self, stream: str, event_id: str) -> int | None:
        """Where this stream has it, as far as is remembered."""
        known = self._known.get(event_id)
        return known[1] if known is not None and known[0] == stream else None

    def forget(self) -> None:
        self._known.clear()


def decide(
    stream: str, records: Sequence[Record], expected: int, ids: Sequence[str], recent: RecentIds, *, soft_deleted: bool
) -> Decision:
    """`records` is the whole stream, hidden events included: the ids of truncated events are compared too."""
    current = len(records) - 1
    if expected == STREAM_EXISTS and current < 0:
        return Decision("conflict")
    if expected in {ANY, STREAM_EXISTS}:
        return _by_memory(stream, ids, recent)
    if expected < current:
        return _by_comparison(records, expected, ids, soft_deleted=soft_deleted)
    return Decision("append" if expected == current else "conflict")


def _by_memory(stream: str, ids: Sequence[str], recent: RecentIds) -> Decision:
    revisions = [recent.revision(stream, event_id) for event_id in ids]
    if not revisions or revisions[0] is None:
        return Decision("append")
    if None in revisions:
        return Decision("conflict")
    assert revisions[-1] is not None
    return Decision("idempotent", revisions[-1])


def _by_comparison(records: Sequence[Record], expected: int, ids: Sequence[str], *, soft_deleted: bool) -> Decision:
    standing = [record.id for record in records[expected + 1 : expected + 1 + len(ids)]]
    if ids and standing == list(ids):
        return Decision("idempotent", expected + len(ids))
    if expected == NO_STREAM and soft_deleted and (not ids or standing[0] != ids[0]):
        return Decision("append")
    return Decision("conflict")
