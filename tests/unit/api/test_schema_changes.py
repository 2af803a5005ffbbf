"""The changelog of the schema tells all that changed, and nothing goes that was not deprecated in time."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from graphql import build_schema
from graphql.utilities import find_breaking_changes

from tests.support.documents import ROOT
from tests.support.schema_changes import deprecations, differences, goes_after, gone_too_early, parts_of, told

BEFORE = build_schema(Path(__file__).with_name("schema_before.graphql").read_text())
"""The schema that clients know: as it was when the newest section of the changelog was begun."""
NOW = build_schema((ROOT / "schema.graphql").read_text())
CHANGELOG = ROOT / "docs" / "reference" / "schema-changes.md"


def newest_section() -> dict[str, str]:
    """The parts of the newest section, by their headings."""
    section = CHANGELOG.read_text().split("\n## ")[2]
    parts = re.split(r"^### (.*)$", section, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_changelog_tells_all_that_changed_and_nothing_else() -> None:
    before, now = parts_of(BEFORE), parts_of(NOW)
    changed = differences(before, now)
    section = newest_section()
    assert told(section.get("Added", "")) == {part for part in changed if part not in before}
    assert told(section.get("Changed", "") + section.get("Breaking", "")) == {part for part in changed if part in before}


def test_what_breaks_a_client_is_called_so() -> None:
    breaking = find_breaking_changes(BEFORE, NOW)
    assert [change.description for change in breaking] == [] or "Breaking" in newest_section()


def test_nothing_goes_before_its_day() -> None:
    assert gone_too_early(BEFORE, NOW, datetime.now(UTC).date()) == set()


def test_a_part_may_go_when_its_day_is_over_and_the_type_that_it_led_to_with_it() -> None:
    before = build_schema(
        'type Query { a: Old @deprecated(reason: "Use b. Goes after 2027-06-30.") b: Int c: Int } type Old { d: Int }'
    )
    now = build_schema("type Query { b: Int }")
    assert gone_too_early(before, now, date(2027, 6, 30)) == {"Query.a", "Query.c"}
    assert gone_too_early(before, now, date(2027, 7, 1)) == {"Query.c"}


def test_what_is_deprecated_says_what_to_use_and_when_it_goes() -> None:
    assert [part for part, reason in deprecations(NOW) if goes_after(reason) is None] == []


@pytest.mark.parametrize(
    ("reason", "day"),
    [
        ("Use `b`. Goes after 2027-06-30.", date(2027, 6, 30)),
        ("Use `b`.", None),
        ("Goes after 2027-06-30.", None),
        ("Use `b`. Goes after June.", None),
        ("No longer supported", None),
    ],
)
def test_a_reason_ends_with_the_day_after_which_the_part_goes(reason: str, day: date | None) -> None:
    text = f'type Query {{ a(x: Int @deprecated(reason: "{reason}")): Int @deprecated(reason: "{reason}") b: Int }}'
    text += f' enum E {{ A B @deprecated(reason: "{reason}") }} input I {{ a: Int @deprecated(reason: "{reason}") }}'
    found = dict(deprecations(build_schema(text)))
    assert found.keys() == {"Query.a", "Query.a(x:)", "E.B", "I.a"}
    assert {goes_after(each) for each in found.values()} == {day}


def test_differences_are_told_by_what_a_client_would_notice_first() -> None:
    before = parts_of(
        build_schema("type Query { a(x: Int): Int b: Int c: Gone } type Gone { d: Int } enum E { A B } union U = Gone")
    )
    now = parts_of(
        build_schema(
            "type Query { a(x: Int!, y: Int): Int! new(z: Int): New } type New { e: Int } enum E { A C } union U = New"
        )
    )
    changed = {"Query.a", "Query.a(x:)", "Query.a(y:)", "Query.b", "Query.c", "Query.new", "Gone", "E.B", "E.C"}
    assert differences(before, now) == changed | {"U = Gone", "U = New"}


def test_points_of_the_changelog_begin_with_coordinates() -> None:
    assert told("- `A.b`, `A.c(d:)`: as `E` has it.\n- Words, and `F`.\n- `U = G`: new.") == {"A.b", "A.c(d:)", "U = G"}
