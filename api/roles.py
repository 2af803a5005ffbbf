"""Roles: what a key may do. Viewer, operator and admin each include the one before, admin ingest too, which reads nothing."""

from enum import Enum

import strawberry

from api.errors import ApiError, ErrorCode


@strawberry.enum(description="What a key may do.")
class Role(Enum):
    VIEWER = strawberry.enum_value("viewer", description="Reads everything but keys.")
    OPERATOR = strawberry.enum_value(
        "operator", description="Reads, changes sites and devices, corrects readings, and commands actuators."
    )
    INGEST = strawberry.enum_value("ingest", description="Delivers readings; reads and changes nothing.")
    ADMIN = strawberry.enum_value("admin", description="Everything, keys included.")

    @property
    def word(self) -> str:
        """As events and messages spell it."""
        return str(self.value)


_INCLUDES = {
    Role.VIEWER: frozenset({Role.VIEWER}),
    Role.OPERATOR: frozenset({Role.VIEWER, Role.OPERATOR}),
    Role.INGEST: frozenset({Role.INGEST}),
    Role.ADMIN: frozenset({Role.VIEWER, Role.OPERATOR, Role.INGEST, Role.ADMIN}),
}


def require(needed: Role, held: Role, what: str) -> None:
    """ApiError where the role held does not include the one needed."""
    if needed not in _INCLUDES[held]:
        raise ApiError(ErrorCode.FORBIDDEN, f"{what} needs the role {needed.word}; this key is {held.word}")
