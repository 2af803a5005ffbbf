"""What may be asked about what people decided."""

from collections.abc import Sequence
from typing import Protocol

from domain.corrections import Correction
from domain.placements import Placements
from domain.replacements import Segment, SensorKey


class DecisionQueries(Protocol):
    """What people decided, for whoever looks at readings. In memory: answers at once."""

    @property
    def version(self) -> int:
        """Another number after each decision."""
        ...

    def standing(self, device_id: str) -> Sequence[Correction]:
        """The corrections of a device that make a difference, in the order in which they work."""
        ...

    def corrections(self, device_id: str, sensor: str, metric: str) -> Sequence[Correction]:
        """Those of one series."""
        ...

    def placements(self, device_id: str) -> Placements:
        """Where the device was when, as people decided."""
        ...

    def segments(self, sensor: SensorKey) -> Sequence[Segment]:
        """The sensors that make up the series which that sensor began, in order of time."""
        ...

    def time_zone(self, site_id: str) -> str:
        """The IANA time zone of a site's days; UTC where nobody defined the site."""
        ...


class SegmentQueries(Protocol):
    """Of which sensors a series is made."""

    def segments(self, sensor: SensorKey) -> Sequence[Segment]: ...
