"""Versions of a read model: which one serves, which is filled, which may go, and what a comparison leads to."""

import pytest

from domain.versions import Outcome, Version, Versions, fold_versions, judged, next_candidate
from schema.events import Event
from schema.versions import ProjectionBegun, ProjectionSwitched

OLD, NEW = {"lateness": 10}, {"lateness": 20}
GIVEN = frozenset({"raw"})


def begun(version: int, rules: dict[str, int]) -> Event:
    return ProjectionBegun(projection="history", version=version, rules=rules)


def switched(version: int, rules: dict[str, int]) -> Event:
    return ProjectionSwitched(projection="history", version=version, rules=rules, cursor="c")


def test_the_first_version_serves_before_anything_is_said() -> None:
    assert fold_versions([]) == Versions(serving=Version(1, None))
    assert fold_versions([begun(1, OLD)]).serving == Version(1, OLD)


def test_a_version_that_was_begun_does_not_serve_until_it_is_switched_to() -> None:
    filling = fold_versions([begun(1, OLD), begun(2, NEW)])
    assert (filling.serving.number, filling.candidate) == (1, Version(2, NEW))
    assert filling.kept == {1, 2}
    done = fold_versions([begun(1, OLD), begun(2, NEW), switched(2, NEW)])
    assert (done.serving, done.previous, done.candidate) == (Version(2, NEW), Version(1, OLD), None)


def test_only_what_serves_what_served_before_and_what_is_filled_is_kept() -> None:
    said = [begun(1, OLD), begun(2, OLD), switched(2, OLD), begun(3, OLD), begun(4, NEW)]
    assert fold_versions(said).kept == {1, 2, 4}
    assert fold_versions([*said, switched(4, NEW)]).kept == {2, 4}


def test_going_back_swaps_the_two_and_going_back_again_swaps_them_once_more() -> None:
    there = [begun(1, OLD), begun(2, NEW), switched(2, NEW)]
    back = fold_versions([*there, switched(1, OLD)])
    assert (back.serving, back.previous) == (Version(1, OLD), Version(2, NEW))
    assert fold_versions([*there, switched(1, OLD), switched(2, NEW)]) == fold_versions(there)


def test_a_half_filled_version_is_gone_on_with_under_the_same_rules_alone() -> None:
    versions = fold_versions([begun(1, OLD), begun(2, OLD)])
    assert next_candidate(versions, OLD) == (Version(2, OLD), True)
    assert next_candidate(versions, NEW) == (Version(3, NEW), False)
    assert next_candidate(versions, OLD, anew=True) == (Version(3, OLD), False)


def test_a_number_is_never_given_twice() -> None:
    versions = fold_versions([begun(1, OLD), begun(2, OLD), begun(3, NEW), switched(3, NEW), switched(1, OLD)])
    assert next_candidate(versions, OLD)[0].number == 4


@pytest.mark.parametrize(
    ("serving", "differing", "accept", "outcome"),
    [
        (OLD, {"raw": 0, "day": 0}, False, Outcome.EQUAL),
        (NEW, {"raw": 0, "day": 0}, False, Outcome.EQUAL),
        (NEW, {"raw": 0, "day": 1}, False, Outcome.DIFFERS),
        (NEW, {"raw": 0, "day": 1}, True, Outcome.ACCEPTED),
        (OLD, {"raw": 0, "day": 1}, False, Outcome.NEW_RULES),
        (OLD, {"raw": 1, "day": 1}, False, Outcome.DIFFERS),
        (None, {"raw": 0, "day": 1}, False, Outcome.DIFFERS),
    ],
)
def test_new_rules_explain_what_differs_but_for_what_no_rule_touches(
    serving: dict[str, int] | None, differing: dict[str, int], accept: bool, outcome: Outcome
) -> None:
    assert judged(Version(1, serving), Version(2, NEW), differing, given=GIVEN, accept=accept) is outcome
