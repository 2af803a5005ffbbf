"""How fields of the schema are declared: each with a description, each field of a root type with the role that it needs."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import strawberry

from api.roles import Role

ROLE: Final = "role"
Decorator: TypeAlias = Callable[[Callable[..., Any]], Any]


def described(description: str) -> Any:
    """A plain field."""
    return strawberry.field(description=description)


def computed(description: str) -> Decorator:
    """A field with a resolver of its own; decorates it."""
    decorator: Decorator = strawberry.field(description=description)
    return decorator


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
