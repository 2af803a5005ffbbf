"""What a resolver may lean on: the services, and who asks."""

from typing import Any, TypeAlias

import strawberry

from api.auth import Principal
from api.budget import Budget
from api.services import Services
from api.visibility import Visibility
from api.writes import Writer


class Context:
    """Made once per operation."""

    __slots__ = ("items", "letter_bytes", "principal", "services", "visibility", "writer")

    def __init__(self, services: Services, principal: Principal) -> None:
        self.services = services
        self.principal = principal
        self.items = Budget("items", services.limits.items)
        self.letter_bytes = Budget("bytes of dead letters", services.limits.letter_bytes)
        self.visibility = Visibility(services)
        self.writer = Writer(services.log, services.clock)


Info: TypeAlias = strawberry.Info[Context, Any]
