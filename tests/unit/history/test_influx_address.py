"""The URL of an InfluxDB is understood, or refused in words that do not hold its token."""

from pathlib import Path

import pytest

from adapters.history.influx.address import InfluxAddress
from adapters.history.port import HistoryAddressError

SECRET = "s3cret-token"


def test_token_host_organisation_and_bucket_are_read() -> None:
    address = InfluxAddress("influxdb://a%2Fb+c==@influx.farm:9999/Red%20House?bucket=tomatoes")
    assert (address.http, address.token, address.org) == ("http://influx.farm:9999", "a/b+c==", "Red House")
    assert address.bucket == "tomatoes-history-1"
    assert str(address) == "influxdb://influx.farm:9999/Red%20House"


def test_port_and_bucket_have_defaults_and_tls_has_a_scheme() -> None:
    address = InfluxAddress("influxdbs://t@influx.farm/farm")
    assert (address.http, address.bucket) == ("https://influx.farm:8086", "glasshouse-history-1")
    assert InfluxAddress("influxdb://t@[::1]/farm").http == "http://[::1]:8086"


def test_the_certificate_of_an_authority_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_text("a certificate")
    assert InfluxAddress(f"influxdbs://t@host/farm?TlsCaFile={file}").ca_file == str(file)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"influxdb://{SECRET}/farm", "has no token"),
        ("influxdb://host:8086/farm", "has no token"),
        ("influxdb://@host:8086/farm", "has no token"),
        (f"influxdb://{SECRET}@host:8086", "one organisation"),
        (f"influxdb://{SECRET}@host:8086/a/b", "one organisation"),
        (f"influxdb://{SECRET}@:8086/farm", "no host"),
        (f"influxdb://{SECRET}@host:99999/farm", "range"),
        (f"influxdb://{SECRET}@host/farm?buket=x", "buket is no option"),
        (f"influxdb://{SECRET}@host/farm?bucket=", "bucket is made of"),
        (f"influxdb://{SECRET}@host/farm?bucket=_monitoring", "bucket is made of"),
        (f"influxdb://{SECRET}@host/farm?bucket={'x' * 91}", "bucket is made of"),
        (f"influxdb://{SECRET}@host/farm?TlsCaFile=ca.crt", "influxdbs://"),
        (f"influxdbs://{SECRET}@host/farm?TlsCaFile=/nowhere/ca.crt", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason_and_without_the_token(url: str, told: str) -> None:
    with pytest.raises(HistoryAddressError, match=told) as refused:
        InfluxAddress(url)
    assert SECRET not in str(refused.value)
