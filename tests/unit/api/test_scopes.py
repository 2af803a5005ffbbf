"""A key that is good for a part of the house sees nothing of the rest, and changes nothing of it."""

import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.event_log.port import ANY, Append
from api.cursors import AnomalyPlace, encode_place
from api.keyring import Keyring
from api.limits import Limits
from api.schema import build_schema, root_fields
from api.types.node import NodeId
from api.writes import Writer
from schema.commands import CommandsRequested, RequestedCommand
from schema.events import DeviceMetadata, SiteDefined
from schema.ids import format_event_id
from schema.rules import AlertAcknowledged, AlertRaised, AlertRuleDefined, AlertSeverity, Threshold, Where
from schema.times import to_micros
from tests.support.alert_events import raised_alert
from tests.support.api import AsgiSocket, House, small_house
from tests.support.command_events import asked, command_id, control, correlated
from tests.support.house_events import Said, at, belonging, dead_letter, pack, reading
from tests.support.notification_events import failed, notification_id, requested, sent

DAY = 86_400
SPAN = 'from: "2026-06-01T00:00:00Z", to: "2026-06-13T00:00:00Z"'
QUERIES = {
    "device": '{ device(id: "DEVICE") { id site location latest { sensorId metric } placements { location } } }',
    "devices": "{ devices { nodes { id site location latest { sensorId metric } } edges { cursor } pageInfo { endCursor } } }",
    "devices below": '{ devices(location: "SITE") { nodes { id } } }',
    "devices after": '{ devices(first: 1, after: "AFTER") { nodes { id } pageInfo { hasNextPage endCursor } } }',
    "node": '{ node(id: "node of device") { __typename id nodeId ... on Device { site location latest { sensorId } } } }',
    "nodes": "{ nodes(ids: [NODES]) { __typename id nodeId } }",
    "sites": "{ sites { id name timeZone } }",
    "readings": '{ readings(deviceId: "DEVICE") { nodes { deviceId sensorId metric value } pageInfo { endCursor } } }',
    "readings known": '{ readings(deviceId: "DEVICE", knownAt: "2026-06-13T00:00:00Z") { nodes { deviceId value } } }',
    "device then": '{ device(id: "DEVICE") { stateAt(asOf: "2026-06-05T00:00:00Z") { site name latest { sensorId value } } } }',
    "series": '{ series(selectors: [{deviceId: "DEVICE", sensorId: "SENSOR", metric: "temperature"}], '
    f'{SPAN}, window: "P1D") '
    "{ deviceId sensorId metric unit buckets { start count mean } } }",
    "readingColumns": '{ readingColumns(selectors: [{deviceId: "DEVICE", sensorId: "SENSOR", metric: "temperature"}], '
    f"{SPAN}) "
    "{ deviceId sensorId metric unit next times values eventIds } }",
    "dailySummary": '{ dailySummary(deviceId: "DEVICE", date: "2026-06-01") { sensorId metric count mean } }',
    "heatMap": f'{{ heatMap(metric: "temperature", {SPAN}) {{ location devices count mean }} }}',
    "anomalies": "{ anomalies { nodes { deviceId sensorId metric value } pageInfo { endCursor } } }",
    "anomalies of one": '{ anomalies(deviceId: "DEVICE") { nodes { deviceId } } }',
    "alert": '{ alert(id: "DEVICE") { id kind deviceId } }',
    "alerts": "{ alerts { nodes { id kind deviceId sensorId value } edges { cursor } pageInfo { endCursor } } }",
    "alertReadings": '{ alertReadings(id: "DEVICE", first: 2) { nodes { deviceId value } edges { cursor } } }',
    "alert with who was told": '{ alert(id: "DEVICE") { id notifications { alertId deviceId target } } }',
    "notifications": "{ notifications { nodes { id alertId deviceId } edges { cursor } pageInfo { endCursor } } }",
    "notifications of one": '{ notifications(alertId: "DEVICE") { nodes { id alertId deviceId } } }',
    "alertRule": '{ alertRule(id: "DEVICE") { id name condition { metric } where { deviceId } } }',
    "alertRules": "{ alertRules { nodes { id name where { siteId deviceId } } edges { cursor } pageInfo { endCursor } } }",
    "backtest": '{ backtest(rule: {ruleId: "r", name: "Warm", threshold: {metric: "temperature", above: 15}}, '
    f"{SPAN}, "
    "basis: AS_CORRECTED) { total devices { deviceId alerts } alerts { deviceId sensorId since value } series lookedAt } }",
    "backtest of one": '{ backtest(rule: {ruleId: "r", name: "Warm", where: {deviceId: "DEVICE"}, threshold: {metric: '
    f'"temperature", above: 15}}}}, {SPAN}, '
    "basis: AS_KNOWN) { total devices { deviceId alerts } alerts { deviceId sensorId since value } series } }",
    "audit": '{ audit(eventId: "EVENT") { type source stream actor site } }',
    "deadLetters": "{ deadLetters { totalCount nodes { topic payload } } }",
    "command": '{ command(id: "COMMAND") { id deviceId actuatorId value state requestedBy } }',
    "commands": "{ commands { nodes { id deviceId correlationId } edges { cursor } pageInfo { endCursor } } }",
    "commands of one": '{ commands(deviceId: "DEVICE") { nodes { id deviceId } } }',
    "commands of a correlation": '{ commands(correlationId: "SITE-loop") { nodes { id deviceId } } }',
    "trace": '{ trace(correlationId: "SITE-loop") { commands { id } entries { ... on Traced { eventId type } } } }',
    "trace of an alert": '{ trace(correlationId: "DEVICE") { entries { ... on Traced { eventId type actor } '
    "... on TracedEvent { stream } } } }",
    "audit of an alert": '{ audit(eventId: "ALERT") { type source stream site } }',
    "projections": "{ projections { name state } }",
    "retentionRun": "{ retentionRun { startedAt } }",
    "recipients": "{ recipients { id name targets } }",
    "keys": "{ keys { id name } }",
    "mqttLogins": "{ mqttLogins { devices sites } }",
    "auditTrail": "{ auditTrail { nodes { actor document } } }",
}
NODES = {
    "device": "Device", "site": "Site", "event": "EventAudit", "anomaly": "Anomaly", "command": "Command", "alert": "Alert",
    "rule": "AlertRule", "notification": "Notification",
}  # fmt: skip
ALERTED = [
    "AlertRuleDefined",
    "AlertRaised",
    "NotificationRequested",
    "NotificationFailed",
    "NotificationSent",
    "AlertAcknowledged",
]
OF_ALPHA = {"DEVICE": "alpha-1", "SITE": "alpha", "SENSOR": "alpha-probe"}
OF_BRAVO = {"DEVICE": "bravo-1", "SITE": "bravo", "SENSOR": "bravo-probe"}
OF_NOBODY = {"DEVICE": "nobod-1", "SITE": "nobod", "SENSOR": "nobod-probe"}


def history_of(name: str) -> list[Said]:
    """A site with a device that has readings, an anomaly, a place and a decision."""
    device, values = f"{name}-1", [20.0] * 10 + [31.0, 20.0]
    said = [
        reading(device, day * DAY, sensor=f"{name}-probe", site=name, temperature=value) for day, value in enumerate(values)
    ]
    site = SiteDefined(site_id=name, name=f"The {name} site", time_zone="Europe/Rome")
    placed = DeviceMetadata(device_id=device, name=f"{name} climate", location=f"{name}/house")
    ordered = asked(f"{name}-loop", device=device, actuator=f"{name}-heater")
    condition = Threshold(metric="temperature", above=30.0)
    rule = AlertRuleDefined(rule_id=device, name=f"Warm {name}", condition=condition, where=Where(device_id=device))
    raised = alert_of(device, f"{name}-probe")
    decided = [pack(f"rule-{device}", rule), pack(f"control-{device}", placed)]
    told = [pack(f"alert-{device}", raised), requested(name, alert=device, device=device), failed(name), sent(name)]
    seen = AlertAcknowledged(alert_id=device, timestamp=at(0), note=f"The {name} vents")
    told.append(pack(f"alert-{device}", seen))
    decided += [belonging(each, device) for each in told]
    return [pack(f"site-{name}", site), *said, *decided, control(ordered, f"{name}-loop")]


def alert_of(device: str, sensor: str) -> AlertRaised:
    return AlertRaised(
        alert_id=device,
        timestamp=at(0),
        rule_id=device,
        rule_revision=0,
        kind="TemperatureAlert",
        severity=AlertSeverity.WARNING,
        device_id=device,
        sensor_id=sensor,
        metric="temperature",
        since=at(0),
        value=31.0,
    )


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[House]:
    """Two sites, and a message that nobody understood."""
    limits = Limits(progress_seconds=0.0, anomaly_seconds=0.01)
    async with small_house(tmp_path, limits=limits) as house:
        await house.says([*history_of("alpha"), *history_of("bravo"), dead_letter(b"bravo!")])
        yield house


async def key_for(house: House, *, role: str = "viewer", sites: tuple[str, ...] = (), devices: tuple[str, ...] = ()) -> str:
    keyring = Keyring(Writer(house.log, lambda: house.now), lambda: house.now)
    issued = await keyring.issue(
        name="part", role=role, account_id="main", expires_at=None, actor="test", sites=sites, devices=devices
    )
    await house.settle()
    return issued.text


async def ask(house: House, key: str, query: str, variables: dict[str, Any] | None = None) -> Any:
    async with house.client(None, authorization=f"Bearer {key}") as client:
        return (await client.post("/graphql", json={"query": query, "variables": variables})).json()


async def event_of(house: House, device: str, category: str = "device") -> str:
    [recorded] = await house.log.read_stream(f"{category}-{device}", start=0, limit=1)
    return format_event_id(recorded.id)


async def filled(house: House, query: str, names: dict[str, str]) -> str:
    after = base64.urlsafe_b64encode(f'["d","{names["DEVICE"]}"]'.encode()).decode().rstrip("=")
    known = names["SITE"] != "nobod"
    event = await event_of(house, names["DEVICE"]) if known else "0" * 8 + "-0000-8000-8000-" + "0" * 12
    hour = AnomalyPlace(to_micros(at(10 * DAY)), names["DEVICE"], names["SENSOR"], "temperature")
    alert = await event_of(house, names["DEVICE"], "alert") if known else event
    kinds = {"Device": names["DEVICE"], "Site": names["SITE"], "EventAudit": event, "Anomaly": encode_place(hour)}
    kinds |= {"Alert": names["DEVICE"], "AlertRule": names["DEVICE"], "Notification": notification_id(names["SITE"])}
    kinds["Command"] = command_id(f"{names['SITE']}-loop")
    nodes = {f"node of {word}": NodeId(kind, kinds[kind]).encode() for word, kind in NODES.items()}
    query = query.replace("NODES", ", ".join(f'"{word}"' for word in nodes))
    for word, value in {**names, **nodes, "AFTER": after, "EVENT": event, "ALERT": alert, "COMMAND": kinds["Command"]}.items():
        query = query.replace(word, value)
    return query


def told(answer: Any) -> str:
    """All that an answer tells, what stands in its cursors too."""
    text = repr(answer)
    for word in re.findall(r"[A-Za-z0-9_-]{8,}", text):
        try:
            text += base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode(errors="replace")
        except ValueError:
            continue
    return text


def test_every_query_is_asked_here() -> None:
    asked = {name.split()[0] for name in QUERIES}
    assert asked >= {path.partition(".")[2] for path in root_fields(build_schema()) if path.startswith("Query.")}


@pytest.mark.parametrize(("sites", "devices"), [(("alpha",), ()), ((), ("alpha-1",))], ids=["site", "device"])
@pytest.mark.parametrize("name", QUERIES)
async def test_what_is_out_of_sight_is_not_there(
    both: House, name: str, sites: tuple[str, ...], devices: tuple[str, ...]
) -> None:
    key = await key_for(both, sites=sites, devices=devices)
    of_own = await ask(both, key, await filled(both, QUERIES[name], OF_ALPHA))
    assert "bravo" not in told(of_own)
    of_others = await ask(both, key, await filled(both, QUERIES[name], OF_BRAVO))
    of_nobody = await ask(both, key, await filled(both, QUERIES[name], OF_NOBODY))
    assert repr(of_others).replace("bravo", "nobod") == repr(of_nobody)


@pytest.mark.parametrize(
    "name",
    [name for name in QUERIES if name not in {"deadLetters", "keys", "auditTrail", "mqttLogins", "retentionRun", "recipients"}],
)
async def test_what_is_in_sight_is_as_for_anybody(both: House, name: str) -> None:
    whole = await key_for(both)
    alone = await key_for(both, sites=("alpha", "bravo"))
    query = await filled(both, QUERIES[name], OF_ALPHA)
    assert await ask(both, alone, query) == await ask(both, whole, query)
    assert "errors" not in await ask(both, whole, query)


async def test_all_that_belongs_to_an_alert_of_its_part_is_in_sight(both: House) -> None:
    text = '{ trace(correlationId: "DEVICE") { truncated entries { ... on Traced { type } } } }'
    for names, types in ((OF_ALPHA, ALERTED), (OF_BRAVO, None)):
        trace = (await ask(both, await key_for(both, sites=("alpha",)), await filled(both, text, names)))["data"]["trace"]
        assert (trace and [entry["type"] for entry in trace["entries"]]) == types


async def test_every_node_of_its_part_is_in_sight(both: House) -> None:
    alone = await key_for(both, sites=("alpha",))
    answer = await ask(both, alone, await filled(both, QUERIES["nodes"], OF_ALPHA))
    assert [node["__typename"] for node in answer["data"]["nodes"]] == list(NODES.values())
    of_others = await ask(both, alone, await filled(both, QUERIES["nodes"], OF_BRAVO))
    assert of_others["data"]["nodes"] == [None] * len(NODES)


@pytest.mark.parametrize("size", [1, 2, 3, 50])
@pytest.mark.parametrize("field", ["devices", "anomalies", "commands", "alerts", "notifications"])
async def test_pages_hold_what_is_in_sight_in_either_direction(both: House, field: str, size: int) -> None:
    for number in range(2, 6):
        for site in ("alpha", "bravo"):
            spike = [20.0] * 10 + [40.0, 20.0]
            await both.says(
                [reading(f"{site}-{number}", day * DAY, site=site, temperature=value) for day, value in enumerate(spike)]
            )
            await both.says([control(asked(f"{site}-{number}", device=f"{site}-{number}"), f"{site}-{number}")])
            await both.says([raised_alert(f"{site}-{number}", device=f"{site}-{number}")])
            await both.says([requested(f"{site}-{number}", alert=f"{site}-{number}", device=f"{site}-{number}")])
    node = "id" if field == "devices" else "deviceId"
    text = f"""query ($first: Int, $after: String, $last: Int, $before: String) {{
      {field}(first: $first, after: $after, last: $last, before: $before) {{
        nodes {{ {node} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""

    async def walk(key: str, size_name: str, place_name: str, cursor_name: str, more_name: str) -> list[str]:
        found: list[str] = []
        asked: dict[str, Any] = {size_name: size}
        while True:
            page = (await ask(both, key, text, asked))["data"][field]
            names = [each[node] for each in page["nodes"]]
            found = names + found if size_name == "last" else found + names
            asked[place_name] = page["pageInfo"][cursor_name]
            if not page["pageInfo"][more_name]:
                return found

    forwards, backwards = ("first", "after", "endCursor", "hasNextPage"), ("last", "before", "startCursor", "hasPreviousPage")
    everything = await walk(await key_for(both), *forwards)
    assert {name[:5] for name in everything} == {"alpha", "bravo"}
    part = await key_for(both, sites=("alpha",))
    for way in (forwards, backwards):
        assert await walk(part, *way) == [name for name in everything if name.startswith("alpha")]


async def test_site_and_device_together_hold_what_is_in_both(both: House) -> None:
    key = await key_for(both, sites=("bravo",), devices=("alpha-1",))
    assert (await ask(both, key, "{ devices { nodes { id } } }"))["data"]["devices"]["nodes"] == []


async def test_dead_letters_are_for_those_who_see_the_whole_house(both: House) -> None:
    answer = await ask(both, await key_for(both, sites=("alpha",)), QUERIES["deadLetters"])
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


LIVE = """subscription ($after: String) { readings(after: $after FILTER) {
  __typename ... on ReadingReceived { reading { deviceId } } } }"""


@pytest.mark.parametrize("filtered", ["", ', deviceId: "bravo-1"', ', location: "bravo"', ', metric: "temperature"'])
async def test_a_subscription_tells_of_what_is_in_sight_alone(both: House, filtered: str) -> None:
    key = await key_for(both, sites=("alpha",))
    start = (await ask(both, await key_for(both), "{ devices(first: 1) { liveCursor } }"))["data"]["devices"]["liveCursor"]
    async with AsgiSocket(both.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(key)
        socket.subscribe(LIVE.replace("FILTER", filtered), {"after": start})
        heard: list[str] = []
        await both.says(
            [reading(f"{site}-{number}", 99, site=site, temperature=1.0) for number in (1, 2) for site in ("bravo", "alpha")]
        )
        await both.says([reading("alpha-9", 100, site="alpha", temperature=1.0)])
        while "alpha-9" not in heard and len(heard) < 20:
            frame = await socket.receive()
            heard.append(frame["payload"]["data"]["readings"].get("reading", {}).get("deviceId", "progress"))
            if filtered in {', deviceId: "bravo-1"', ', location: "bravo"'} and heard[-1] == "progress":
                break
        expected = set() if "bravo" in filtered else {"alpha-1", "alpha-2", "alpha-9"}
        assert set(heard) - {"progress"} == expected


async def test_the_present_state_is_that_of_what_is_in_sight(both: House) -> None:
    async with AsgiSocket(both.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(await key_for(both, sites=("alpha",)))
        for name, chosen in (("all", ""), ("other", ', deviceId: "bravo-1"'), ("place", ', location: "bravo"')):
            text = LIVE.replace("after: $after FILTER", f"initial: true{chosen}").replace("($after: String)", "")
            socket.subscribe(text, name=name)
            heard: list[str] = []
            while "progress" not in heard:
                frame = await socket.receive()
                heard.append(frame["payload"]["data"]["readings"].get("reading", {}).get("deviceId", "progress"))
            assert heard == (["alpha-1", "progress"] if name == "all" else ["progress"])
            socket.send({"id": name, "type": "complete"})


async def test_subscribers_of_different_sites_share_no_message(both: House) -> None:
    sockets: list[tuple[str, AsgiSocket]] = []
    for site in ("alpha", "bravo"):
        socket = await AsgiSocket(both.app, subprotocols=["graphql-transport-ws"]).__aenter__()
        await socket.init(await key_for(both, sites=(site,)))
        socket.subscribe(LIVE.replace("FILTER", ""))
        assert (await socket.receive())["payload"]["data"]["readings"]["__typename"] == "ReadingProgress"
        sockets.append((site, socket))
    await both.says([reading(f"{site}-1", 999, site=site, temperature=1.0) for site in ("alpha", "bravo")])
    for site, socket in sockets:
        while (heard := (await socket.receive())["payload"]["data"]["readings"])["__typename"] != "ReadingReceived":
            pass
        assert heard["reading"]["deviceId"] == f"{site}-1"
        await socket.__aexit__()


async def test_anomalies_are_followed_in_sight_alone(both: House) -> None:
    text = """subscription ($after: String) { anomalies(after: $after) {
      __typename ... on AnomalyFound { anomaly { deviceId } cursor } } }"""
    found = await ask(both, await key_for(both), '{ readings(deviceId: "none") { liveCursor } }')
    start = found["data"]["readings"]["liveCursor"]
    async with AsgiSocket(both.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(await key_for(both, sites=("alpha",)))
        socket.subscribe(text, {"after": start})
        values = [20.0] * 10 + [40.0, 20.0]
        for site in ("bravo", "alpha"):
            await both.says(
                [
                    reading(f"{site}-1", (20 + day) * DAY, sensor=f"{site}-probe", site=site, temperature=value)
                    for day, value in enumerate(values)
                ]
            )
        while (heard := (await socket.receive())["payload"]["data"]["anomalies"])["__typename"] != "AnomalyFound":
            assert "bravo" not in told(heard)
        assert heard["anomaly"]["deviceId"] == "alpha-1"
        assert "bravo" not in told(heard)


async def test_alerts_are_followed_in_sight_alone(both: House) -> None:
    text = """subscription ($after: String) { alerts(after: $after) {
      __typename ... on AlertChanged { alert { id deviceId } } } }"""
    start = (await ask(both, await key_for(both), "{ alerts { liveCursor } }"))["data"]["alerts"]["liveCursor"]
    async with AsgiSocket(both.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(await key_for(both, sites=("alpha",)))
        socket.subscribe(text, {"after": start})
        await both.says([raised_alert(f"of-{site}", device=f"{site}-1") for site in ("bravo", "alpha")])
        while (heard := (await socket.receive())["payload"]["data"]["alerts"])["__typename"] != "AlertChanged":
            assert "bravo" not in told(heard)
        assert heard["alert"] == {"id": "of-alpha", "deviceId": "alpha-1"}


@pytest.mark.parametrize("basis", ["AS_CORRECTED", "AS_KNOWN"])
async def test_a_back_test_that_is_followed_looks_at_what_is_in_sight_alone(both: House, basis: str) -> None:
    rule = '{ruleId: "r", name: "Warm", threshold: {metric: "temperature", above: 15}}'
    text = f"""subscription {{ backtest(rule: {rule}, {SPAN}, basis: {basis}) {{
      ... on Backtest {{ devices {{ deviceId }} alerts {{ deviceId sensorId }} }} }} }}"""
    async with AsgiSocket(both.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(await key_for(both, sites=("alpha",)))
        socket.subscribe(text)
        while not (heard := (await socket.receive())["payload"]["data"]["backtest"]):
            pass
    assert "alpha-1" in told(heard)
    assert "bravo" not in told(heard)


async def test_an_export_holds_what_is_in_sight_alone(both: House) -> None:
    asked = {"what": "readings", "format": "csv", "from": "2026-06-01T00:00:00Z", "to": "2026-06-20T00:00:00Z"}
    async with both.client(None, authorization=f"Bearer {await key_for(both, sites=('alpha',))}") as client:
        text = (await client.get("/export", params=asked)).text
    assert "alpha-1" in text
    assert "bravo" not in text


async def test_metrics_are_for_those_who_see_the_whole_house(both: House) -> None:
    async with both.client(None, authorization=f"Bearer {await key_for(both, sites=('alpha',))}") as client:
        response = await client.get("/metrics", headers={"x-forwarded-for": "192.0.2.1"})
    assert response.status_code == 403


CORRECTION = """(input: {deviceId: "DEVICE", metric: "temperature", from: null, to: null,
  operation: EXCLUDE, reason: "x"})"""
CHANGES = {
    "defineSite": '(input: {siteId: "SITE", name: "Mine"})',
    "registerDevice": '(input: {deviceId: "DEVICE", name: "Mine"})',
    "correctReadings": CORRECTION,
    "defineAlertRule": """(input: {ruleId: "DEVICE", name: "Mine", where: {deviceId: "DEVICE"},
  threshold: {metric: "temperature", above: 1}})""",
    "acknowledgeAlert": '(id: "DEVICE", note: "mine")',
    "silenceAlert": '(id: "DEVICE", until: "2026-06-03T00:00:00Z")',
    "dry run": CORRECTION.replace("reason", "dryRun: true, reason"),
    "replaceSensor": '(input: {deviceId: "DEVICE", sensorId: "SENSOR", by: null})',
    "issueCommand": '(input: {deviceId: "DEVICE", actuatorId: "heater", value: "on"})',
    "issueCommands": '(input: {commands: [{deviceId: "DEVICE", actuatorId: "heater", value: "on"}], correlationId: "SITE-2"})',
    "cancelCommand": '(id: "COMMAND")',
    "retireDevice": '(input: {deviceId: "DEVICE", reason: "x"})',
}


def mutation(name: str, names: dict[str, str]) -> str:
    arguments, field = CHANGES[name], "correctReadings" if name == "dry run" else name
    for word, value in {**names, "COMMAND": command_id(f"{names['SITE']}-loop")}.items():
        arguments = arguments.replace(word, value)
    return f"mutation {{ {field}{arguments} {{ __typename ... on OperationError {{ code message }} }} }}"


@pytest.mark.parametrize("name", CHANGES)
async def test_nobody_changes_what_he_does_not_see_nor_learns_whether_it_is_there(both: House, name: str) -> None:
    key = await key_for(both, role="operator", sites=("alpha",))
    head = await both.log.head()
    others, nobodys = [await ask(both, key, mutation(name, names)) for names in (OF_BRAVO, OF_NOBODY)]
    assert repr(others).replace("bravo", "nobod").replace(command_id("bravo-loop"), command_id("nobod-loop")) == repr(nobodys)
    [answer] = others["data"].values()
    assert answer["code"] == ("NOT_FOUND" if name in {"cancelCommand", "acknowledgeAlert", "silenceAlert"} else "FORBIDDEN")
    assert await both.log.head() == head
    [own] = (await ask(both, key, mutation(name, OF_ALPHA)))["data"].values()
    assert own.get("code") in {None, "NOT_FOUND"}  # there is no replacement to take back


@pytest.mark.parametrize(
    ("device", "location", "allowed"),
    [
        ("alpha-2", "alpha/house", True),
        ("alpha-2", "bravo/house", False),
        ("alpha-2", None, False),
        ("alpha-1", "alpha/other", True),
        ("alpha-1", "bravo/house", False),
        ("alpha-1", None, True),
        ("bravo-1", "alpha/house", False),
    ],
)
async def test_nobody_moves_a_device_out_of_his_sight_or_into_it(
    both: House, device: str, location: str | None, allowed: bool
) -> None:
    key = await key_for(both, role="operator", sites=("alpha",))
    text = """mutation ($device: ID!, $location: String) { registerDevice(input: {deviceId: $device, location: $location}) {
      __typename ... on OperationError { code } } }"""
    answer = (await ask(both, key, text, {"device": device, "location": location}))["data"]["registerDevice"]
    assert answer.get("code") == (None if allowed else "FORBIDDEN")


async def test_a_sensor_is_not_replaced_by_one_out_of_sight(both: House) -> None:
    text = """mutation { replaceSensor(input: {deviceId: "alpha-1", sensorId: "alpha-probe", at: "2026-06-02T00:00:00Z",
      by: {deviceId: "bravo-1", sensorId: "bravo-probe"}}) { __typename ... on OperationError { code } } }"""
    key = await key_for(both, role="operator", sites=("alpha",))
    assert (await ask(both, key, text))["data"]["replaceSensor"]["code"] == "FORBIDDEN"


async def test_a_device_that_people_placed_but_that_never_spoke_belongs_to_the_site_of_its_place(both: House) -> None:
    await both.says([pack("control-silent", DeviceMetadata(device_id="silent", location="alpha/house"))])
    for site, seen in (("alpha", True), ("bravo", False)):
        found = await ask(both, await key_for(both, sites=(site,)), '{ device(id: "silent") { id } }')
        assert (found["data"]["device"] is not None) is seen


async def test_of_a_request_over_several_sites_each_sees_his_own_commands(both: House) -> None:
    ordered = [asked("all", number, device=f"{name}-1") for number, name in enumerate(("alpha", "bravo"))]
    parts = tuple(
        RequestedCommand(command_id=str(one.command_id), device_id=one.device_id, actuator_id="heater", command="set")
        for one in ordered
    )
    request = CommandsRequested(correlation_id="all", digest="x", timestamp=at(0), deadline=at(30), commands=parts)
    await both.says([correlated("request-all", request, "all"), *(control(one, "all") for one in ordered)])
    query = """{ trace(correlationId: "all") { commands { deviceId } entries { __typename } }
      commands(correlationId: "all") { nodes { deviceId } } }"""
    for sites, types in ((("alpha",), {"TracedCommand"}), (("alpha", "bravo"), {"TracedRequest", "TracedCommand"})):
        answer = (await ask(both, await key_for(both, sites=sites), query))["data"]
        assert {entry["__typename"] for entry in answer["trace"]["entries"]} == types
        seen = [f"{name}-1" for name in sites]
        assert [one["deviceId"] for one in answer["trace"]["commands"]] == seen
        assert [one["deviceId"] for one in answer["commands"]["nodes"]] == seen[::-1]


async def test_what_becomes_of_commands_is_told_in_sight_alone(both: House) -> None:
    async with AsgiSocket(both.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(await key_for(both, sites=("alpha",)))
        socket.subscribe('subscription { commandUpdates(correlationId: "all") { deviceId } }')
        for number, name in enumerate(("bravo", "alpha")):
            await both.says([control(asked("all", number, device=f"{name}-1"), "all")])
        assert (await socket.receive())["payload"]["data"]["commandUpdates"]["deviceId"] == "alpha-1"


async def test_of_an_alert_whose_device_nobody_can_tell_a_part_of_the_house_is_told_nothing(both: House) -> None:
    raised = alert_of("alpha-1", "alpha-probe")
    stream, event = belonging(pack("alert-odd", raised), "odd")
    seen = belonging(pack(stream, AlertAcknowledged(alert_id="odd", timestamp=at(0))), "odd")
    await both.log.append([Append(stream, ANY, [replace(event, type="AlertRaisedByOthers")])])
    await both.says([seen])
    text = '{ trace(correlationId: "odd") { entries { ... on Traced { type } } } }'
    assert (await ask(both, await key_for(both, sites=("alpha",)), text))["data"]["trace"] is None
    whole = (await ask(both, await key_for(both), text))["data"]["trace"]["entries"]
    assert [entry["type"] for entry in whole] == ["AlertRaisedByOthers", "AlertAcknowledged"]


async def test_a_rule_that_was_about_more_when_it_raised_an_alert_is_not_told(both: House) -> None:
    def rule(name: str, where: Where) -> Said:
        condition = Threshold(metric="temperature", above=30.0)
        return pack("rule-any", AlertRuleDefined(rule_id="any", name=name, condition=condition, where=where))

    await both.says([rule("All of bravo, too", Where()), rule("Mine", Where(device_id="alpha-1"))])
    for revision, told_of_it in ((0, False), (1, True)):
        raised = replace(alert_of("alpha-1", "alpha-probe"), alert_id=f"of-{revision}", rule_id="any", rule_revision=revision)
        await both.says([belonging(pack(f"alert-of-{revision}", raised), f"of-{revision}")])
        text = f'{{ trace(correlationId: "of-{revision}") {{ entries {{ ... on TracedEvent {{ type text }} }} }} }}'
        answer = await ask(both, await key_for(both, sites=("alpha",), devices=("alpha-1",)), text)
        types = [entry["type"] for entry in answer["data"]["trace"]["entries"]]
        assert types == (["AlertRuleDefined", "AlertRaised"] if told_of_it else ["AlertRaised"])
        assert "bravo" not in told(answer)
