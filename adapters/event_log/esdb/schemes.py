"""By which URLs an EventStoreDB is known: apart from all that speaks to one, which takes a while to load."""

from typing import Final

SCHEMES: Final = tuple(f"{name}{how}://" for name in ("esdb", "kurrentdb", "kdb") for how in ("", "+discover"))
