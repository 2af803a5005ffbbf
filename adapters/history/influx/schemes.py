"""By which URLs an InfluxDB is known: apart from all that speaks to one, which takes a while to load."""

from typing import Final

SCHEMES: Final = ("influxdb://", "influxdbs://")
