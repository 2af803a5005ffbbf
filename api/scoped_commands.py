"""Commands as somebody sees them whose key is good for a part of the house alone."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager

from msgspec.structs import replace

from api.scope import Sight
from domain.control import Control
from projections.command_queries import CommandQueries, CommandQuery, CommandView, KnownControl, RequestView


class SeenCommands:
    """The port `CommandQueries`. A request is seen by who sees all of its devices."""

    def __init__(self, commands: CommandQueries, sight: Sight) -> None:
        self._commands = commands
        self._sight = sight

    async def find(self, ids: Sequence[str]) -> list[CommandView | None]:
        return [None if view is None or not self._sees(view) else view for view in await self._commands.find(ids)]

    async def commands(self, query: CommandQuery) -> list[CommandView]:
        if query.device_id is not None:
            return await self._commands.commands(query) if self._sight.device(query.device_id) else []
        return await self._commands.commands(replace(query, devices=tuple(await self.devices())))

    async def devices(self) -> list[str]:
        return [device for device in await self._commands.devices() if self._sight.device(device)]

    async def request(self, correlation_id: str) -> RequestView | None:
        request = await self._commands.request(correlation_id)
        return request if request is not None and all(await self.find(request.command_ids)) else None

    async def control(self, device_id: str) -> KnownControl:
        if not self._sight.device(device_id):
            return KnownControl(Control(device_id))
        return await self._commands.control(device_id)

    def watching(self, correlation_id: str) -> AbstractContextManager[asyncio.Event]:
        return self._commands.watching(correlation_id)

    def _sees(self, view: CommandView) -> bool:
        return self._sight.device(view.command.device_id)
