"""A schema with all that a schema may have, whose resolvers give, lack, wait or fail as chance will have it.

Chance is decided by a seed and by where in the answer a value belongs, so that two executors meet the same.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from operator import attrgetter
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_nullable_type,
    is_list_type,
)

from api.shortcuts import Plain

_FIELDS: Final = """
    text: String mustText: String! number: Int mustFloat: Float! flag: Boolean id: ID! colour: Colour mustColour: Colour!
    plain: String mustPlain: String! sum(x: Int = 3, y: [Int!], z: Point): Int!
    thing: Thing mustThing: Thing! things: [Thing!]! holes: [Thing] texts: [String!] grid: [[Int!]]
    either: Either eithers: [Either!] named: Named mustNamed: Named!
"""
_SDL: Final = f"""
enum Colour {{ RED GREEN }}
input Point {{ left: Int = 1 right: Int! }}
interface Named {{ id: ID! thing: Thing }}
type Thing implements Named {{ {_FIELDS} }}
type Other implements Named {{ {_FIELDS} }}
union Either = Thing | Other
type Query {{ {_FIELDS} }}
type Mutation {{ {_FIELDS} }}
"""


class Colour(Enum):
    RED = 1
    GREEN = 2


class Thing:
    """An object of some type. Its plain fields are there already; some break when they are looked at."""

    def __init__(self, rng: Random) -> None:
        self.kind = rng.choice(["Thing", "Other"])
        self._plain = rng.choice(["there", "there", None, ValueError("plain")])

    @property
    def plain(self) -> str | None:
        if isinstance(self._plain, ValueError):
            raise self._plain
        return self._plain


def world() -> GraphQLSchema:
    """The schema, ready to execute: the seed is in the context."""
    schema = build_schema(_SDL)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
            kind.resolve_type = lambda value, _info, _kind: value.kind
        elif isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                plain = name in {"plain", "mustPlain"}
                field.resolve = Plain(attrgetter("plain")) if plain else _resolver(field.type)
    return schema


def _resolver(kind: GraphQLOutputType) -> Callable[..., Any]:
    def resolve(_source: object, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        rng = Random(
            f"{info.context.seed} {info.path.as_list()} {info.field_name} {info.parent_type} {sorted(arguments.items())}"
        )
        turns = rng.choice([0, 0, 1, 2]) if rng.random() < info.context.waiting else None
        if turns is None:
            return _value(kind, rng, info.context.failing)
        return _later(kind, rng, info.context.failing, turns)

    return resolve


async def _later(kind: GraphQLOutputType, rng: Random, failing: float, turns: int) -> Any:
    for _ in range(turns):
        await asyncio.sleep(0)
    return _value(kind, rng, failing)


def _value(kind: GraphQLOutputType, rng: Random, failing: float) -> Any:
    if rng.random() < failing:
        raise ValueError(f"chance {rng.random()}")
    if rng.random() < failing:
        return None
    bare = get_nullable_type(kind)
    if is_list_type(bare):
        return [_item(bare.of_type, rng, failing) for _ in range(rng.choice([0, 1, 2, 3]))]
    return _single(str(bare), rng)


def _item(kind: GraphQLOutputType, rng: Random, failing: float) -> Any:
    bare = get_nullable_type(kind)
    if rng.random() < failing / 5:
        return None
    return [_item(bare.of_type, rng, failing) for _ in range(2)] if is_list_type(bare) else _single(str(bare), rng)


def _single(name: str, rng: Random) -> Any:
    odd = rng.random() < 0.05
    match name:
        case "String" | "ID":
            return 7 if odd else f"text {rng.random()}"
        case "Int":
            return "no number" if odd else rng.randrange(100)
        case "Float":
            return float("nan") if odd else rng.random()
        case "Boolean":
            return "no" if odd else rng.random() < 0.5
        case "Colour":
            return "RED" if odd else rng.choice([Colour.RED.name, Colour.GREEN.name])
    thing = Thing(rng)
    if name in {"Thing", "Other"}:
        thing.kind = name
    return thing
