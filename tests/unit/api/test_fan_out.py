"""No list asks its stores once for each of its items: however many there are, as good as the same questions are asked."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from adapters.history.port import Anomaly, SeriesKey
from api.roles import Role
from api.types.node import NodeId
from domain.anomalies import Severity
from schema.envelope import Cursor, Position
from schema.events import DeviceMetadata, SiteDefined
from schema.ids import format_event_id
from schema.times import HOUR_US
from tests.support.api import House
from tests.support.command_events import asked, command_id, control
from tests.support.house_events import Said, dead_letter, pack, reading

SPAN = 'from: "2026-06-01T00:00:00Z", to: "2026-06-02T00:00:00Z"'
SELECTORS = '[{deviceId: "d0", sensorId: "s0", metric: "temperature"}, {deviceId: "d1", sensorId: "s0", metric: "temperature"}]'
LISTS = {
    "devices": """{ devices(first: 50) { nodes { nodeId latest { value correction } placements { location }
        corrections { id } actuators { state } } liveCursor } }""",
    "sites": "{ sites { nodeId timeZone } }",
    "readings": '{ readings(deviceId: "d0", first: 50) { nodes { value verdict correction } liveCursor } }',
    "an index": '{ readings(deviceId: "d0", metric: "dew_point", first: 50) { nodes { value } } }',
    "series": f'{{ series(selectors: {SELECTORS}, {SPAN}, window: "PT1M") {{ buckets {{ mean }} columns {{ values }} }} }}',
    "readingColumns": f"{{ readingColumns(selectors: {SELECTORS}, {SPAN}) {{ values verdicts }} }}",
    "dailySummary": '{ dailySummary(deviceId: "d0", date: "2026-06-01") { mean } }',
    "heatMap": f'{{ heatMap(metric: "temperature", {SPAN}) {{ mean }} }}',
    "anomalies": "{ anomalies(first: 50) { nodes { nodeId value } liveCursor } }",
    "deadLetters": "{ deadLetters(first: 50) { nodes { nodeId payload } totalCount } }",
    "commands": "{ commands(first: 50) { nodes { nodeId state steps { eventId } } } }",
    "keys": "{ keys { nodeId lastUsedAt } }",
    "auditTrail": "{ auditTrail(first: 50) { nodes { document } } }",
    "projections": "{ projections { nodeId rebuild { phase } } }",
}
MORE: int = 4
"""Questions that a list of forty may ask beyond those of one of four: some lists are read in parts that grow."""


async def fill(house: House, first: int, last: int) -> None:
    """Of everything that lists hold, the items from one number up to another."""
    said: list[Said] = []
    for number in range(first, last):
        at = 60 * number
        said += [reading(f"d{number}", at, sensor="s0", temperature=20.0, humidity=50.0)]
        said += [reading("d0", at, sensor=f"s{number}", own_id=f"x{number}", temperature=20.0, humidity=50.0)]
        said += [pack(f"control-d{number}", DeviceMetadata(device_id=f"d{number}", location=f"farm/h{number}"))]
        said += [control(asked(f"c{number}", device=f"d{number}"), f"c{number}")]
        said += [pack(f"site-f{number}", SiteDefined(site_id=f"f{number}", time_zone="UTC")), dead_letter(b"%d" % number)]
    await house.says(said)
    hours = [Anomaly(SeriesKey("d0", "s0", "temperature"), hour * HOUR_US, 9, 1, 8, 6, Severity.MINOR, Position(1))
             for hour in range(first, last)]  # fmt: skip
    await house.history.keep([], {}, Cursor(house.log.log_id, Position(1)), hours)


def counted(house: House, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each question is asked of the stores from now on."""
    asked: Counter[str] = Counter()
    stores = {
        house.log: ("read_stream", "read", "head"),
        house.history: ("checkpoint", "readings", "columns", "windows", "series", "anomalies", "anomalies_in", "watermarks"),
        house.services.commands: ("find", "commands", "request", "control"),
        house.services.lineage: ("find", "find_all", "dead_letters", "count_dead_letters"),
    }

    def counting(name: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        def count(*given: Any, **named: Any) -> Any:
            asked[name] += 1
            return ask(*given, **named)

        return count

    for store, names in stores.items():
        for name in names:
            if hasattr(store, name):
                monkeypatch.setattr(store, name, counting(name, getattr(store, name)))
    return asked


async def test_forty_items_ask_no_more_than_four(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(house, 0, 4)
    asked = counted(house, monkeypatch)
    few: dict[str, int] = {}
    many: dict[str, int] = {}
    for found in (few, many):
        for name, query in LISTS.items():
            asked.clear()
            await house.ask(query, role=Role.ADMIN)
            found[name] = asked.total()
        await fill(house, 4, 40)
    assert {name: (few[name], count) for name, count in many.items() if count > few[name] + MORE} == {}


@pytest.mark.parametrize("kind", ["Device", "Site", "EventAudit", "DeadLetter", "Anomaly", "Command"])
async def test_forty_nodes_ask_no_more_than_four(house: House, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    await fill(house, 0, 40)
    letters = [format_event_id(dead_letter(b"%d" % number)[1].id) for number in range(40)]
    ids = {
        "Device": [NodeId("Device", f"d{number}").encode() for number in range(40)],
        "Site": [NodeId("Site", f"f{number}").encode() for number in range(40)],
        "EventAudit": [NodeId("EventAudit", event_id).encode() for event_id in letters],
        "Command": [NodeId("Command", command_id(f"c{number}")).encode() for number in range(40)],
        "DeadLetter": [NodeId("DeadLetter", event_id).encode() for event_id in letters],
    }
    if kind == "Anomaly":
        page = await house.ask("{ anomalies(first: 40) { nodes { nodeId } } }")
        ids["Anomaly"] = [node["nodeId"] for node in page["anomalies"]["nodes"]]
    asked = counted(house, monkeypatch)
    counts = []
    for number in (4, 40):
        asked.clear()
        answer = await house.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids[kind][:number]})
        assert None not in answer["nodes"]
        assert len(answer["nodes"]) == number
        counts.append(asked.total())
    assert counts[1] <= counts[0] + 1
