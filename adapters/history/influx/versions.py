"""The versions of a history in InfluxDB: each lies in a bucket of its own, the first under the name that it always had."""

from adapters.history.influx.address import InfluxAddress
from adapters.history.influx.connection import InfluxConnection, Timeouts

_FIRST = 1


def versions(url: str) -> list[int]:
    """Those that are there. HistoryError where that cannot be asked."""
    address = InfluxAddress(url)
    connection = InfluxConnection(address, Timeouts())
    try:
        found = (_version(address.bucket, name) for name in connection.buckets())
        return sorted(number for number in found if number is not None)
    finally:
        connection.close()


def drop_version(url: str) -> None:
    """Drop the bucket of the version that this URL names, if it is there."""
    connection = InfluxConnection(InfluxAddress(url), Timeouts())
    try:
        connection.drop_bucket()
    finally:
        connection.close()


def _version(first: str, name: str) -> int | None:
    if name == first:
        return _FIRST
    number = name.removeprefix(f"{first}-v")
    return int(number) if number != name and number.isdecimal() else None
