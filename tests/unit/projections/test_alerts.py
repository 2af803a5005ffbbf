"""What is kept of alerts and of who was told of them is a function of the log, whether it was read at once or in parts."""

from pathlib import Path

from prometheus_client import CollectorRegistry

from adapters.snapshot import SnapshotFile
from projections.alerts import SNAPSHOT_KIND, SNAPSHOT_VERSION, Alerts
from projections.engine import Engine
from projections.feed import Feed
from projections.metrics import ProjectionMetrics
from schema.rules import AlertRuleDefined, Silence
from tests.support.alert_events import cleared_alert, raised_alert
from tests.support.house_events import pack, tell
from tests.support.memory_log import MemoryLog
from tests.support.notification_events import failed, given_up, notification_id, requested, sent
from tests.support.notifying import person
from tests.unit.projections.conftest import Spawn

LIFE = [
    pack("rule-still", AlertRuleDefined(rule_id="still", name="Still", condition=Silence())),
    pack("recipient-ada", person()),
    raised_alert("a"),
    requested("a"),
    failed("a"),
    requested("b"),
    sent("a", 2),
    cleared_alert("a", 60),
    failed("b"),
    requested("c"),
    given_up("b"),
    failed("c", 3),
]


async def read(log: MemoryLog, spawn: Spawn, file: SnapshotFile | None = None) -> Alerts:
    """The read model at the head of the log."""
    feed, alerts = Feed(log), Alerts(file)
    engine = Engine(log, feed, [alerts], metrics=ProjectionMetrics(CollectorRegistry()))
    tasks = [spawn(feed.run()), spawn(engine.run())]
    head = await log.head()
    assert head is not None
    await engine.reached(alerts.name, head)
    for task in reversed(tasks):
        task.cancel()
    await alerts.close()
    return alerts


async def test_what_was_kept_and_read_on_is_what_is_read_from_the_start(spawn: Spawn, tmp_path: Path) -> None:
    for cut in range(1, len(LIFE)):
        log, file = MemoryLog(), SnapshotFile(tmp_path / f"{cut}.json", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
        await tell(log, LIFE[:cut])
        before = await read(log, spawn, file)
        await tell(log, LIFE[cut:])
        after, anew = await read(log, spawn, file), await read(log, spawn)
        assert after.content_hash() == anew.content_hash() != before.content_hash()
        assert after.notification(notification_id("c")) == anew.notification(notification_id("c")) is not None
