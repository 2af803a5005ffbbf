"""The JSON Schema of each event type, as it is exported, checked in under `schema/json/`, and held at ingress."""

from typing import Any

import msgspec

from schema.registry import EventType, Registry


def json_schema(kind: EventType) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a type's data; fields that it does not name are allowed, and ignored."""
    _, components = msgspec.json.schema_components([kind.struct], ref_template="#/$defs/{name}")
    definition: dict[str, Any] = components.pop(kind.struct.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:glasshouse:{kind.name}:{kind.version}",
        "title": kind.name,
        **{key: value for key, value in definition.items() if key != "title"},
        **({"$defs": components} if components else {}),
    }


def export(registry: Registry) -> dict[str, str]:
    """File name -> text, for every type: `SensorReading.v1.json` and so on."""
    return {
        f"{kind.name}.v{kind.version}.json": msgspec.json.format(msgspec.json.encode(json_schema(kind)), indent=2).decode()
        + "\n"
        for kind in registry.types.values()
    }
