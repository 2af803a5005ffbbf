"""What people decided, folded from the `control-` and `site-` streams: one state for all who need it.

Each stream is folded by revision: an event that comes again changes nothing, so a reader may go over a part of the log twice.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from domain.corrections import Correction, correction_of, of_series, standing
from domain.placements import Move, Placements, moved, placements
from domain.replacements import Replacement, Segment, SensorKey, segments
from projections.feed_queries import FeedEvent
from schema.envelope import RecordedEvent, decode_metadata
from schema.events import DeviceMetadata, DeviceRetired, ReadingCorrection, SensorReplaced, SiteDefined
from schema.times import from_micros, to_micros

_NO_REVISION: Final = -1


class DeviceDecisions(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands of a device, up to `revision` of its control stream. `replaced` is by its sensors."""

    device_id: str
    revision: int = _NO_REVISION
    corrections: tuple[Correction, ...] = ()
    moves: tuple[Move, ...] = ()
    replaced: dict[str, Replacement] = {}
    retired_us: int | None = None


class SiteDecisions(msgspec.Struct, frozen=True):
    """The time zone of a site, as the last revision of its stream has it."""

    site_id: str
    revision: int
    time_zone: str


class DecisionRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device or a site, as it is kept."""

    device: DeviceDecisions | None = None
    site: SiteDecisions | None = None


class DecisionState:
    """Implements `DecisionQueries`."""

    def __init__(self) -> None:
        self.version = 0
        self._devices: dict[str, DeviceDecisions] = {}
        self._sites: dict[str, SiteDecisions] = {}
        self._of_series: dict[str, dict[tuple[str, str], Sequence[Correction]]] = {}
        self._unplaced = placements(())

    def take(self, fed: FeedEvent) -> bool:
        """Fold one event in. Whether it was news: a decision that was not folded in before."""
        recorded, event = fed.recorded, fed.event
        if isinstance(event, SiteDefined):
            is_news = self._define(recorded, event)
        else:
            decide = _DECIDED.get(type(event))
            is_news = decide is not None and self._decide(recorded, event, decide)
        self.version += is_news
        return is_news

    def _define(self, recorded: RecordedEvent, event: SiteDefined) -> bool:
        before = self._sites.get(event.site_id)
        if before is not None and recorded.revision <= before.revision:
            return False
        self._sites[event.site_id] = SiteDecisions(event.site_id, recorded.revision, event.time_zone)
        return True

    def _decide(self, recorded: RecordedEvent, event: Any, decide: "_Decide") -> bool:
        device_id: str = event.device_id
        before = self._devices.get(device_id) or DeviceDecisions(device_id)
        if recorded.revision <= before.revision:
            return False
        self._devices[device_id] = replace(decide(before, recorded, event), revision=recorded.revision)
        self._of_series.pop(device_id, None)
        return True

    def standing(self, device_id: str) -> Sequence[Correction]:
        device = self._devices.get(device_id)
        return () if device is None else device.corrections

    def corrections(self, device_id: str, sensor: str, metric: str) -> Sequence[Correction]:
        standing = self.standing(device_id)
        if not standing:
            return ()
        known = self._of_series.setdefault(device_id, {})
        key = (sensor, metric)
        if key not in known:
            known[key] = of_series(standing, sensor, metric)
        return known[key]

    def retired_at(self, device_id: str) -> datetime | None:
        device = self._devices.get(device_id)
        return None if device is None or device.retired_us is None else from_micros(device.retired_us)

    def placements(self, device_id: str) -> Placements:
        device = self._devices.get(device_id)
        return placements(device.moves) if device is not None and device.moves else self._unplaced

    def segments(self, sensor: SensorKey) -> Sequence[Segment]:
        return segments(sensor, self._replacement)

    def time_zone(self, site_id: str) -> str:
        site = self._sites.get(site_id)
        return "UTC" if site is None else site.time_zone

    def records(self) -> Iterator[DecisionRecord]:
        """What `put` takes, in an order that does not depend on that of the streams."""
        yield from (DecisionRecord(site=self._sites[site_id]) for site_id in sorted(self._sites))
        yield from (DecisionRecord(device=self._devices[device_id]) for device_id in sorted(self._devices))

    def encode(self) -> list[bytes]:
        """What `decoded` takes: JSON values, each without line ends."""
        encode = msgspec.json.Encoder().encode
        return [encode(record) for record in self.records()]

    @classmethod
    def decoded(cls, records: Sequence[bytes]) -> "DecisionState":
        """The state that `encode` wrote; msgspec.DecodeError where it did not."""
        state, decode = cls(), msgspec.json.Decoder(DecisionRecord).decode
        for record in map(decode, records):
            state.put(record)
        return state

    def put(self, record: DecisionRecord) -> None:
        """Hold what was kept of a device or a site."""
        if record.device is not None:
            self._devices[record.device.device_id] = record.device
        if record.site is not None:
            self._sites[record.site.site_id] = record.site

    def _replacement(self, sensor: SensorKey) -> Replacement | None:
        device = self._devices.get(sensor.device)
        return None if device is None else device.replaced.get(sensor.sensor)


def _described(device: DeviceDecisions, recorded: RecordedEvent, event: DeviceMetadata) -> DeviceDecisions:
    return replace(device, moves=moved(device.moves, event, recorded.recorded_us))


def _corrected(device: DeviceDecisions, recorded: RecordedEvent, event: ReadingCorrection) -> DeviceDecisions:
    correction = correction_of(event, _actor(recorded), recorded.recorded_us)
    return replace(device, corrections=standing(device.corrections, correction))


def _replaced(device: DeviceDecisions, _recorded: RecordedEvent, event: SensorReplaced) -> DeviceDecisions:
    others = {sensor: known for sensor, known in device.replaced.items() if sensor != event.sensor_id}
    if event.by_device_id is None or event.by_sensor_id is None or event.at is None:
        return replace(device, replaced=others)
    by = Replacement(SensorKey(event.by_device_id, event.by_sensor_id), to_micros(event.at))
    return replace(device, replaced={**others, event.sensor_id: by})


def _retired(device: DeviceDecisions, _recorded: RecordedEvent, event: DeviceRetired) -> DeviceDecisions:
    return replace(device, retired_us=None if event.at is None else to_micros(event.at))


def _actor(recorded: RecordedEvent) -> str | None:
    """Who decided; not known where somebody else's code wrote the event."""
    try:
        return decode_metadata(recorded.metadata).actor
    except msgspec.DecodeError:
        return None


_Decide = Callable[[DeviceDecisions, RecordedEvent, Any], DeviceDecisions]
_DECIDED: Final[dict[type, _Decide]] = {
    DeviceMetadata: _described,
    ReadingCorrection: _corrected,
    SensorReplaced: _replaced,
    DeviceRetired: _retired,
}
