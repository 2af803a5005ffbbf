"""A message to a target, to see whether it arrives."""

import asyncio
from typing import Final
from uuid import uuid4

from adapters.notify.port import Message, NotDeliveredError
from glasshouse.errors import SettingsError
from glasshouse.settings import Settings

_SECONDS: Final = 20.0


async def send_test(settings: Settings, name: str) -> str | None:
    """Why the target did not take it; None where it did. SettingsError where there is no target of that name."""
    if name not in settings.notify:
        there = ", ".join(sorted(settings.notify)) or "none"
        raise SettingsError(f"the settings name no target {name!r}; there are: {there}")
    target = settings.notify[name].opened(name)
    try:
        async with asyncio.timeout(_SECONDS):
            await target.send(_message(str(uuid4())))
    except NotDeliveredError as error:
        return str(error)
    except TimeoutError:
        return f"no answer within {_SECONDS:g} s"
    finally:
        await target.close()
    return None


def _message(name: str) -> Message:
    document = {"id": name, "state": "test", "severity": "info"}
    return Message(id=name, title="test of Glasshouse", text="this is no alert", severity="info", document=document)
