"""A target that a recipient names and no setting does is told before anything is to be sent."""

import asyncio
from pathlib import Path

from prometheus_client import CollectorRegistry

from adapters.notify.addresses import TargetAddress
from glasshouse.notify_side import NotifySide, Telling
from tests.support.house_events import pack, tell
from tests.support.memory_log import MemoryLog
from tests.support.notifying import person

TARGETS = {"phone": TargetAddress("http://127.0.0.1:9", secret="at least sixteen")}


async def at_once() -> None:
    """Nobody else acts on this log."""


async def complains(side: NotifySide, complaint: str | None) -> None:
    while side.complaint() != complaint:
        await asyncio.sleep(0.001)


async def test_a_target_that_no_setting_names_is_told_while_somebody_would_be_told_by_it(tmp_path: Path) -> None:
    log = MemoryLog()
    side = NotifySide(log, Telling(TARGETS), tmp_path, registry=CollectorRegistry(), standing=at_once, follow=None)
    async with asyncio.TaskGroup() as tasks:
        working = side.start(tasks)
        await tell(log, [pack(f"recipient-{name}", person(name, targets=("fone", "phone"))) for name in ("ada", "ben")])
        await complains(side, "the settings name no fone, by which ada, ben would be told")
        await tell(log, [pack(f"recipient-{name}", person(name, targets=("fone",))) for name in ("cleo", "dan")])
        await complains(side, "the settings name no fone, by which ada, ben, cleo and others would be told")
        await tell(log, [pack(f"recipient-{name}", person(name)) for name in ("ada", "ben", "cleo")])
        await tell(log, [pack("recipient-dan", person("dan", targets=("fone",), enabled=False))])
        await complains(side, None)
        for task in working:
            task.cancel()
