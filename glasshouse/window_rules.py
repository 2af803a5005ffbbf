"""The rules for windows that the settings ask for. What serves may still be made by others: a rebuild brings it up to these."""

from typing import Final

from domain.quality_rules import RuleBook
from glasshouse.settings import Settings
from projections.rules import WindowRules
from projections.watermarks import Lateness

_MICROS: Final = 1_000_000


def window_rules(settings: Settings) -> WindowRules:
    """As the settings have them."""
    lateness = Lateness(round(settings.lateness_seconds * _MICROS), round(settings.idle_seconds * _MICROS))
    return WindowRules(lateness, RuleBook.changed(settings.quality))
