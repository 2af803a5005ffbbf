"""The state of the whole house: its devices and sites, folded event by event, with a view of each made when it is asked for."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, Final

import msgspec

from projections.decision_state import DecisionRecord, DecisionState
from projections.device_state import HEARD, DeviceState
from projections.device_view import device_content, device_view, location_of
from projections.directory import DeviceDirectory
from projections.feed_queries import FeedEvent
from projections.latest_queries import DeviceView, SiteView
from schema.envelope import RecordedEvent
from schema.events import DeviceMetadata, DeviceRetired, ReadingCorrection, SiteDefined

_SPEAKS: Final = "device-"


class Known(msgspec.Struct, frozen=True):
    """A device, and the decisions of the house that it is in: to be looked at now, and not to be changed."""

    device: DeviceState
    decisions: DecisionState


class SiteState(msgspec.Struct, frozen=True):
    """A site, and the revision of its stream that says so: the last one holds."""

    revision: int
    view: SiteView


class _Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device or a site, as a snapshot keeps it."""

    device: DeviceState | None = None
    site: SiteState | None = None
    decided: DecisionRecord | None = None


class HouseState:
    """Devices and sites by id."""

    def __init__(self) -> None:
        self._devices: dict[str, DeviceState] = {}
        self._sites: dict[str, SiteState] = {}
        self._directory = DeviceDirectory()
        self._decisions = DecisionState()
        self._views: dict[str, DeviceView] = {}

    def take(self, fed: FeedEvent) -> None:
        """Fold one event in."""
        recorded, event = fed.recorded, fed.event
        if recorded.stream.startswith(_SPEAKS):
            self._hear(recorded, event)
            return
        self._decisions.take(fed)
        if type(event) is DeviceMetadata:
            device = self._device(event.device_id)
            device.decide(recorded, event)
            self._directory.place(device.device_id, location_of(device))
        elif type(event) is SiteDefined:
            self._define(recorded, event)
        elif isinstance(event, ReadingCorrection | DeviceRetired):
            self._views.pop(event.device_id, None)

    def _hear(self, recorded: RecordedEvent, event: Any) -> None:
        device = self._device(recorded.stream[len(_SPEAKS) :])
        device.seen(recorded.recorded_us)
        hear = HEARD.get(type(event))
        if hear is not None:
            hear(device, recorded, event)
            if device.spoke_from(recorded, event.timestamp):
                self._directory.place(device.device_id, location_of(device))

    def _device(self, device_id: str) -> DeviceState:
        """The device, about to change."""
        self._views.pop(device_id, None)
        device = self._devices.get(device_id)
        if device is None:
            device = self._devices[device_id] = DeviceState(device_id)
            self._directory.place(device_id, None)
        return device

    def _define(self, recorded: RecordedEvent, event: SiteDefined) -> None:
        before = self._sites.get(event.site_id)
        if before is None or recorded.revision > before.revision:
            view = SiteView(event.site_id, event.name, event.time_zone)
            self._sites[event.site_id] = SiteState(recorded.revision, view)

    def device(self, device_id: str) -> DeviceView | None:
        view = self._views.get(device_id)
        if view is None and (device := self._devices.get(device_id)) is not None:
            view = self._views[device_id] = device_view(device, self._decisions)
        return view

    def known(self, device_id: str) -> Known | None:
        """What views of the device are made of."""
        device = self._devices.get(device_id)
        return None if device is None else Known(device, self._decisions)

    def devices(
        self, *, first: int, after: str | None, before: str | None, backwards: bool, location: str | None
    ) -> list[DeviceView]:
        ids = self._directory.page(first=first, after=after, before=before, backwards=backwards, location=location)
        views = map(self.device, ids)
        return [view for view in views if view is not None]

    def site(self, site_id: str) -> SiteView | None:
        state = self._sites.get(site_id)
        return None if state is None else state.view

    def sites(self) -> list[SiteView]:
        return [self._sites[site_id].view for site_id in sorted(self._sites)]

    def content_hash(self) -> str:
        """Hex digest, equal for equal content."""
        hasher = blake2b(digest_size=16)
        for device_id in sorted(self._devices):
            hasher.update(msgspec.json.encode(device_content(self._devices[device_id], self._decisions)))
        hasher.update(msgspec.json.encode([self._sites[site_id] for site_id in sorted(self._sites)]))
        return hasher.hexdigest()

    def records(self) -> Iterator[bytes]:
        """What `restored` takes."""
        encode = msgspec.json.Encoder().encode
        yield from (encode(_Record(decided=record)) for record in self._decisions.records())
        yield from (encode(_Record(site=site)) for site in self._sites.values())
        yield from (encode(_Record(device=device)) for device in self._devices.values())

    @classmethod
    def restored(cls, records: Iterable[bytes]) -> "HouseState":
        """The state whose records these are; msgspec.DecodeError where they are not."""
        state = cls()
        decode = msgspec.json.Decoder(_Record).decode
        for record in map(decode, records):
            if record.device is not None:
                state._devices[record.device.device_id] = record.device
                state._directory.place(record.device.device_id, location_of(record.device))
            if record.decided is not None:
                state._decisions.put(record.decided)
            if record.site is not None:
                state._sites[record.site.view.site_id] = record.site
        return state
