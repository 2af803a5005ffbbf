"""What commands print for people."""

import sys
from typing import Final

from rich.console import Console

_ENDLESS: Final = 1_000_000


def stdout() -> Console:
    """As wide as the terminal; where there is none nothing is wrapped or cut."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _ENDLESS)
