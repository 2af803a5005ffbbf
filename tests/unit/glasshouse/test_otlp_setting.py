"""The setting `otlp`: what is an address of a collector, and what a wrong one is told."""

import pytest

from glasshouse.errors import SettingsError
from glasshouse.settings import load_settings


@pytest.mark.parametrize("url", ["http://127.0.0.1:4318", "https://collector.example", "http://[::1]:4318/otlp"])
def test_the_address_of_a_collector_is_taken_as_it_is(url: str) -> None:
    assert load_settings({"otlp": url}).otlp == url


@pytest.mark.parametrize(
    "url", ["localhost:4318", "grpc://host:4317", "http://", "http://host:port", "http://host?x=1", "http://[::1", 4318, ""]
)
def test_what_is_no_such_address_is_refused(url: object) -> None:
    with pytest.raises(SettingsError, match="otlp"):
        load_settings({"otlp": url})


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_HEADERS") as refused:
        load_settings({"otlp": "http://us:hush@host:4318"})
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("ratio", [-0.1, 1.1])
def test_a_ratio_is_from_0_to_1(ratio: float) -> None:
    with pytest.raises(SettingsError, match="otlp_ratio"):
        load_settings({"otlp_ratio": ratio})
