"""What an ingest owns: sites of a broker, each taken by a topic filter and under a client id of its own.

One session a site, so that a site can move from one process to another, and its queue at the broker with it. Foreign devices
are heard in the session of the site where they are registered.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from domain.leases import ALL
from glasshouse.errors import SettingsError
from schema.ids import is_valid_id

_CLIENT_ID: Final = "glasshouse-ingest"


class Owned(msgspec.Struct, frozen=True):
    """Sites, sorted and each once; `+` alone is all of them, and whatever is published below `glasshouse/` on none."""

    sites: tuple[str, ...] = (ALL,)

    @classmethod
    def parse(cls, sites: Sequence[str]) -> "Owned":
        """From what a user named: nothing is everything. SettingsError for what can be no site."""
        wrong = [site for site in sites if site != ALL and not is_valid_id(site)]
        if wrong:
            raise SettingsError(f"{wrong[0]!r} cannot be owned: name a site, as in --owns north, or + for all of them")
        return cls() if ALL in sites or not sites else cls(tuple(sorted(set(sites))))

    @property
    def filters(self) -> Mapping[str, str]:
        """The topic filters, by the client id under which each is subscribed to."""
        if self.sites == (ALL,):
            return {_CLIENT_ID: "glasshouse/#"}
        return {f"{_CLIENT_ID}-{site}": f"glasshouse/{site}/#" for site in self.sites}
