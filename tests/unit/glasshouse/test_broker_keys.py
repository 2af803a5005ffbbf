"""The embedded broker is told of keys when they change, and again where that failed."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

import pytest

from adapters.mqtt.broker import EmbeddedBroker
from adapters.mqtt.logins import Login
from glasshouse import broker_keys
from glasshouse.broker_keys import follow_keys
from projections.key_book import KeyBook
from schema.keys import KeyIssued, KeyRevoked
from tests.support.mqtt import until

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HASH = "$7$1$c2FsdA==$aGFzaA=="


class Broker:
    """Notes who is let in. `full` is how often its disk is yet."""

    def __init__(self, full: int = 0) -> None:
        self.told: list[list[str]] = []
        self.full = full

    async def let_in(self, logins: Sequence[Login]) -> None:
        if self.full:
            self.full -= 1
            raise OSError("the disk is full")
        self.told.append([login.user for login in logins])


def _issue(book: KeyBook, key_id: str, role: str = "ingest") -> None:
    mqtt_hash = HASH if role == "ingest" else None
    book.take(KeyIssued(account_id="main", key_id=key_id, name="n", role=role, secret_sha256="0", mqtt_hash=mqtt_hash), NOW)


async def test_it_is_told_once_of_each_change_and_again_where_it_could_not_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_keys, "_LOOK_SECONDS", 0.001)
    book, broker = KeyBook(), Broker(full=2)
    _issue(book, "a")
    _issue(book, "b", role="viewer")
    following = asyncio.create_task(follow_keys(cast("EmbeddedBroker", broker), book), name="follow-keys")
    try:
        await until(lambda: broker.told == [["a"]])
        _issue(book, "c")
        await until(lambda: broker.told == [["a"], ["a", "c"]])
        broker.full = 2
        book.take(KeyRevoked(account_id="main", key_id="a"), NOW)
        await until(lambda: broker.told == [["a"], ["a", "c"], ["c"]])
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
