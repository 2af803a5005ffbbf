"""A simulated device: it measures, numbers and writes its messages, and some of them go wrong."""

from datetime import datetime
from random import Random
from typing import Any, Final

import msgspec

from glasshouse.simulator.climate import Zone
from glasshouse.simulator.faults import Dice, Fault, FaultRates, spoil
from glasshouse.simulator.house import House
from glasshouse.simulator.malformed import MALFORMED
from glasshouse.simulator.message import Message
from glasshouse.simulator.sensors import MEASURES
from schema.actuators import Scalar
from schema.ids import device_event_id, format_event_id
from schema.times import format_time, from_micros, to_micros

FIRMWARE: Final = "1.4.2"
_BOARD_EVERY: Final = 12
_encode = msgspec.json.Encoder().encode
_MALFORMED: Final = tuple(MALFORMED.values())


class Device:
    """One device. With `own_ids` it gives its events ids; else they are known by time and sequence.

    `run` goes into its ids, so that a new run over an old log is not taken for a repetition.
    """

    def __init__(
        self,
        *,
        name: str,
        site: str,
        kind: str,
        zone: int,
        seed: int,
        run: str,
        rates: FaultRates,
        sequence: int = 0,
        own_ids: bool = True,
        iso_times: bool = False,
    ) -> None:
        self.name = name
        self.kind = kind
        self.topic = f"glasshouse/{site}/{name}"
        self.sequence = sequence
        self.zone = zone
        self._run = run
        self._own_ids = own_ids
        self._iso_times = iso_times
        self._rng = Random(f"{seed}/{name}/values")  # noqa: S311 (noise, not secrets)
        self._dice = Dice(rates, Random(f"{seed}/{name}/faults"))  # noqa: S311
        self._gauged = 0.0
        self._told: dict[str, Scalar] = {}

    @property
    def obeys(self) -> bool:
        """Whether it takes commands: it is an actuator box."""
        return self.kind == "actuators"

    def speak(self, house: House, now: datetime) -> Message:
        """The next message: a changed actuator's state, a reading, or something that nobody can read."""
        fault = self._dice.throw()
        self.sequence += 1
        if fault is Fault.MALFORMED:
            return self._message("reading", self._rng.choice(_MALFORMED)(self.sequence), fault=fault)
        zone = house.zone(self.zone)
        change = self._change(zone)
        if change is not None:
            return self._event("state", change, now, None if fault in (Fault.NAN, Fault.OUT_OF_RANGE) else fault)
        return self._event("reading", self._reading(house, zone, fault), now, fault)

    def status(self, status: str) -> Message:
        """A retained word on whether it is there. It has neither id nor time: a status is a state."""
        self.sequence += 1
        body = {"status": status, "model": f"GH-{self.kind}", "firmwareVersion": FIRMWARE}
        return self._message("status", _encode(body), retain=True)

    def last_will(self) -> tuple[str, bytes]:
        """Topic and payload that its broker publishes, retained, when it is gone without a word."""
        return f"{self.topic}/status", _encode({"status": "offline"})

    def state(self, actuator: str, state: Scalar, now: datetime, *, by: str, command_id: str | None = None) -> Message:
        """An actuator is in that state because somebody wanted it so, and not by the zone's own controls."""
        self.sequence += 1
        self._told[actuator] = state
        body = {"actuatorId": actuator, "state": state, "by": by}
        return self._event("state", body if command_id is None else {**body, "commandId": command_id}, now, None)

    def ack(self, command_id: str, result: str, *, twice: bool = False, **details: Scalar | None) -> Message:
        """An answer to a command: what became of it, with `state` or `reason`. It has no id of its own: it is given once."""
        self.sequence += 1
        known = {name: value for name, value in details.items() if value is not None}
        payload = _encode({"commandId": command_id, "result": result, **known})
        return self._message("ack", payload, fault=Fault.DOUBLED if twice else None, answer=f"{command_id} {result}")

    def _change(self, zone: Zone) -> dict[str, Any] | None:
        """The state of one actuator that is not as it was last told; an actuator box tells its first states, too."""
        if not self.obeys:
            return None
        for actuator, state in zone.controls.states().items():
            if self._told.get(actuator) != state:
                self._told[actuator] = state
                return {"actuatorId": actuator, "state": state, "reason": f"{zone.name} at {zone.temperature:.1f} degC"}
        return None

    def _reading(self, house: House, zone: Zone, fault: Fault | None) -> dict[str, Any]:
        """Mostly what it measures; now and then the state of its own board."""
        sensor: dict[str, Any] = {}
        reading: dict[str, Any]
        if self.sequence % _BOARD_EVERY == 0:
            battery = max(5.0, 100 - self.sequence / 5_000)
            sensor = {"sensorId": "board"}
            reading = {"battery": round(battery, 1), "signal": round(self._rng.gauss(-67, 3), 0)}
        else:
            reading = {**MEASURES[self.kind](house, zone, self._rng), **self._rain(house)}
        if fault in (Fault.NAN, Fault.OUT_OF_RANGE):
            spoil(reading, fault, self._rng)
        return {**sensor, "reading": reading}

    def _rain(self, house: House) -> dict[str, float]:
        """A weather station empties its gauge with each reading."""
        if self.kind != "weather":
            return {}
        fallen, self._gauged = house.rain_total - self._gauged, house.rain_total
        return {"rain": round(fallen, 2)}

    def _event(self, topic: str, body: dict[str, Any], now: datetime, fault: Fault | None) -> Message:
        at = to_micros(now) // 1000
        timestamp = format_time(from_micros(at * 1000)) if self._iso_times else at
        if self._own_ids or topic != "reading":
            own = f"{self._run}-{self.sequence}"
            event_id = format_event_id(device_event_id(self.name, own))
            return self._message(topic, _encode({"id": own, "timestamp": timestamp, **body}), event_id, at, fault)
        return self._message(topic, _encode({"timestamp": timestamp, "seq": self.sequence, **body}), None, at, fault)

    def _message(
        self,
        kind: str,
        payload: bytes,
        event_id: str | None = None,
        at: int | None = None,
        fault: Fault | None = None,
        *,
        retain: bool = False,
        answer: str | None = None,
    ) -> Message:
        return Message(
            device=self.name,
            sequence=self.sequence,
            topic=f"{self.topic}/{kind}",
            payload=payload,
            kind=kind,
            correlation=f"{self._run}-{self.sequence}".encode(),
            at=at,
            event_id=event_id,
            fault=fault,
            retain=retain,
            answer=answer,
        )
