"""Reading one's own writes: wait until a read model has read up to a position, but not for long."""

import asyncio
from contextlib import suppress
from typing import Final

from adapters.history.port import HistoryQueries
from api.cursors import decode_position
from api.errors import ApiError, ErrorCode
from api.services import Services
from projections.running_queries import ProjectionHaltedError, UnknownProjectionError
from schema.envelope import Position

LATEST: Final = "latest"
HISTORY: Final = "history"
WINDOWS: Final = "windows"
ACCOUNTS: Final = "accounts"
LINEAGE: Final = "lineage"
DECISIONS: Final = "decisions"
COMMANDS: Final = "commands"
ALERTS: Final = "alerts"
_ASK_AGAIN_SECONDS: Final = 0.05


class Visibility:
    """Waits for read models on behalf of one operation."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def at_least(self, model: str, cursor: str | None) -> None:
        """Return once `model` has read up to `cursor`; ApiError NOT_YET_VISIBLE where that takes too long."""
        position = None if cursor is None else decode_position(cursor, self._services.log.log_id)
        if position is not None and not await self._reached(model, position):
            wait = self._services.limits.visibility_seconds
            message = f"the read model {model!r} did not read up to that cursor within {wait:g} s"
            raise ApiError(ErrorCode.NOT_YET_VISIBLE, message)

    async def settle(self, model: str, position: Position) -> None:
        """Give `model` its time to show a change; the change stands whether it does or not."""
        with suppress(ApiError):
            await self._reached(model, position)

    async def _until(self, model: str, position: Position) -> None:
        """Without end: how long to wait is for the caller to say."""
        try:
            await self._services.projections.reached(model, position)
        except UnknownProjectionError:
            if model not in {HISTORY, WINDOWS} or self._services.history is None:
                raise
            await self._filled_elsewhere(self._services.history, position)

    async def _filled_elsewhere(self, history: HistoryQueries, position: Position) -> None:
        """A history that another process fills tells in its checkpoint how far it is, and has to be asked again and again."""
        while True:
            checkpoint = await history.checkpoint()
            reached = None if checkpoint is None or checkpoint.log_id != self._services.log.log_id else checkpoint.position
            if reached is not None and reached >= position:
                return
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    async def _reached(self, model: str, position: Position) -> bool:
        try:
            async with asyncio.timeout(self._services.limits.visibility_seconds):
                await self._until(model, position)
        except TimeoutError:
            return False
        except ProjectionHaltedError as error:
            raise ApiError(ErrorCode.UNAVAILABLE, f"the read model {model!r} has halted; `projections` says why") from error
        return True
