"""The trace of a correlation id: its cause, its commands, what devices told, late or not, and what came of it, in order."""

from typing import Any

from api.roles import Role
from schema.commands import Outcome, RequestEnded
from schema.events import ActuatorEvent, CommandAck
from schema.ids import format_event_id
from tests.support.api import NOW, House
from tests.support.command_events import correlated
from tests.support.commanding import ISSUE, ISSUE_SEVERAL, ON_ITS_WAY, asked_of, become, registered, wanted
from tests.support.house_events import Said, at, pack, reading

TRACE = """query ($id: ID!) { trace(correlationId: $id) { correlationId truncated commands { id state }
  entries { __typename
    ... on Traced { eventId type at causationId actor }
    ... on TracedReading { after readings { sensorId metric value unit } }
    ... on TracedRequest { commandIds onFailure }
    ... on TracedCommand { commandId deviceId actuatorId command value setsBack }
    ... on TracedStep { commandId step: state reason reachedState }
    ... on TracedAnswer { commandId result told: state late }
    ... on TracedEnd { succeeded setBack left }
    ... on TracedEvent { stream } } } }"""


async def traced(house: House, correlation_id: str, role: Role = Role.VIEWER) -> Any:
    return (await house.ask(TRACE, {"id": correlation_id}, role=role))["trace"]


def ack(command_id: str, result: str, second: float) -> Said:
    return pack("device-box", CommandAck(device_id="box", command_id=command_id, result=result, timestamp=at(second)))


async def test_a_trace_leads_from_the_reading_to_the_readings_after(house: House) -> None:
    hot = reading("probe", 86_000, temperature=31.0)
    await house.says([registered(), registered("probe"), hot])
    cause = format_event_id(hot[1].id)
    given = {"input": wanted(correlationId="loop", causationId=cause)}
    command = (await house.ask(ISSUE, given, role=Role.OPERATOR))["issueCommand"]["command"]
    [event] = await asked_of(house)
    await become(house, event, *ON_ITS_WAY[:2])
    moved = ActuatorEvent(device_id="box", actuator_id="heater", timestamp=NOW, state="on", command_id=command["id"])
    await house.says([ack(command["id"], "accepted", 86_401), pack("device-box", moved)])
    await become(house, event, ON_ITS_WAY[2], Outcome.SUCCEEDED)
    end = RequestEnded(correlation_id="loop", timestamp=NOW, succeeded=True)
    late = ack(command["id"], "succeeded", 86_500)
    strange = CommandAck(device_id="probe", command_id=command["id"], result="failed", timestamp=NOW)
    cooler = [reading("probe", 90_000 + number, temperature=30.0 - number) for number in range(3)]
    await house.says([correlated("request-loop", end, "loop"), late, pack("device-probe", strange), *cooler])
    trace = await traced(house, "loop")
    assert trace["commands"] == [{"id": command["id"], "state": "SUCCEEDED"}]
    entries = trace["entries"]
    assert [entry["__typename"].removeprefix("Traced") for entry in entries] == [
        *("Reading", "Request", "Command", "Step", "Step", "Answer", "Answer", "Step", "Step", "End", "Answer", "Reading")
    ]
    assert [entry["step"] for entry in entries if "step" in entry] == [
        "DISPATCHING",
        "DISPATCHED",
        "ACKNOWLEDGED",
        "SUCCEEDED",
    ]
    answers = [(entry["result"], entry["told"], entry["late"]) for entry in entries if "late" in entry]
    assert answers == [("ACCEPTED", None, False), (None, "on", False), ("SUCCEEDED", None, True)]
    assert [(entry["after"], entry["readings"][0]["value"]) for entry in entries if "after" in entry] == [
        (False, 31.0),
        (True, 30.0),
    ]
    ids = [entry["eventId"] for entry in entries]
    assert [entry["causationId"] for entry in entries[1:3]] == ids[:2]
    assert [entry["causationId"] for entry in entries if "late" in entry] == [ids[4], ids[4], ids[8]]


async def test_a_cause_comes_before_what_it_led_to(house: House) -> None:
    await house.says([registered(), registered("shed")])
    both = [wanted("heater"), wanted("fan", device="shed")]
    given = {"input": {"commands": both, "correlationId": "night", "onFailure": "SET_BACK"}}
    await house.ask(ISSUE_SEVERAL, given, role=Role.OPERATOR)
    for device, outcome in (("shed", Outcome.FAILED), ("box", Outcome.SUCCEEDED)):
        [event] = await asked_of(house, device)
        await become(house, event, *ON_ITS_WAY, outcome)
    trace = await traced(house, "night")
    seen: set[str] = set()
    for entry in trace["entries"]:
        assert entry["causationId"] is None or entry["causationId"] in seen
        seen.add(entry["eventId"])
    assert len([entry for entry in trace["entries"] if "step" in entry]) == 8
    assert trace["entries"][0]["onFailure"] == "SET_BACK"


async def test_any_event_of_the_correlation_id_belongs_and_none_is_no_trace(house: House) -> None:
    state = ActuatorEvent(device_id="probe", actuator_id="a", timestamp=at(1), state=1.0)
    await house.says([correlated("device-probe", state, "mine")])
    [entry] = (await traced(house, "mine"))["entries"]
    assert (entry["__typename"], entry["stream"]) == ("TracedEvent", "device-probe")
    assert await traced(house, "nobody") is None


async def test_a_long_trace_says_that_there_is_more(house: House) -> None:
    said = [
        correlated("device-probe", ActuatorEvent(device_id="probe", actuator_id="a", timestamp=at(number), state=1.0), "long")
        for number in range(502)
    ]
    await house.says(said)
    trace = await traced(house, "long")
    assert (len(trace["entries"]), trace["truncated"]) == (500, True)
