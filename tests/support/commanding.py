"""A small house with a box whose heater, vent and fan take commands, and how they are asked for."""

from collections.abc import Mapping
from typing import Any, Final

from api.roles import Role
from schema.actuators import ActuatorSpec, ActuatorType
from schema.commands import CommandAcknowledged, CommandDispatched, CommandDispatching, CommandEnded, CommandStep, Outcome
from schema.events import ActuatorCommand, DeviceMetadata, DeviceStatus, Event
from schema.registry import REGISTRY
from tests.support.api import House
from tests.support.command_events import control, step
from tests.support.house_events import START, Said, pack

COMMAND: Final = """id nodeId correlationId deviceId actuatorId command value state requestedAt requestedBy causationId
  deadline held dispatchedAt acknowledgedAt endedAt reason reachedState setsBack steps { state at eventId }"""
ISSUE: Final = f"""mutation ($input: IssueCommandInput!) {{ issueCommand(input: $input) {{ __typename
  ... on IssueCommandSuccess {{ cursor command {{ {COMMAND} }} }} ... on OperationError {{ code message retryAt }} }} }}"""
ISSUE_SEVERAL: Final = f"""mutation ($input: IssueCommandsInput!) {{ issueCommands(input: $input) {{ __typename
  ... on IssueCommandsSuccess {{ cursor correlationId commands {{ {COMMAND} }} }}
  ... on OperationError {{ code message retryAt }} }} }}"""


def registered(device: str = "box", *, site: str = "farm") -> Said:
    """A device with a heater that is on or off, a vent of 0 to 100 % and a fan."""
    actuators = (
        ActuatorSpec(actuator_id="heater"),
        ActuatorSpec(actuator_id="vent", type=ActuatorType.LEVEL),
        ActuatorSpec(actuator_id="fan"),
    )
    return pack(f"control-{device}", DeviceMetadata(device_id=device, location=f"{site}/house", actuators=actuators))


def status(device: str, word: str) -> Said:
    return pack(f"device-{device}", DeviceStatus(device_id=device, status=word, timestamp=START))


def wanted(actuator: str = "heater", value: object = "on", device: str = "box", **rest: Any) -> dict[str, Any]:
    return {"deviceId": device, "actuatorId": actuator, "value": value, **rest}


async def control_of(house: House, device: str = "box") -> list[Event]:
    """What its control stream holds."""
    return [REGISTRY.unpack(each) for each in await house.log.read_stream(f"control-{device}", limit=500)]


async def asked_of(house: House, device: str = "box") -> list[ActuatorCommand]:
    """The commands that stand in its control stream."""
    return [event for event in await control_of(house, device) if isinstance(event, ActuatorCommand)]


async def become(house: House, event: ActuatorCommand, *kinds: type[CommandStep] | Outcome) -> None:
    """Steps of a command, as reactors append them."""
    said: list[Said] = []
    asked_at = (event.timestamp - START).total_seconds()
    for second, kind in enumerate(kinds, 1):
        ended: Mapping[str, Any] = {"outcome": kind, "state": event.value} if isinstance(kind, Outcome) else {}
        of = CommandEnded if isinstance(kind, Outcome) else kind
        said.append(control(step(of, event, asked_at + second, **ended), event.correlation_id))
    await house.says(said)


ON_ITS_WAY: Final = (CommandDispatching, CommandDispatched, CommandAcknowledged)


async def issue(house: House, role: Role = Role.OPERATOR, **given: Any) -> Any:
    """What `issueCommand` answers."""
    return (await house.ask(ISSUE, {"input": wanted(**given)}, role=role))["issueCommand"]


async def issue_several(house: House, *commands: dict[str, Any], **rest: Any) -> Any:
    """What `issueCommands` answers."""
    given = {"commands": list(commands), **rest}
    return (await house.ask(ISSUE_SEVERAL, {"input": given}, role=Role.OPERATOR))["issueCommands"]
