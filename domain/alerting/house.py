"""The whole house under its rules: each event of the log, in its order, to what there is to say of alerts."""

from collections.abc import Sequence
from typing import Any

import msgspec

from domain.alerting.evaluator import Evaluator
from domain.alerting.places import Place
from domain.alerting.state import Output, State, Subject
from domain.alerting.watch import Alert
from domain.corrections import correction_of, standing
from schema.events import DeviceMetadata, DeviceRetired, Event, ReadingCorrection, SensorReading, SiteDefined
from schema.ids import content_event_id, format_event_id
from schema.rules import AlertRuleDefined, Anomaly, Rate, Silence, Threshold, Trend
from schema.times import to_micros


class Known(msgspec.Struct, frozen=True):
    """What is known of a device: from where it spoke first, and what people said of it."""

    site: str | None = None
    location: str | None = None
    device_type: str | None = None
    retired_us: int | None = None

    @property
    def home(self) -> str | None:
        """The site where it is."""
        return self.location.partition("/")[0] if self.location else self.site


class HouseState(msgspec.Struct):
    """All that the fold remembers."""

    evaluator: State = msgspec.field(default_factory=State)
    devices: dict[str, Known] = {}
    zones: dict[str, str] = {}


class RuledHouse:
    """Folds the log. `state` is what it needs to go on from where it was."""

    def __init__(self, state: HouseState | None = None) -> None:
        self.state = state or HouseState()
        self.evaluator = Evaluator(self.state.evaluator)

    def take(
        self, event_id: bytes, event: Event, *, site: str | None, recorded_us: int, received_us: int | None = None
    ) -> Sequence[Output]:
        """The next event of the log; `site` is from where it came, `received_us` when, if not when the log took it."""
        match event:
            case SensorReading():
                seen = self.seen(event.device_id, site, recorded_us)
                return (*seen, *self.evaluator.reading(event_id, event, recorded_us, received_us))
            case DeviceMetadata() | DeviceRetired():
                return self._learn(event.device_id, recorded_us, **_told_by(event))
            case SiteDefined():
                return self._define_site(event, recorded_us)
            case ReadingCorrection():
                correction = correction_of(event, None, recorded_us)
                stand = standing(self.state.evaluator.corrections.get(event.device_id, ()), correction)
                return self.evaluator.corrected(event.device_id, stand, recorded_us)
            case AlertRuleDefined():
                return self.evaluator.define(event, recorded_us)
        return ()

    def passed(self, now_us: int) -> Sequence[Output]:
        """A tick."""
        return self.evaluator.passed(now_us)

    def knows(self, device: str) -> bool:
        """Whether it is known from where the device speaks."""
        known = self.state.devices.get(device)
        return known is not None and known.site is not None

    def listens_to(self, device: str) -> bool:
        """Whether what the device reads may matter: it is not known from where it speaks, or a rule may be about it."""
        return not self.knows(device) or self.evaluator.concerns(device)

    def seen(self, device: str, site: str | None, recorded_us: int) -> Sequence[Output]:
        """A device spoke from that site; what it said is not told."""
        return () if site is None or self.knows(device) else self._learn(device, recorded_us, site=site)

    def _learn(self, device: str, recorded_us: int, **what: Any) -> Sequence[Output]:
        known = self.state.devices.get(device, Known())
        return self._know(device, msgspec.structs.replace(known, **what), recorded_us)

    def _know(self, device: str, known: Known, recorded_us: int) -> Sequence[Output]:
        self.state.devices[device] = known
        zone = self.state.zones.get(known.home or "", "UTC")
        return self.evaluator.place(
            device, Place(known.home, known.location, known.device_type, zone, known.retired_us), recorded_us
        )

    def _define_site(self, event: SiteDefined, recorded_us: int) -> Sequence[Output]:
        self.state.zones[event.site_id] = event.time_zone
        there = [(device, known) for device, known in self.state.devices.items() if known.home == event.site_id]
        return [output for device, known in there for output in self._know(device, known, recorded_us)]


def _told_by(event: DeviceMetadata | DeviceRetired) -> dict[str, Any]:
    """What people decided about a device, by the fields of `Known`."""
    if isinstance(event, DeviceRetired):
        return {"retired_us": None if event.at is None else to_micros(event.at)}
    return {"location": event.location, "device_type": event.device_type}


def alert_id(subject: Subject, alert: Alert) -> str:
    """What names an alert: its rule, what it is about, and since when it held when it was first told."""
    about = (subject.rule, subject.device, subject.sensor or "", subject.metric or "")
    return format_event_id(content_event_id(alert.first_us // 1000, "alert", *about, str(alert.first_us)))


def kind_of(rule: AlertRuleDefined) -> str:
    """The name of its alerts, as in TemperatureAlert, DeviceSilent, HumidityTrendAlert, Co2AnomalyAlert."""
    condition = rule.condition
    match condition:
        case Silence():
            return "DeviceSilent"
        case Threshold():
            word = ""
        case Rate():
            word = "Rate"
        case Trend():
            word = "Trend"
        case Anomaly():
            word = "Anomaly"
    return "".join(part.capitalize() for part in condition.metric.split("_")) + word + "Alert"
