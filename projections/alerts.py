"""Alert rules, alerts, and who was told of them: few events in a long log, from streams of their own, kept beside it.

Process history: of each rule, what its stream says last holds; of alerts and of notifications all that was said, and the newest
of them alone.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final, TypeAlias

import msgspec
import structlog

from adapters.snapshot import SnapshotFile, usable_checkpoint
from projections.alert_book import AlertBook
from projections.alert_queries import AlertView, AlertWish
from projections.feed_queries import FeedEvent, FeedPage
from projections.notification_book import NotificationBook
from projections.notification_queries import NotificationView, NotificationWish
from projections.opening import require_readable
from projections.rule_queries import RuleView
from schema.envelope import Cursor, Filter, Position, decode_metadata
from schema.notifications import RecipientDefined
from schema.rules import AlertRuleDefined

SNAPSHOT_KIND: Final = "alerts"
SNAPSHOT_VERSION: Final = 3
"""To be raised whenever what is kept holds other fields, or the same events come to something else."""
_SAVE_SECONDS: Final = 10.0
"""How much of the log a process that was killed has to look through again, at most, in time."""


class _Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the snapshot."""

    rule: RuleView | None = None
    alert: AlertView | None = None
    recipient: RecipientDefined | None = None
    notification: NotificationView | None = None


_Kept: TypeAlias = RuleView | AlertView | RecipientDefined | NotificationView


class Alerts:
    """Implements `ReadModel`, `RuleQueries`, `AlertQueries`, `NotificationQueries` and `RecipientQueries`."""

    name = "alerts"
    only = Filter(categories=frozenset({"rule", "alert", "recipient", "notification"}))

    def __init__(self, snapshot: SnapshotFile | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.position: Position | None = None
        self._snapshot = snapshot
        self._clock = clock
        self._rules: dict[str, RuleView] = {}
        self._recipients: dict[str, RecipientDefined] = {}
        self._book = AlertBook()
        self._told = NotificationBook()
        self._log_id: str | None = None
        self._saved: Position | None = None
        self._saved_at = clock()

    async def start(self, head: Cursor) -> Position | None:
        self._log_id = head.log_id
        self._recall(await self._restored(head))
        self._saved = self.position
        return self.position

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        for fed in page.events:
            self._take(fed)
        self.position = page.position
        if self._clock() - self._saved_at >= _SAVE_SECONDS:
            await self._save()

    async def close(self) -> None:
        await self._save()

    def rule(self, rule_id: str) -> RuleView | None:
        return self._rules.get(rule_id)

    def rules(self) -> list[RuleView]:
        """By id."""
        return [self._rules[rule_id] for rule_id in sorted(self._rules)]

    def recipients(self) -> list[RecipientDefined]:
        """By id."""
        return [self._recipients[recipient_id] for recipient_id in sorted(self._recipients)]

    def alert(self, alert_id: str) -> AlertView | None:
        return self._book.alert(alert_id)

    def alerts(self, wish: AlertWish, sees: Callable[[str], bool]) -> list[AlertView]:
        """See `AlertQueries`."""
        return self._book.alerts(wish, sees)

    def notification(self, notification_id: str) -> NotificationView | None:
        return self._told.notification(notification_id)

    def notifications(self, wish: NotificationWish, sees: Callable[[str], bool]) -> list[NotificationView]:
        """See `NotificationQueries`."""
        return self._told.notifications(wish, sees)

    def content_hash(self) -> str:
        """Hex digest, equal where the same log was read."""
        return blake2b(b"\n".join(map(_written, self._kept())), digest_size=16).hexdigest()

    def _kept(self) -> list[_Kept]:
        return [*self.rules(), *self._book.views(), *self.recipients(), *self._told.views()]

    def _take(self, fed: FeedEvent) -> None:
        recorded, event = fed.recorded, fed.event
        self._book.take(fed)
        self._told.take(fed)
        if isinstance(event, RecipientDefined):
            self._recipients[event.recipient_id] = event
        if isinstance(event, AlertRuleDefined):
            actor = decode_metadata(recorded.metadata).actor
            self._rules[event.rule_id] = RuleView(event, recorded.revision, recorded.recorded_us, actor)

    async def _restored(self, head: Cursor) -> list[_Record]:
        """The lines of the snapshot, and `position` at them; none where it does not fit the log."""
        saved = None if self._snapshot is None else await asyncio.to_thread(self._snapshot.load)
        self.position = None if saved is None else usable_checkpoint(self.name, saved[0], head)
        if saved is None or self.position is None:
            return []
        try:
            return [msgspec.json.decode(record, type=_Record) for record in saved[1]]
        except msgspec.DecodeError as error:
            structlog.get_logger().warning("snapshot_passed_over", projection=self.name, reason=str(error))
            self.position = None
            return []

    def _recall(self, lines: list[_Record]) -> None:
        self._rules = {line.rule.rule.rule_id: line.rule for line in lines if line.rule is not None}
        self._recipients = {line.recipient.recipient_id: line.recipient for line in lines if line.recipient is not None}
        self._book = AlertBook(line.alert for line in lines if line.alert is not None)
        self._told = NotificationBook(line.notification for line in lines if line.notification is not None)

    async def _save(self) -> None:
        if self._snapshot is None or self._log_id is None or self.position == self._saved:
            return
        try:
            await asyncio.to_thread(_write, self._snapshot, Cursor(self._log_id, self.position), self._kept())
        except OSError as error:
            structlog.get_logger().warning("snapshot_not_written", projection=self.name, reason=str(error))
        self._saved, self._saved_at = self.position, self._clock()


def _write(file: SnapshotFile, cursor: Cursor, kept: Sequence[_Kept]) -> None:
    """In a thread: nothing that is kept changes."""
    file.save(cursor, [_written(each) for each in kept])


def _written(kept: _Kept) -> bytes:
    """A line of the snapshot."""
    match kept:
        case RuleView():
            line = _Record(rule=kept)
        case AlertView():
            line = _Record(alert=kept)
        case RecipientDefined():
            line = _Record(recipient=kept)
        case NotificationView():
            line = _Record(notification=kept)
    return msgspec.json.encode(line)
