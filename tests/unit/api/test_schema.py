"""The schema that is checked in is the one that is served; every part of it is described; nothing that clients lean on goes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    build_schema,
)
from graphql.utilities import find_breaking_changes

import api.schema
from api.errors import ErrorCode
from api.execution.documents import Documents
from api.limits import Limits
from api.roles import Role

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
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for name, field in kind.fields.items():
            if not (field.description or "").strip():
                yield f"{kind.name}.{name}"
            for argument, definition in getattr(field, "args", {}).items():
                if not (definition.description or "").strip():
                    yield f"{kind.name}.{name}({argument})"


def test_the_error_codes_that_clients_lean_on_are_there() -> None:
    assert {code.value for code in ErrorCode} >= FIXED_CODES | {"NOT_YET_VISIBLE", "INTERNAL"}
    assert set(api.schema.build_schema().type_map["ErrorCode"].values) == {code.name for code in ErrorCode}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "page",
    ["query.md", "subscribe.md", "correct-readings.md", "command.md", "access.md", "declare-actuators.md", "dead-letters.md"],
)
def test_every_operation_in_the_docs_is_one_that_the_server_runs(page: str) -> None:
    blocks = re.findall(r"```graphql\n(.*?)```", (FILE.parent / "docs" / "how-to" / page).read_text(), re.DOTALL)
    documents = Documents(api.schema.build_schema(), Limits())
    assert [documents.prepare(block, None).price.cost({}) <= Limits().cost for block in blocks] == [True] * len(blocks)
    assert len(blocks) > 1


def test_the_limits_in_the_docs_are_the_ones_that_hold() -> None:
    text = (FILE.parent / "docs" / "reference" / "graphql.md").read_text()
    told = set(re.findall(r"^\| [^|]+ \| ([\d,]+)", text, re.MULTILINE))
    unsaid = {"default_page", "key_cost_per_second", "key_items_per_second", "burst_seconds", "init_seconds"}
    paces = {"recheck_seconds", "progress_seconds", "anomaly_seconds", "probe_seconds"}
    for name in set(Limits.__struct_fields__) - unsaid - paces:
        assert f"{int(getattr(Limits(), name)):,}" in told, name


def test_the_roles_in_the_docs_may_what_they_may_here() -> None:
    text = (FILE.parent / "docs" / "reference" / "graphql.md").read_text()
    rows = re.findall(r"^\| (viewer|operator|admin) \| (.*) \|$", text, re.MULTILINE)
    told = {role: set(re.findall(r"`(\w+)`", may)) for role, may in rows}
    needed = {path: api.schema.role_of(field) for path, field in api.schema.root_fields(api.schema.build_schema()).items()}
    beyond = {role: {path.partition(".")[2] for path, least in needed.items() if least is role} for role in Role}
    assert told["viewer"] == {path.partition(".")[2] for path in needed if path.startswith("Query.")} - beyond[Role.VIEWER]
    assert (told["operator"], told["admin"]) == (beyond[Role.OPERATOR], beyond[Role.ADMIN])
