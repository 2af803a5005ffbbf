"""Who is told of alerts: what can be defined, and what is refused in which words."""

from typing import Any

import pytest

from domain.decisions import Refused
from domain.recipients import define_recipient
from schema.notifications import Escalation
from schema.rules import ActiveHours, Where
from tests.support.notifying import person


def test_a_recipient_is_defined_once() -> None:
    assert define_recipient(None, person()) == [person()]
    assert define_recipient(person(), person()) == []
    assert define_recipient(person(), person(enabled=False)) == [person(enabled=False)]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"recipient_id": "a/b"}, "recipientId"),
        ({"targets": ()}, "targets"),
        ({"targets": ("phone", "phone")}, "targets"),
        ({"targets": ("ntfy://token@host",)}, "targets"),
        ({"where": Where(site_id="#")}, "where.siteId"),
        ({"where": Where(location="x" * 300)}, "where.location"),
        ({"time_zone": "Europe/Nowhere"}, "timeZone"),
        ({"quiet": ActiveHours(start="25:00", end="07:00")}, "quiet.start"),
        ({"quiet": ActiveHours(start="07:00", end="07:00")}, "quiet.start"),
        ({"quiet": ActiveHours(start="07:00", end="7:0")}, "quiet.start"),
        ({"quiet": ActiveHours(start="22:00", end="07:00", days=(7,))}, "quiet.days"),
        ({"escalation": Escalation(after_seconds=1.0, to="ben")}, "escalation.after"),
        ({"escalation": Escalation(after_seconds=60.0, to="ada")}, "escalation.to"),
    ],
)
def test_what_is_no_recipient_is_refused_and_named(fields: dict[str, Any], named: str) -> None:
    refused = define_recipient(None, person(**fields))
    assert isinstance(refused, Refused)
    assert named in refused.message
