"""`up`: a house that runs until it is told to stop."""

from collections.abc import Awaitable, Callable

from glasshouse.data_folder import own
from glasshouse.first_key import first_admin_key
from glasshouse.house import House, running_house
from glasshouse.loops import told_to_stop
from glasshouse.settings import Settings


async def up(settings: Settings, on_ready: Callable[[House, str | None], Awaitable[None] | None]) -> None:
    """Run a house until SIGTERM or SIGINT. `on_ready` gets it and, at the very first start, the first admin key."""
    with own(settings.folder) as folder:
        async with running_house(settings, folder) as house:
            stop = told_to_stop()
            key = await first_admin_key(house.log, house.read)
            house.announce()
            told = on_ready(house, key)
            if told is not None:
                await told
            await stop.wait()
