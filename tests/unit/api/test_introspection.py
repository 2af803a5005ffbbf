"""Introspection is for the roles that a setting names; whoever else asks is told so."""

from pathlib import Path

import pytest
from graphql import get_introspection_query

from api.policy import Policy
from api.roles import Role
from tests.support.api import small_house

HIDDEN = (
    get_introspection_query(),
    '{ __type(name: "Device") { name } }',
    "query A { ...F } fragment F on Query { ... { s: __schema { types { name } } } }",
)


async def test_introspection_is_refused_in_words_where_it_is_off_and_names_are_not_told(tmp_path: Path) -> None:
    async with small_house(tmp_path, policy=Policy(introspection=frozenset({Role.ADMIN}))) as house:
        for query in HIDDEN:
            [error] = (await house.answer(query))["errors"]
            assert error["extensions"]["code"] == "FORBIDDEN"
            assert error["message"] == "introspection is off for keys of the role viewer, by a setting"
            assert await house.ask(query, role=Role.ADMIN)
            assert await house.code(query) == "FORBIDDEN"
        assert (await house.ask('{ __typename device(id: "x") { __typename } }')) == {"__typename": "Query", "device": None}
        [error] = (await house.answer("{ devicez { id } }"))["errors"]
        assert "Did you mean" not in error["message"]
        selectors = 'query ($s: [SeriesSelector!]!) { series(selectors: $s, from: "2026-01-01T00:00:00Z", '
        selectors += 'to: "2026-01-02T00:00:00Z", window: "PT1H") { metric } }'
        for error in (await house.answer(selectors, {"s": [{"deviceIdd": "a"}]}))["errors"]:
            assert "Did you mean" not in error["message"]
        [error] = (await house.answer("{ devicez { id } }", role=Role.ADMIN))["errors"]
        assert "Did you mean" in error["message"]


@pytest.mark.parametrize("query", HIDDEN)
async def test_introspection_is_for_everybody_else(tmp_path: Path, query: str) -> None:
    async with small_house(tmp_path) as house:
        for role in Role:
            assert await house.ask(query, role=role)
