"""A house under one alert rule, told of what happens second by second."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from domain.alerting.episodes import Episode
from domain.alerting.house import HouseState, RuledHouse
from domain.alerting.state import Output
from domain.alerting.watch import Word
from schema.events import Event, Operation, ReadingCorrection, SensorReading
from schema.rules import AlertRuleDefined
from schema.times import from_micros, to_micros

START = to_micros(datetime(2026, 11, 24, tzinfo=UTC))
SECOND = 1_000_000
Said = Mapping[str, float]
"""Values by metric."""


class Told:
    """A house under one rule, and what it said; `restart` lets it go on from what it keeps."""

    def __init__(self, defined: AlertRuleDefined) -> None:
        self.house = RuledHouse()
        self.said: list[Output] = [*self.house.take(b"", defined, site=None, recorded_us=START)]

    def tell(self, event: Event, recorded: int, event_id: bytes = b"") -> list[Word]:
        said = self.house.take(event_id, event, site="farm", recorded_us=START + recorded * SECOND)
        self.said += said
        return [output.said.word for output in said]

    def reads(self, second: int, values: Said, *, recorded: int | None = None, sensor: str = "main") -> list[Word]:
        at = from_micros(START + second * SECOND)
        event = SensorReading(device_id="box", sensor_id=sensor, timestamp=at, reading=dict(values))
        return self.tell(event, second if recorded is None else recorded, f"{sensor}/{second}".encode())

    def corrects(self, second: int, metric: str, operation: Operation, amount: float | None = None) -> list[Word]:
        event = ReadingCorrection(
            device_id="box", correction_id=str(second), metric=metric, operation=operation, amount=amount, reason="x"
        )
        return self.tell(event, second)

    def restart(self) -> None:
        kept = msgspec.msgpack.encode(self.house.state)
        self.house = RuledHouse(msgspec.msgpack.decode(kept, type=HouseState))

    def passes(self, second: int) -> list[Output]:
        self.said += self.house.passed(START + second * SECOND)
        return self.said

    def standing(self) -> list[Episode]:
        alerts: dict[int, Episode] = {}
        for output in self.said:
            alert = output.said.alert
            if output.said.word in {Word.REFUTED, Word.WITHDRAWN}:
                alerts.pop(alert.first_us)
            else:
                alerts[alert.first_us] = alert.episode
        return sorted(alerts.values(), key=lambda episode: episode.since_us)
