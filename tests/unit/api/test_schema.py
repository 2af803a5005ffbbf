"""The schema that is checked in is the one that is served; every part of it is described; nothing that clients lean on goes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLNamedType, GraphQLObjectType, build_schema
from graphql.utilities import find_breaking_changes

import api.schema
from api.documents import Documents
from api.errors import ErrorCode
from api.limits import Limits

FILE = Path(__file__).parents[3] / "schema.graphql"
FIXED_CODES = {"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "INVALID_INPUT", "CONFLICT", "LIMIT_EXCEEDED", "UNAVAILABLE"}


def test_no_change_breaks_a_client_that_knows_the_schema_checked_in() -> None:
    changes = find_breaking_changes(build_schema(FILE.read_text()), api.schema.build_schema())
    assert [change.description for change in changes] == []


def test_the_schema_checked_in_is_the_one_that_is_served() -> None:
    served = api.schema.schema_text(api.schema.build_schema())
    assert served == FILE.read_text(), "the schema changed: write it anew with `python -m api.schema > schema.graphql`"


def test_every_type_field_argument_and_value_is_described() -> None:
    served = api.schema.build_schema()
    named = [kind for name, kind in served.type_map.items() if not name.startswith("__")]
    assert [path for kind in named for path in blanks(kind)] == []


def blanks(kind: GraphQLNamedType) -> Iterator[str]:
    if not (kind.description or "").strip():
        yield kind.name
    if isinstance(kind, GraphQLEnumType):
        yield from (f"{kind.name}.{name}" for name, value in kind.values.items() if not (value.description or "").strip())
    if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
        for name, field in kind.fields.items():
            if not (field.description or "").strip():
                yield f"{kind.name}.{name}"
            for argument, definition in getattr(field, "args", {}).items():
                if not (definition.description or "").strip():
                    yield f"{kind.name}.{name}({argument})"


def test_the_error_codes_that_clients_lean_on_are_there() -> None:
    assert {code.value for code in ErrorCode} >= FIXED_CODES | {"NOT_YET_VISIBLE", "INTERNAL"}
    assert set(api.schema.build_schema().type_map["ErrorCode"].values) == {code.name for code in ErrorCode}  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", ["how-to/query.md", "how-to/subscribe.md", "how-to/correct-readings.md"])
def test_every_operation_in_the_docs_is_one_that_the_server_runs(page: str) -> None:
    blocks = re.findall(r"```graphql\n(.*?)```", (FILE.parent / "docs" / page).read_text(), re.DOTALL)
    documents = Documents(api.schema.build_schema(), Limits())
    assert [documents.prepare(block, None).price.cost({}) <= Limits().cost for block in blocks] == [True] * len(blocks)
    assert len(blocks) > 1


def test_the_limits_in_the_docs_are_the_ones_that_hold() -> None:
    text = (FILE.parent / "docs" / "reference" / "graphql.md").read_text()
    limits = Limits()
    in_pages = (limits.cost, limits.buckets, limits.page, limits.corrected_rows)
    for value in (limits.body_bytes, limits.variables_bytes, limits.tokens, *in_pages):
        assert f"{value:,}" in text
