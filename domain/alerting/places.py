"""What rules ask of a device: where it is, what it is, and by which clocks its site lives."""

from typing import Final

import msgspec

from schema.rules import Where


class Place(msgspec.Struct, frozen=True, gc=False):
    """A device as its house has it. `zone` is the time zone of its site; from `retired_us` on it is out of service."""

    site: str | None = None
    location: str | None = None
    device_type: str | None = None
    zone: str = "UTC"
    retired_us: int | None = None

    def is_retired(self, time_us: int) -> bool:
        """Whether its silence means nothing then."""
        return self.retired_us is not None and self.retired_us <= time_us


NOWHERE: Final = Place()
"""Where a device is of which nothing is known."""


def fits(where: Where, device: str, sensor: str | None, place: Place) -> bool:
    """Whether a rule is about this sensor (None: about the device itself)."""
    wanted = (
        (where.site_id, place.site),
        (where.device_id, device),
        (where.device_type, place.device_type),
        (where.sensor_id, sensor),
    )
    return all(want is None or want == so for want, so in wanted) and _is_below(where.location, place.location)


def _is_below(wanted: str | None, location: str | None) -> bool:
    return wanted is None or (location is not None and (location == wanted or location.startswith(f"{wanted}/")))
