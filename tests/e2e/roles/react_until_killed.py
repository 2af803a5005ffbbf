"""`glasshouse react` that is killed at one point of a dispatch: before or after its append, or after the broker has it.

It stands alone: outside pytest another package of that name hides `tests`.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from adapters.event_log.esdb.log import EsdbEventLog
from adapters.event_log.sqlite import SqliteEventLog
from adapters.mqtt.session import Session
from glasshouse.cli.app import main

Call = Callable[..., Awaitable[Any]]


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dispatches(appends: Any) -> bool:
    return any(event.type == "CommandDispatching" for append in appends for event in append.events)


def killed_around_append(append: Call, *, before: bool) -> Call:
    async def killed(self: Any, appends: Any) -> Any:
        if before and dispatches(appends):
            die()
        results = await append(self, appends)
        if dispatches(appends):
            die()
        return results

    return killed


def killed_after(publish: Call) -> Call:
    async def killed(*arguments: Any, **named: Any) -> Any:
        await publish(*arguments, **named)
        die()

    return killed


def arm(point: str) -> None:
    if point == "after-publish":
        setattr(Session, "publish_acked", killed_after(Session.publish_acked))  # noqa: B010 - a method is replaced
        return
    for log in (SqliteEventLog, EsdbEventLog):
        setattr(log, "append", killed_around_append(log.append, before=point == "before-append"))  # noqa: B010 - as above


if __name__ == "__main__":
    arm(sys.argv.pop(1))
    main()
