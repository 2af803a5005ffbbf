"""What an ingest owns: topic filters of a broker, each subscribed to under a client id of its own."""

from collections.abc import Mapping
from typing import Final

_CLIENT_ID: Final = "glasshouse-ingest"


def everything() -> Mapping[str, str]:
    """All topics, under one client id."""
    return {_CLIENT_ID: "glasshouse/#"}
