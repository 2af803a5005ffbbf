"""The fault switch: what goes wrong now, set at run time by `control.py` and asked by whoever answers a call."""

import asyncio
import math
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from tests.support.eventstore import refusals

Moment = Literal["before", "after"]
End = Literal["die", "end"]


@dataclass
class Cut:
    """So many reads end after so many more events each; `left` of them for the read that is next."""

    how: End
    after: int
    times: int
    left: int


@dataclass
class Faults:
    """All off. Times in seconds; `not_ready_until` on the event loop's clock."""

    not_ready_until: float = -math.inf
    busy: bool = False
    append_delay: float = 0.0
    read_delay: float = 0.0
    disk_full: bool = False
    not_leader: bool = False
    leader: tuple[str, int] | None = None
    bad_checkpoints: int = 0
    drops: int = 0
    drop_moment: Moment = "before"
    cut: Cut | None = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def unready(self) -> bool:
        return asyncio.get_running_loop().time() < self.not_ready_until

    def refuse(self) -> None:
        """What a whole call is refused for."""
        if self.unready:
            refusals.not_ready()
        if self.busy:
            refusals.too_busy()

    def takes_drop(self, moment: Moment) -> bool:
        """Whether the connections end at this moment of an append."""
        if self.drops <= 0 or self.drop_moment != moment:
            return False
        self.drops -= 1
        return True

    def takes_bad_checkpoint(self) -> bool:
        if self.bad_checkpoints <= 0:
            return False
        self.bad_checkpoints -= 1
        return True

    def takes_cut(self) -> End:
        """One read less to cut; says how it ends."""
        assert self.cut is not None
        how = self.cut.how
        self.cut.times -= 1
        self.cut.left = self.cut.after
        if self.cut.times <= 0:
            self.cut = None
        return how

    def answer_delay(self) -> float:
        """Of one append: about the delay that was set, so that answers overtake each other."""
        return self.append_delay * random.uniform(0.5, 1.5) if self.append_delay else 0.0
