"""Subscribers over a websocket, as clients are."""

from typing import Any, Self

from api.roles import Role
from tests.support.api import AsgiSocket, House

READINGS = """subscription (
    $after: String, $device: ID, $location: String, $metric: String, $initial: Boolean, $everyMs: Int) {
  readings(after: $after, deviceId: $device, location: $location, metric: $metric, initial: $initial, everyMs: $everyMs) {
    __typename
    ... on ReadingReceived { cursor conflated reading { eventId deviceId sensorId metric value timestamp } }
    ... on ReadingProgress { cursor }
    ... on ReadingGap { cursor reason } } }"""


class Subscriber:
    """Somebody who subscribed to a field. It notes the cursor of every message, as a client does."""

    document: str
    field: str

    def __init__(self, house: House, **variables: Any) -> None:
        self.house = house
        self.variables: dict[str, Any] = variables
        self.cursor: str | None = None

    async def __aenter__(self) -> Self:
        self.socket = await AsgiSocket(self.house.app, subprotocols=["graphql-transport-ws"]).__aenter__()
        await self.socket.init(self.house.keys[Role.VIEWER])
        self.socket.subscribe(self.document, self.variables)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.__aexit__()

    async def message(self) -> Any:
        frame = await self.socket.receive()
        assert frame["type"] == "next", frame
        message = frame["payload"]["data"][self.field]
        self.cursor = message["cursor"]
        return message


class Watching(Subscriber):
    """A subscriber of readings."""

    document, field = READINGS, "readings"

    async def received(self) -> Any:
        """The next reading's message; progress is passed over."""
        while (message := await self.message())["__typename"] != "ReadingReceived":
            assert message["__typename"] == "ReadingProgress", message
        return message

    async def value(self) -> float:
        value: float = (await self.received())["reading"]["value"]
        return value

    async def values(self, number: int) -> list[float]:
        return [await self.value() for _ in range(number)]
