"""Queries and mutations that our schema allows, whatever their values."""

from hypothesis import strategies as st
from hypothesis_graphql import from_schema, nodes

from api.schema import build_schema

MOMENTS = ("2026-06-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z", "now")
SCALARS = {
    "BigInt": st.integers(-(2**63), 2**63 - 1).map(nodes.Int),
    "Cursor": st.text(max_size=30).map(nodes.String),
    "Date": st.dates().map(lambda day: nodes.String(day.isoformat())),
    "DateTime": st.sampled_from(MOMENTS).map(nodes.String),
    "Duration": st.sampled_from(["PT1M", "PT1H", "P1D", "PT0S", "P999999D", "PT0.000001S", "a while"]).map(nodes.String),
    "StateValue": st.text(max_size=10).map(nodes.String) | st.booleans().map(nodes.Boolean) | st.integers().map(nodes.Int),
}


def any_operation() -> st.SearchStrategy[str]:
    """Documents with one operation."""
    return from_schema(build_schema(), custom_scalars=SCALARS)
