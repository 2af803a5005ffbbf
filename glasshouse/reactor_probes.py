"""What `/readyz` and `doctor` look at of the reactors."""

from dataclasses import dataclass
from typing import Protocol

from api.services import Remark


class Complaining(Protocol):
    def complaint(self) -> str | None: ...


@dataclass(frozen=True)
class ReactorsProbe:
    """No reactor has halted, and all is read."""

    engine: Complaining
    name: str = "reactors"

    async def check(self) -> str | None:
        return self.engine.complaint()


@dataclass(frozen=True)
class TargetsProbe(Remark):
    """Targets of notifications that fail, or that there are not: told, while all else goes on."""

    notify: Complaining
    name: str = "notifications"

    async def check(self) -> str | None:
        return self.notify.complaint()
