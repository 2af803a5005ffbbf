"""What serves in this process, and how another version takes its place while everything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.event_log.port import EventLog
from adapters.history.port import RAW
from adapters.history.serving import ServingHistory
from glasshouse.versions.comparing import standing_still
from glasshouse.versions.made import Around, Made, MadeHistory, MadeInFile, MadeInMemory
from glasshouse.versions.shelf import HISTORY
from projections.commands import Commands
from projections.engine import Engine, Troupe
from projections.exchange import exchange
from projections.lineage import Lineage
from schema.envelope import Position

_RUNNERS: Final[Mapping[str, Sequence[str]]] = {HISTORY: (HISTORY, "windows")}
_LEANS_ON: Final[Mapping[str, Sequence[str]]] = {HISTORY: ("decisions",)}
"""What must stand still, too, where versions are compared: both are made with it."""
GIVEN: Final = frozenset({RAW})
"""What no rule touches."""


@dataclass
class Stage:
    """The serving versions by name; `history` is what readers hold, and None where this process fills none."""

    log: EventLog
    engine: Engine
    around: Around
    made: dict[str, Made]
    history: ServingHistory | None = None

    def serving(self, name: str) -> Troupe:
        return self.engine.serving(_RUNNERS.get(name, (name,)))

    def still(self, name: str) -> list[Troupe]:
        """What stands still while that read model is compared."""
        return [self.serving(other) for other in (*_LEANS_ON.get(name, ()), name)]

    async def take_over(self, name: str, made: Made, beside: Troupe) -> None:
        """Let `made` serve, whose models run as `beside`; what served before is closed, and keeps what it has."""
        before = self.made[name]
        if isinstance(made, MadeHistory):
            await self._promote(name, made, beside)
            await before.close()
        else:
            async with standing_still(self.log, [self.serving(name), beside]):
                _exchange(before, made)
            await self.engine.stop(beside)

    async def _promote(self, name: str, made: MadeHistory, beside: Troupe) -> None:
        """Once it holds all that readers may have seen, readers are handed over between two of their questions."""
        serving = self.serving(name)
        serving.close_gates()
        try:
            await beside.reached(max((position for _, position in serving.positions()), default=Position(-1)))
        except BaseException:
            serving.open_gates()
            raise
        before = self.engine.promote(beside)
        self.made[name] = made
        if self.history is not None:
            self.history.store = made.store
        await self.engine.stop(before)


def _exchange(serving: Made, made: Made) -> None:
    if isinstance(serving, MadeInFile) and isinstance(made, MadeInFile):
        _exchange_files(serving.model, made.model)
    elif isinstance(serving, MadeInMemory) and isinstance(made, MadeInMemory):
        exchange(serving.model, made.model)
    else:
        raise TypeError(f"{type(serving).__name__} cannot become {type(made).__name__}")


def _exchange_files(serving: Lineage | Commands, made: Lineage | Commands) -> None:
    match serving, made:
        case Lineage() as one, Lineage() as other:
            one.exchange(other)
        case Commands() as one, Commands() as other:
            one.exchange(other)
        case _:
            raise TypeError(f"{serving.name} cannot become {made.name}")
