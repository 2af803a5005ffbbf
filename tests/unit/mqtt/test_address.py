"""A broker's address says what is wrong with it, and keeps its password to itself."""

import pytest

from adapters.mqtt.address import BrokerAddress


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://broker", BrokerAddress("broker", 1883)),
        ("mqtts://broker", BrokerAddress("broker", 8883, tls=True)),
        ("mqtt://10.0.0.1:2883", BrokerAddress("10.0.0.1", 2883)),
        ("mqtt://[::1]:2883", BrokerAddress("::1", 2883)),
        ("mqtt://[::1]", BrokerAddress("::1", 1883)),
        ("mqtt://user@broker:1", BrokerAddress("broker", 1, username="user")),
        ("mqtts://us%40er:p%2F%23%3A@broker:1", BrokerAddress("broker", 1, tls=True, username="us@er", password="p/#:")),
    ],
)
def test_an_address_is_read_from_a_url(url: str, address: BrokerAddress) -> None:
    assert BrokerAddress.parse(url) == address
    assert BrokerAddress.parse(address.url) == address


@pytest.mark.parametrize(
    "url",
    [
        *("", "broker:1883", "http://broker", "mqtt://", "mqtt://:1883", "mqtt://[::1"),
        *("mqtt://broker:0", "mqtt://broker:65536", "mqtt://broker:mqtt"),
        *("mqtt://broker/topic", "mqtt://broker?ca=x", "mqtt://u:p#w@broker"),
    ],
)
def test_what_is_no_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(ValueError, match=r"a broker's address|a broker's port"):
        BrokerAddress.parse(url)


def test_neither_text_nor_representation_nor_complaint_holds_the_password() -> None:
    address = BrokerAddress.parse("mqtt://user:sesame@broker:1")
    assert "sesame" not in f"{address} {address!r} {[address]}"
    with pytest.raises(ValueError, match="ends after the port") as refused:
        BrokerAddress.parse("mqtt://user:sesame@broker:1/x")
    assert "sesame" not in str(refused.value)


def test_the_text_of_an_address_can_be_read_again() -> None:
    for url in ("mqtt://broker:1", "mqtts://[::1]:2"):
        assert str(BrokerAddress.parse(url)) == url
