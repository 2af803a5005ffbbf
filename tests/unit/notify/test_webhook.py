"""Webhooks: signed, with an id, and no further than the address that was set."""

import hashlib
import hmac

import msgspec
import pytest

from adapters.notify.port import Message, NotDeliveredError
from adapters.notify.webhook import Webhook
from tests.support.receiver import receiving

SECRET = "a secret of the two of us"
MESSAGE = Message(id="n-1", title="t", text="x", severity="critical", document={"id": "n-1", "kind": "TemperatureAlert"})


async def test_a_message_comes_with_its_id_and_a_signature_over_time_and_body() -> None:
    async with receiving() as receiver:
        webhook = Webhook(f"{receiver.url}/hook", SECRET, clock=lambda: 1_800_000_000.7)
        await webhook.send(MESSAGE)
        await webhook.close()
    [got] = receiver.got
    assert (got.path, msgspec.json.decode(got.body)) == ("/hook", MESSAGE.document)
    assert (got.headers["x-glasshouse-id"], got.headers["x-glasshouse-timestamp"]) == ("n-1", "1800000000")
    expected = hmac.new(SECRET.encode(), b"1800000000." + got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-glasshouse-signature"] == f"v1={expected}"


@pytest.mark.parametrize(
    ("answer", "reason", "after"),
    [
        ("500 Broken", "it answered 500", None),
        ("429 Slow\r\nRetry-After: 120", "it answered 429", 120.0),
        ("503 Away\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT", "it answered 503", 0.0),
        ("503 Away\r\nRetry-After: soon", "it answered 503", None),
        ("302 Elsewhere\r\nLocation: /there", r"it answered 302 \(redirects are not followed\)", None),
    ],
)
async def test_what_is_not_taken_is_told_with_when_to_come_again(answer: str, reason: str, after: float | None) -> None:
    async with receiving(answer) as receiver:
        webhook = Webhook(receiver.url, SECRET)
        with pytest.raises(NotDeliveredError, match=reason) as told:
            await webhook.send(MESSAGE)
        await webhook.close()
    assert told.value.retry_after == after
    assert len(receiver.got) == 1


async def test_a_target_that_is_away_is_told_without_its_address() -> None:
    async with receiving() as receiver:
        pass
    webhook = Webhook(f"{receiver.url}/token", SECRET)
    with pytest.raises(NotDeliveredError, match="not reached: ConnectError") as told:
        await webhook.send(MESSAGE)
    await webhook.close()
    assert "token" not in str(told.value)
