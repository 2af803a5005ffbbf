"""Which versions serve in this process, as the log says."""

from dataclasses import dataclass, field

import structlog

from adapters.event_log.port import EventLog
from domain.versions import Version, Versions
from glasshouse.settings import Settings
from glasshouse.versions.record import Record, versions_of
from glasshouse.versions.shelf import HISTORY, NAMES, Shelf
from glasshouse.window_rules import window_rules

_ACTOR = "glasshouse"


@dataclass(frozen=True)
class Standing:
    """The versions of each read model. They change while the process runs."""

    shelf: Shelf
    versions: dict[str, Versions] = field(default_factory=dict)

    def serving(self, name: str) -> Version:
        return self.versions.get(name, Versions()).serving


async def look_up(log: EventLog, settings: Settings) -> Standing:
    """What the log says. Nothing is changed."""
    return Standing(Shelf(settings), {name: await versions_of(log, name) for name in NAMES})


async def take_charge(log: EventLog, settings: Settings, *, history: bool) -> Standing:
    """The same for the process that fills them: versions that nothing refers to are dropped.

    With `history` the log is told the rules of the first history, where it knows of none.
    """
    standing = await look_up(log, settings)
    if history:
        asked = window_rules(settings).record()
        standing.versions[HISTORY] = await Record(log).first(HISTORY, asked, _ACTOR)
        if standing.serving(HISTORY).rules != asked:
            structlog.get_logger().warning(
                "history_made_by_other_rules", remedy="`glasshouse rebuild history` brings it up to the settings"
            )
    for name in NAMES if history else set(NAMES) - {HISTORY}:
        await standing.shelf.tidy(name, standing.versions[name].kept)
    return standing
