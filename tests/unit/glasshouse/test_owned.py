"""What an ingest owns: which filters, under which client ids, and what can be no site."""

import pytest

from glasshouse.errors import SettingsError
from glasshouse.owned import Owned


@pytest.mark.parametrize("sites", [[], ["+"], ["north", "+"]])
def test_all_sites_are_one_filter_under_the_client_id_of_up(sites: list[str]) -> None:
    assert Owned.parse(sites).filters == {"glasshouse-ingest": "glasshouse/#"}


def test_each_site_has_a_session_of_its_own_that_moves_with_it() -> None:
    owned = Owned.parse(["south", "north", "south"])
    assert owned.sites == ("north", "south")
    assert owned.filters == {"glasshouse-ingest-north": "glasshouse/north/#", "glasshouse-ingest-south": "glasshouse/south/#"}


@pytest.mark.parametrize("site", ["", "no/rth", "#", "north/#", "-x", "a" * 65])
def test_what_can_be_no_site_cannot_be_owned(site: str) -> None:
    with pytest.raises(SettingsError, match="--owns north"):
        Owned.parse(["north", site])
