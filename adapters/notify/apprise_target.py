"""Whatever Apprise reaches: chat, push, mail, SMS. It blocks, so each target has a thread, with one message at a time."""

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Final

from adapters.notify.port import Message, NotDeliveredError

if TYPE_CHECKING:
    from apprise import Apprise

_TYPES: Final = {"critical": "failure", "warning": "warning", "info": "info"}


class AppriseTarget:
    """Implements `Target`. A thread that hangs keeps this target alone waiting, and no process from its end."""

    def __init__(self, name: str, url: str) -> None:
        self._name = name
        self._url = url
        self._at_work: threading.Thread | None = None

    async def send(self, message: Message) -> None:
        if self._at_work is not None and self._at_work.is_alive():
            raise NotDeliveredError("the message before is still under way")
        loop = asyncio.get_running_loop()
        taken: asyncio.Future[bool | Exception] = loop.create_future()

        def work() -> None:
            result = self._notified(message)
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, taken, result)

        self._at_work = threading.Thread(target=work, name=f"notify-{self._name}", daemon=True)
        self._at_work.start()
        result = await taken
        if result is not True:
            raise NotDeliveredError("the service did not take it" if result is False else type(result).__name__)

    async def close(self) -> None:
        """A thread that hangs ends with the process."""

    def _notified(self, message: Message) -> bool | Exception:
        try:
            return _notify(self._url, message)
        except Exception as error:  # noqa: BLE001  # whatever a plugin dies of is told
            return error


def can_read(url: str) -> bool:
    """Whether Apprise knows what to do with it."""
    return bool(_quiet_apprise().add(url))


def _notify(url: str, message: Message) -> bool:
    apprise = _quiet_apprise()
    apprise.add(url)
    text = f"{message.text}\nid {message.id}"
    return bool(apprise.notify(title=message.title, body=text, notify_type=_TYPES[message.severity]))


def _quiet_apprise() -> "Apprise":
    """What it logs may hold tokens."""
    from apprise import Apprise  # noqa: PLC0415  # half a second to load, which who has no such target is spared

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return Apprise()


def _settle(taken: "asyncio.Future[bool | Exception]", result: bool | Exception) -> None:
    if not taken.done():
        taken.set_result(result)
