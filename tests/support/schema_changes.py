"""What differs between two schemas, by schema coordinates such as `Query.device(id:)`, and what a changelog says of it."""

import re
from collections.abc import Iterator
from datetime import date

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)

Parts = dict[str, str]
"""From coordinates to what clients lean on there: a type, or nothing but that it is there."""
_GOES = re.compile(r"\S.* Goes after (\d{4}-\d\d-\d\d)\.")


def parts_of(schema: GraphQLSchema) -> Parts:
    """Every type, field, argument, value and member of the schema."""
    kinds = [kind for name, kind in schema.type_map.items() if not name.startswith("__")]
    return {coordinate: kind for each in kinds for coordinate, kind in _parts(each)}


def _parts(kind: GraphQLNamedType) -> Iterator[tuple[str, str]]:
    yield kind.name, type(kind).__name__
    if isinstance(kind, GraphQLEnumType):
        yield from ((f"{kind.name}.{value}", "") for value in kind.values)
    if isinstance(kind, GraphQLUnionType):
        yield from ((f"{kind.name} = {member.name}", "") for member in kind.types)
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for name, field in kind.fields.items():
            yield f"{kind.name}.{name}", str(field.type)
            for argument, definition in getattr(field, "args", {}).items():
                yield f"{kind.name}.{name}({argument}:)", str(definition.type)


def differences(before: Parts, now: Parts) -> set[str]:
    """The coordinates of what is other now. A new type is told by the field that leads to it, one that is gone by its name."""
    touched = {part for part in before.keys() | now.keys() if before.get(part) != now.get(part)}
    stayed = before.keys() & now.keys()
    return {part for part in touched if _holder(part) in stayed or (_holder(part) is None and part in before)}


def _holder(part: str) -> str | None:
    """The field of an argument, the type of all else; None of a type."""
    found = re.match(r"(.*?)(?:\(| = |\.[^(]*$)", part)
    return None if found is None else found[1]


def told(section: str) -> set[str]:
    """The coordinates at the head of the points of a section, before what is said of them."""
    heads = re.findall(r"^- ((?:`[^`]+`(?:, )?)+)", section, re.MULTILINE)
    return {name for head in heads for name in re.findall(r"`([^`]+)`", head)}


def deprecations(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """What is deprecated, and the reason given."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{kind.name}.{name}", value.deprecation_reason) for name, value in kind.values.items() if _old(value))
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                if _old(field):
                    yield f"{kind.name}.{name}", field.deprecation_reason or ""
                for argument, definition in getattr(field, "args", {}).items():
                    if _old(definition):
                        yield f"{kind.name}.{name}({argument}:)", definition.deprecation_reason


def goes_after(reason: str) -> date | None:
    """The day after which it may go; None where the reason does not end with one, or says nothing else."""
    found = _GOES.fullmatch(reason)
    return None if found is None else date.fromisoformat(found[1])


def gone_too_early(before: GraphQLSchema, now: GraphQLSchema, today: date) -> set[str]:
    """What is gone without having been deprecated, or before its day. Types go with the last that leads to them."""
    known, there = dict(deprecations(before)), parts_of(now)
    gone = {part for part in differences(parts_of(before), there) if part not in there and not part.isidentifier()}
    return {part for part in gone if (goes_after(known.get(part, "")) or date.max) >= today}


def _old(part: object) -> bool:
    return getattr(part, "deprecation_reason", None) is not None
