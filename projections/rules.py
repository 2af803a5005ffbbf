"""The rules that windows are made by. Other rules make other figures: that is what a rebuild is for."""

import msgspec

from domain.quality_rules import RuleBook
from projections.watermarks import Lateness


class WindowRules(msgspec.Struct, frozen=True):
    """How long a window waits for what is late, and what makes a reading doubtful or bad."""

    lateness: Lateness = Lateness()
    quality: RuleBook = RuleBook()
