"""What people decided, as somebody sees it whose key is good for a part of the house alone."""

from collections.abc import Sequence

from api.scope import Sight
from domain.corrections import Correction
from domain.placements import Placements, placements
from domain.replacements import BEGINNING, END, Segment, SensorKey
from projections.decision_queries import DecisionQueries


class SeenDecisions:
    """The port `DecisionQueries`. Of what is not seen nothing was decided."""

    def __init__(self, decisions: DecisionQueries, sight: Sight) -> None:
        self._decisions = decisions
        self._sight = sight

    @property
    def version(self) -> int:
        return self._decisions.version

    def standing(self, device_id: str) -> Sequence[Correction]:
        return self._decisions.standing(device_id) if self._sight.device(device_id) else ()

    def corrections(self, device_id: str, sensor: str, metric: str) -> Sequence[Correction]:
        return self._decisions.corrections(device_id, sensor, metric) if self._sight.device(device_id) else ()

    def placements(self, device_id: str) -> Placements:
        return self._decisions.placements(device_id) if self._sight.device(device_id) else placements(())

    def segments(self, sensor: SensorKey) -> Sequence[Segment]:
        """A sensor that is not seen is as one that was never replaced; those that took another's place are left out."""
        if not self._sight.device(sensor.device):
            return [Segment(sensor, BEGINNING, END)]
        return [segment for segment in self._decisions.segments(sensor) if self._sight.device(segment.sensor.device)]

    def time_zone(self, site_id: str) -> str:
        return self._decisions.time_zone(site_id) if self._sight.site(site_id) else "UTC"
