"""How fields of the schema are declared: each with a description, each field of a root type with the role that it needs."""

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeAlias

import strawberry

from api.roles import Role

ROLE: Final = "role"
COLUMN: Final = "column"
Decorator: TypeAlias = Callable[[Callable[..., Any]], Any]


def described(description: str) -> Any:
    """A plain field."""
    return strawberry.field(description=description)


def computed(description: str) -> Decorator:
    """A field with a resolver of its own; decorates it."""
    decorator: Decorator = strawberry.field(description=description)
    return decorator


def column(description: str) -> Decorator:
    """A column: many plain values for one field. Decorates what makes the list; others have their turn before each."""

    def decorate(make: Callable[..., Any]) -> Any:
        @wraps(make)
        async def in_turn(*given: Any, **named: Any) -> Any:
            await asyncio.sleep(0)
            return make(*given, **named)

        return strawberry.field(description=description, metadata={COLUMN: True})(in_turn)

    return decorate


def guarded(role: Role, description: str) -> Decorator:
    """A field of Query or Mutation; decorates its resolver."""
    decorator: Decorator = strawberry.field(description=description, metadata={ROLE: role})
    return decorator


def guarded_stream(role: Role, description: str) -> Decorator:
    """A field of Subscription; decorates its resolver."""
    decorator: Decorator = strawberry.subscription(description=description, metadata={ROLE: role})
    return decorator


def argument(description: str, name: str | None = None) -> Any:
    """An argument, for `Annotated`."""
    return strawberry.argument(description=description, name=name)
