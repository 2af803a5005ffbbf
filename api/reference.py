"""The reference page of the schema, in Markdown, made from the schema itself: `python -m api.reference`."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    ast_from_value,
    get_named_type,
    is_specified_scalar_type,
    print_ast,
)
from graphql import build_schema as build_graphql_schema

from api.roles import Role
from api.schema import build_schema, role_of, root_fields, schema_text

_HEAD: Final = """\
# The GraphQL schema

Made from the schema by `.venv/bin/python -m api.reference`; a test fails where it is behind it. How to ask is told
[here](graphql.md), what changed [there](schema-changes.md). In SDL it is [schema.graphql](../../schema.graphql).
"""
_ROOTS: Final = ("Query", "Mutation", "Subscription")
_CHAPTERS: Final[Mapping[str, type[GraphQLNamedType]]] = {
    "Objects": GraphQLObjectType,
    "Interfaces": GraphQLInterfaceType,
    "Unions": GraphQLUnionType,
    "Inputs": GraphQLInputObjectType,
    "Enums": GraphQLEnumType,
    "Scalars": GraphQLScalarType,
}


def reference() -> str:
    """The page."""
    served = build_schema()
    plain = build_graphql_schema(schema_text(served))
    roles = {path: role_of(field) for path, field in root_fields(served).items()}
    return "\n".join([_HEAD, *_page(plain, roles)]).rstrip() + "\n"


def _page(schema: GraphQLSchema, roles: Mapping[str, Role]) -> Iterator[str]:
    for root in _ROOTS:
        kind = schema.type_map[root]
        yield f"## {root}\n\n{kind.description}\n"
        for name, field in sorted(kind.fields.items()):  # type: ignore[attr-defined]  # roots are objects
            yield from _root_field(f"{root}.{name}", field, roles[f"{root}.{name}"])
    for chapter, of in _CHAPTERS.items():
        yield f"## {chapter}\n"
        for name, kind in sorted(schema.type_map.items()):
            if isinstance(kind, of) and name not in _ROOTS and not name.startswith("__") and not is_specified_scalar_type(kind):
                yield f"### {name}\n\n{kind.description}\n"
                yield from _parts(kind, schema)


def _root_field(path: str, field: GraphQLField, role: Role) -> Iterator[str]:
    yield f"### {path}\n\n{_text(field)}\n\nGives {_link(field.type)}. Needs the role {role.word}.\n"
    if field.args:
        yield from _table("argument", field.args)


def _parts(kind: GraphQLNamedType, schema: GraphQLSchema) -> Iterator[str]:
    if isinstance(kind, GraphQLEnumType):
        yield "| value | |\n|---|---|"
        yield from (f"| `{name}` | {_text(value)} |" for name, value in kind.values.items())
        yield ""
    elif isinstance(kind, GraphQLUnionType):
        yield "One of " + ", ".join(_link(member) for member in kind.types) + ".\n"
    elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        if isinstance(kind, GraphQLInterfaceType):
            members = sorted(schema.get_possible_types(kind), key=lambda member: member.name)
            yield "Implemented by " + ", ".join(_link(member) for member in members) + ".\n"
        yield from _table("field", kind.fields)


def _table(what: str, parts: Mapping[str, GraphQLField | GraphQLInputField | GraphQLArgument]) -> Iterator[str]:
    yield f"| {what} | type | |\n|---|---|---|"
    for name, part in parts.items():
        given = "".join(f" `{argument}`: {_text(definition)}" for argument, definition in getattr(part, "args", {}).items())
        yield f"| `{name}` | {_link(part.type)}{_default(part)} | {_text(part)}{given} |"
    yield ""


def _default(part: Any) -> str:
    value = getattr(part, "default_value", Undefined)
    node = None if value is Undefined else ast_from_value(value, part.type)
    return "" if node is None else f" = `{print_ast(node)}`"


def _link(kind: Any) -> str:
    named = get_named_type(kind)
    return f"`{kind}`" if is_specified_scalar_type(named) else f"[`{kind}`](#{named.name.lower()})"


def _text(part: Any) -> str:
    told = " ".join((part.description or "").split()).replace("|", "\\|")
    return f"{told} Deprecated: {part.deprecation_reason}" if part.deprecation_reason else told


if __name__ == "__main__":
    sys.stdout.write(reference())
