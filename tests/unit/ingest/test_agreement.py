"""Whatever bytes come in: no error comes out, and every event agrees with the JSON Schema of its type."""

import json
from typing import Any

import jsonschema
import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoders.native import decode
from ingest.facts import Fact
from schema.json_schema import json_schema
from schema.registry import REGISTRY
from tests.support.ingest import NOW

SCHEMAS = {name: jsonschema.Draft202012Validator(json_schema(kind)) for name, kind in REGISTRY.types.items()}
KINDS = st.sampled_from(["reading", "state", "status", "ack"])
FIELDS = st.sampled_from(
    [
        "reading",
        "sensorId",
        "id",
        "timestamp",
        "sentAt",
        "seq",
        "units",
        "quality",
        "actuatorId",
        "state",
        "reason",
        "by",
        "commandId",
        "result",
        "status",
        "model",
        "firmwareVersion",
        "temperature",
        "co2",
    ]
)
WORDS = st.sampled_from(
    ["good", "online", "accepted", "device", "main", "degC", "ppm", "2024-06-01T12:00:00Z", "a b", "\x00", ""]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=6), max_leaves=12
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "reading": st.dictionaries(FIELDS, st.none() | st.floats() | st.integers(), max_size=4),
        "actuatorId": st.just("vent"),
        "commandId": st.just("c-1"),
        "state": SCALARS,
        "status": st.sampled_from(["online", "offline"]),
        "result": st.sampled_from(["accepted", "failed"]),
        "timestamp": st.integers(-(10**15), 10**15) | st.datetimes().map(lambda moment: moment.isoformat() + "+01:00"),
        "seq": st.integers(),
        "units": st.dictionaries(FIELDS, WORDS, max_size=2),
    },
)


def check(kind: str, payload: bytes) -> None:
    said = decode(f"glasshouse/home/tomato-1/{kind}", payload, NOW)
    assert said
    for one in said:
        if isinstance(one, Fact):
            data: Any = json.loads(msgspec.json.encode(one.event))
            SCHEMAS[REGISTRY.name_of(one.event)].validate(data)
            assert REGISTRY.decode(REGISTRY.name_of(one.event), msgspec.json.encode(one.event), 1) == one.event
        else:
            assert one.reason


@given(kind=KINDS, tree=LIKELY | TREES)
def test_json_of_any_shape_is_a_valid_event_or_a_flaw(kind: str, tree: Any) -> None:
    check(kind, json.dumps(tree).encode())


@given(kind=KINDS, payload=st.binary(max_size=60))
def test_bytes_of_any_kind_are_a_valid_event_or_a_flaw(kind: str, payload: bytes) -> None:
    check(kind, payload)
