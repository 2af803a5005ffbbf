"""What goes wrong with commands: at known rates, decided by the seed, at most one mishap a command."""

from enum import StrEnum

import msgspec


class Mishap(StrEnum):
    """What a box, or somebody beside it, makes of a command instead of just doing it."""

    REFUSED = "refused"
    FAILED = "failed"
    SLOW = "slow"
    ANSWERED_TWICE = "answeredTwice"
    CUT_OFF = "cutOff"
    """The box loses its link, does what it was told, and answers once it is back."""
    BY_HAND = "byHand"
    """The box does it, and then somebody who stands there switches the actuator to something else."""


class MishapRates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The share of all commands that each mishap hits."""

    refused: float = 0.01
    failed: float = 0.01
    slow: float = 0.02
    answered_twice: float = 0.02
    cut_off: float = 0.002
    by_hand: float = 0.005

    def by_fault(self) -> dict[Mishap, float]:
        return {
            Mishap.REFUSED: self.refused,
            Mishap.FAILED: self.failed,
            Mishap.SLOW: self.slow,
            Mishap.ANSWERED_TWICE: self.answered_twice,
            Mishap.CUT_OFF: self.cut_off,
            Mishap.BY_HAND: self.by_hand,
        }
