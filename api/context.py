"""What a resolver may lean on: the services, and who asks."""

from typing import Any, TypeAlias

import strawberry

from api.auth import Principal
from api.errors import ApiError
from api.execution.budget import Budget
from api.scoped import as_seen
from api.scoped_writes import writer_of
from api.services import Services
from api.visibility import Visibility


class Context:
    """Made once per operation. `made` are the changes of a mutation so far, each with what it was refused with, if it was."""

    __slots__ = ("folded", "items", "letter_bytes", "made", "principal", "rolled", "services", "tested", "visibility", "writer")

    def __init__(self, services: Services, principal: Principal) -> None:
        self.services = services = as_seen(services, principal.scope)
        self.principal = principal
        self.made: list[tuple[str, ApiError | None]] = []
        self.items = Budget("items", services.limits.items)
        self.folded = Budget("events folded from the log", services.limits.folded_events)
        self.rolled = Budget("windows that rolling goes over", services.limits.rolled_windows)
        self.tested = Budget("readings of back-tests", services.limits.tested_rows)
        self.letter_bytes = Budget("bytes of dead letters", services.limits.letter_bytes)
        self.visibility = Visibility(services)
        self.writer = writer_of(services)


Info: TypeAlias = strawberry.Info[Context, Any]
