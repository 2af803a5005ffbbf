"""Alert rules in files: JSON, as `AlertRuleInput` of the schema has it, and what is wrong with one by the names in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_nullable_type,
    is_required_input_field,
)

from api.schema import build_schema
from glasshouse.errors import RefusedError, SettingsError

_KINDS: Final = {
    "Boolean": "true or false",
    "Duration": 'a length of time such as "PT10M"',
    "Float": "a number",
    "ID": "a text",
    "Int": "a whole number",
    "String": "a text",
}


def read_rule(path: Path) -> dict[str, Any]:
    """The rule in a file. SettingsError where it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise SettingsError(f"the rule {path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(
            f"the rule {path} must be a JSON object, as `AlertRuleInput` of the schema says: {error}"
        ) from error


@contextmanager
def explained(path: Path, rule: dict[str, Any]) -> Iterator[None]:
    """What a house refuses about the rule, told by the names that stand in its file."""
    try:
        yield
    except RefusedError as error:
        problem = _problem_of(rule)
        if problem is None:
            raise
        raise RefusedError(f"the rule {path}: {problem}") from error


def _problem_of(rule: dict[str, Any]) -> str | None:
    """The first field that is missing, unknown or of another kind, and what to write; None where all fit the schema."""
    kind = build_schema().type_map["AlertRuleInput"]
    assert isinstance(kind, GraphQLInputObjectType)  # noqa: S101  # for the type checker
    return next(_problems(kind, rule, ""), None)


def _problems(kind: GraphQLInputObjectType, given: dict[str, Any], path: str) -> Iterator[str]:
    for name in sorted(given.keys() - kind.fields.keys()):
        yield f"`{path}{name}` is not known; there are {', '.join(f'`{path}{known}`' for known in kind.fields)}"
    for name, field in kind.fields.items():
        if name in given:
            yield from _values(field, given[name], f"{path}{name}")
        elif is_required_input_field(field):
            yield f"`{path}{name}` is missing; write it: {_what(field)}"


def _values(field: GraphQLInputField, value: Any, path: str) -> Iterator[str]:
    kind = get_named_type(field.type)
    if value is None:
        yield from (
            () if is_nullable_type(field.type) else (f"`{path}` must not be null; leave it out, or write it: {_what(field)}",)
        )
    elif isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        yield from _problems(kind, value, f"{path}.")
    elif not all(_fits(kind, one) for one in (value if _is_list(field, value) else [value])):
        yield f"`{path}` cannot be {msgspec.json.encode(value).decode()[:80]}; write {_how(kind)}: {_what(field)}"


def _is_list(field: GraphQLInputField, value: Any) -> bool:
    return isinstance(value, list) and isinstance(get_nullable_type(field.type), GraphQLList)


def _fits(kind: GraphQLNamedType, value: Any) -> bool:
    if not is_leaf_type(kind):
        return False
    try:
        kind.parse_value(value)
    except GraphQLError:
        return False
    return True


def _how(kind: GraphQLNamedType) -> str:
    if isinstance(kind, GraphQLEnumType):
        return "one of " + ", ".join(f'"{name}"' for name in kind.values)
    return _KINDS.get(kind.name, "an object")


def _what(field: GraphQLInputField) -> str:
    return (field.description or "").removesuffix(".")
