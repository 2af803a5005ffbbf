"""What a resolver may lean on: the services, and who asks."""

from typing import Any, TypeAlias

import strawberry

from api.auth import Principal
from api.services import Services
from api.visibility import Visibility
from api.writes import Writer


class Context:
    """Made once per operation."""

    __slots__ = ("principal", "services", "visibility", "writer")

    def __init__(self, services: Services, principal: Principal) -> None:
        self.services = services
        self.principal = principal
        self.visibility = Visibility(services)
        self.writer = Writer(services.log, services.clock)


Info: TypeAlias = strawberry.Info[Context, Any]
