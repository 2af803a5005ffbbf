"""Alert rules as people defined them, from the `rule-` streams: few events in a long log, so they are kept beside it.

Process history: of each rule, what its stream says last holds.
"""

import asyncio
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import msgspec
import structlog

from adapters.snapshot import SnapshotFile, usable_checkpoint
from projections.opening import require_readable
from projections.queries import FeedEvent, FeedPage, RuleView
from schema.envelope import Cursor, Filter, Position, decode_metadata
from schema.rules import AlertRuleDefined

SNAPSHOT_KIND: Final = "alerts"
SNAPSHOT_VERSION: Final = 1
"""To be raised whenever what is kept holds other fields, or the same events come to something else."""
_SAVE_SECONDS: Final = 10.0
"""How much of the log a process that was killed has to look through again, at most, in time."""


class Alerts:
    """Implements `ReadModel` and `RuleQueries`."""

    name = "alerts"
    only = Filter(categories=frozenset({"rule"}))

    def __init__(self, snapshot: SnapshotFile | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.position: Position | None = None
        self._snapshot = snapshot
        self._clock = clock
        self._rules: dict[str, RuleView] = {}
        self._log_id: str | None = None
        self._saved: Position | None = None
        self._saved_at = clock()

    async def start(self, head: Cursor) -> Position | None:
        self._log_id = head.log_id
        self._rules, self.position = await self._restore(head)
        self._saved = self.position
        return self.position

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        for fed in page.events:
            self._take(fed)
        self.position = page.position
        if page.events or self._clock() - self._saved_at >= _SAVE_SECONDS:
            await self._save()

    async def close(self) -> None:
        await self._save()

    def rule(self, rule_id: str) -> RuleView | None:
        return self._rules.get(rule_id)

    def rules(self) -> list[RuleView]:
        """By id."""
        return [self._rules[rule_id] for rule_id in sorted(self._rules)]

    def content_hash(self) -> str:
        """Hex digest, equal where the same log was read."""
        return blake2b(msgspec.json.encode(self.rules()), digest_size=16).hexdigest()

    def _take(self, fed: FeedEvent) -> None:
        recorded, event = fed.recorded, fed.event
        if isinstance(event, AlertRuleDefined):
            actor = decode_metadata(recorded.metadata).actor
            self._rules[event.rule_id] = RuleView(event, recorded.revision, recorded.recorded_us, actor)

    async def _restore(self, head: Cursor) -> tuple[dict[str, RuleView], Position | None]:
        saved = None if self._snapshot is None else await asyncio.to_thread(self._snapshot.load)
        position = None if saved is None else usable_checkpoint(self.name, saved[0], head)
        if saved is None or position is None:
            return {}, None
        try:
            views = [msgspec.json.decode(record, type=RuleView) for record in saved[1]]
        except msgspec.DecodeError as error:
            structlog.get_logger().warning("snapshot_passed_over", projection=self.name, reason=str(error))
            return {}, None
        return {view.rule.rule_id: view for view in views}, position

    async def _save(self) -> None:
        if self._snapshot is None or self._log_id is None or self.position == self._saved:
            return
        kept = [msgspec.json.encode(view) for view in self.rules()]
        try:
            await asyncio.to_thread(self._snapshot.save, Cursor(self._log_id, self.position), kept)
        except OSError as error:
            structlog.get_logger().warning("snapshot_not_written", projection=self.name, reason=str(error))
        self._saved, self._saved_at = self.position, self._clock()
