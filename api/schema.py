"""The executable schema: compiled by Strawberry from the types, every root field guarded by the role that it names."""

import sys
from collections.abc import Callable, Coroutine
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLSchema, lexicographic_sort_schema, print_schema
from graphql import build_schema as build_graphql_schema
from strawberry.schema.config import StrawberryConfig

from api.errors import ApiError
from api.fields import ROLE
from api.mutations import Mutation
from api.queries import Query
from api.roles import Role, require
from api.scalars import SCALARS
from api.shortcuts import Plain, ResolveInfo, Resolver, definition_of, take_shortcuts
from api.subscriptions import Subscription
from api.types.results import OperationError


def build_schema() -> GraphQLSchema:
    """The schema, ready to execute. KeyError where a root field names no role."""
    config = StrawberryConfig(scalar_map=SCALARS)
    built = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription, config=config)
    schema: GraphQLSchema = built._schema  # noqa: SLF001 - Strawberry has no public name for what it compiled
    take_shortcuts(schema)
    _guard(schema)
    return schema


def schema_text(schema: GraphQLSchema) -> str:
    """The schema in SDL, in an order that does not depend on that of the code."""
    # Sorting makes plain enums, which no longer know the members that stand as defaults: names do.
    plain = build_graphql_schema(print_schema(schema))
    return print_schema(lexicographic_sort_schema(plain)) + "\n"


def role_of(field: GraphQLField) -> Role:
    """The role that a root field needs."""
    role: Role = definition_of(field).metadata[ROLE]
    return role


def root_fields(schema: GraphQLSchema) -> dict[str, GraphQLField]:
    """`Query.device` and so on -> the field."""
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return {f"{root.name}.{name}": field for root in roots if root for name, field in root.fields.items()}


def _guard(schema: GraphQLSchema) -> None:
    for path, field in root_fields(schema).items():
        root, _, name = path.partition(".")
        if root == "Subscription":
            field.subscribe = _checked(name, role_of(field), field.subscribe)
            field.resolve = Plain(lambda message, **_: message)
        elif root == "Mutation":
            field.resolve = _answering(_checked(name, role_of(field), field.resolve))
        else:
            field.resolve = _checked(name, role_of(field), field.resolve)


def _checked(name: str, role: Role, resolve: Resolver | None) -> Resolver:
    assert resolve is not None, "Strawberry gives every root field a resolver"  # noqa: S101 - for the type checker

    def checked(source: object, info: ResolveInfo, **arguments: Any) -> Any:
        require(role, info.context.principal.role, name)
        return resolve(source, info, **arguments)

    return checked


def _answering(resolve: Resolver) -> Callable[..., Coroutine[Any, Any, Any]]:
    """A mutation refuses as a value: what became of it is its answer."""

    async def answering(source: object, info: ResolveInfo, **arguments: Any) -> Any:
        try:
            answer = await resolve(source, info, **arguments)
        except ApiError as error:
            info.context.made.append((info.field_name, error))
            return OperationError(code=error.code, message=error.message, retry_at=error.retry_at)
        info.context.made.append((info.field_name, None))
        return answer

    return answering


if __name__ == "__main__":
    sys.stdout.write(schema_text(build_schema()))
