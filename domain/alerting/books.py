"""Which rules are about which series and which devices: found once for all that are alike, until rules or places change."""

from collections.abc import Mapping
from functools import cached_property
from typing import TypeAlias
from zoneinfo import ZoneInfo

from domain.alerting.limiting import micros
from domain.alerting.naming import is_computed, series_of
from domain.alerting.places import NOWHERE, Place, fits
from domain.alerting.rulebook import Rulebook, SeriesOf
from schema.rules import AlertRuleDefined

Silences: TypeAlias = Mapping[str, int]
"""After how many microseconds of silence each rule is broken, the shortest first."""


class Books:
    """Of rules as they are, and of places as they stand in `places`."""

    def __init__(self, rules: Mapping[str, AlertRuleDefined], places: Mapping[str, Place]) -> None:
        self._rules = rules
        self._places = places
        self._concerned: dict[str, bool] = {}
        self._series: dict[str, dict[SeriesOf, Rulebook]] = {}
        self._alike: dict[tuple[Place, SeriesOf], Rulebook] = {}
        self._silences: dict[str, Silences] = {}
        self._silences_alike: dict[Place, Silences] = {}

    @cached_property
    def of_backfill(self) -> bool:
        """Whether any judges back-fill."""
        return any(rule.enabled and rule.evaluate_backfill for rule in self._rules.values())

    @cached_property
    def computed(self) -> tuple[str, ...]:
        """The series they are about that no reading holds."""
        return tuple(sorted({name for name, _ in self._about if name is not None and is_computed(name)}))

    def concern(self, device: str) -> bool:
        """Whether any may be about something that the device says."""
        concerned = self._concerned.get(device)
        if concerned is None:
            concerned = self._concerned[device] = self._concern(device)
        return concerned

    def of_series(self, device: str, key: SeriesOf) -> Rulebook:
        """The rules about a series."""
        books = self._series.get(device)
        if books is None:
            books = self._series[device] = {}
        book = books.get(key)
        if book is None:
            book = books[key] = self._book(device, key)
        return book

    def of_silence(self, device: str) -> Silences:
        """The rules about a device's silence."""
        found = self._silences.get(device)
        if found is None:
            found = self._silences[device] = self._silences_of(device)
        return found

    def moved(self, device: str) -> None:
        """Its place is another."""
        for known in (self._concerned, self._series, self._silences):
            known.pop(device, None)

    def _place(self, device: str) -> Place:
        return self._places.get(device, NOWHERE)

    @cached_property
    def _about(self) -> dict[tuple[str | None, str | None], list[AlertRuleDefined]]:
        """Those in force, by their series (None: silence) and the device that they name."""
        about: dict[tuple[str | None, str | None], list[AlertRuleDefined]] = {}
        for rule in self._rules.values():
            if rule.enabled:
                about.setdefault((series_of(rule.condition), rule.where.device_id), []).append(rule)
        return about

    @cached_property
    def _named(self) -> frozenset[str | None]:
        """The devices that rules name; None where one names none."""
        return frozenset(device for _, device in self._about)

    def _concern(self, device: str) -> bool:
        place = self._place(device)
        general = (rule for (_, named), rules in self._about.items() if named is None for rule in rules)
        return device in self._named or any(fits(rule.where, device, rule.where.sensor_id, place) for rule in general)

    def _book(self, device: str, key: SeriesOf) -> Rulebook:
        place, (sensor, series) = self._place(device), key
        if (series, device) in self._about:
            return Rulebook(self._fitting(series, device, sensor), ZoneInfo(place.zone))
        if (place, key) not in self._alike:
            self._alike[place, key] = Rulebook(self._fitting(series, device, sensor), ZoneInfo(place.zone))
        return self._alike[place, key]

    def _silences_of(self, device: str) -> Silences:
        if (None, device) in self._about:
            return _by_length(self._fitting(None, device, None))
        place = self._place(device)
        if place not in self._silences_alike:
            self._silences_alike[place] = _by_length(self._fitting(None, device, None))
        return self._silences_alike[place]

    def _fitting(self, series: str | None, device: str, sensor: str | None) -> dict[str, AlertRuleDefined]:
        place = self._place(device)
        candidates = (*self._about.get((series, device), ()), *self._about.get((series, None), ()))
        return {rule.rule_id: rule for rule in candidates if fits(rule.where, device, sensor, place)}


def _by_length(rules: Mapping[str, AlertRuleDefined]) -> Silences:
    return dict(sorted(((name, micros(rule.for_seconds)) for name, rule in rules.items()), key=lambda pair: pair[1]))
