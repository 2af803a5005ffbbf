"""What becomes of what is known where a rule or a place changes: each series under the rules that are about it, no other."""

from collections.abc import Iterator

from domain.alerting.books import Books
from domain.alerting.naming import series_of
from domain.alerting.places import NOWHERE, Place, fits
from domain.alerting.rulebook import Rulebook, SeriesOf
from domain.alerting.state import Listeners, Output, State, outputs_of
from schema.rules import AlertRuleDefined


def begin(state: State, rule: AlertRuleDefined) -> None:
    """A new rule, in force: for what comes after what is at hand."""
    series = series_of(rule.condition)
    for device, listeners in state.listeners.items():
        place = state.places.get(device, NOWHERE)
        for key in [key for key in listeners if key[1] == series and fits(rule.where, device, key[0], place)]:
            _begin_series(listeners, key, rule)
    if series is None:
        for device, quiet in state.silences.items():
            if fits(rule.where, device, None, state.places.get(device, NOWHERE)):
                quiet.later.add(rule.rule_id)


def withdrawn(state: State, rule: str) -> Iterator[Output]:
    """A rule is no more; what it said is withdrawn."""
    for device, key, one in state.listening():
        for lane, backfilled in one.lanes():
            yield from outputs_of(device, lane.series.withdraw(rule), key, lane.value, backfilled=backfilled)
    for device, quiet in state.silences.items():
        yield from outputs_of(device, quiet.withdraw(rule))


def moved(state: State, books: Books, device: str, place: Place, now_us: int) -> Iterator[Output]:
    """A device is there from now on, in service or not. What rules said that are not about it any more is withdrawn."""
    was_retired, is_retired = state.places.get(device, NOWHERE).is_retired(now_us), place.is_retired(now_us)
    listeners, quiet = state.listeners.get(device, {}), state.silences.get(device)
    before = {key: books.of_series(device, key) for key in listeners}
    silent_before = books.of_silence(device).keys()
    state.places[device] = place
    books.moved(device)
    for key, rules in before.items():
        yield from _moved_series(listeners, device, key, rules, books.of_series(device, key))
    if quiet is not None:
        silent_now = books.of_silence(device).keys()
        for rule in silent_before if is_retired else silent_before - silent_now:
            yield from outputs_of(device, quiet.withdraw(rule))
        quiet.later |= silent_now if was_retired or is_retired else silent_now - silent_before


def _begin_series(listeners: Listeners, key: SeriesOf, rule: AlertRuleDefined) -> None:
    one = listeners[key]
    if one is None:
        del listeners[key]
        return
    for lane, backfilled in one.lanes():
        if rule.evaluate_backfill or not backfilled:
            lane.series.watch(rule.rule_id)


def _moved_series(listeners: Listeners, device: str, key: SeriesOf, before: Rulebook, now: Rulebook) -> Iterator[Output]:
    one = listeners[key]
    if one is None:
        del listeners[key]
        return
    for lane, backfilled in one.lanes():
        known, wanted = (each.of_backfill.rules if backfilled else each.rules for each in (before, now))
        for rule in known.keys() - wanted.keys():
            yield from outputs_of(device, lane.series.withdraw(rule), key, lane.value, backfilled=backfilled)
        for rule in wanted.keys() - known.keys():
            lane.series.watch(rule)
