"""By which URLs an InfluxDB is known: apart from all that speaks to one, which takes a while to load."""

from typing import Final

SCHEMES: Final = ("influxdb://", "influxdbs://")


def of_version(url: str, version: int) -> str:
    """The URL of another version of the history at this one: in a bucket of its own."""
    return f"{url}{'&' if '?' in url else '?'}version={version}"
