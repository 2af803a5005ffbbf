"""The state of an actuator."""

from datetime import datetime

import strawberry

from api.fields import described
from api.scalars import StateValue
from projections.latest_queries import LatestActuator
from schema.ids import format_event_id


@strawberry.type(description="The state that an actuator last said it is in.")
class ActuatorState:
    actuator_id: strawberry.ID = described("The actuator on the device.")
    state: StateValue = described("The state: a text, a number, true or false.")
    reason: str | None = described("Why, where the device said so.")
    timestamp: datetime = described("When, by the device's clock.")
    event_id: strawberry.ID = described("The event that says so.")


def actuator_state(actuator: LatestActuator) -> ActuatorState:
    return ActuatorState(
        actuator_id=strawberry.ID(actuator.actuator),
        state=StateValue(actuator.state),
        reason=actuator.reason,
        timestamp=actuator.timestamp,
        event_id=strawberry.ID(format_event_id(actuator.event_id)),
    )
