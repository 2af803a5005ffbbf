"""A provider of its own for each test."""

from collections.abc import Iterator

import pytest

from tests.support.openid_provider import Provider, SigningKey, openid_provider


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with openid_provider() as running:
        yield running


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey("first")


@pytest.fixture(scope="session")
def other_key() -> SigningKey:
    return SigningKey("second")
