"""Who was told of alerts, and what became of it: pages of all, and those of one alert."""

from typing import Any

import pytest

from api.types.enums import NotificationState, NotificationWord
from projections import notification_book
from projections.notification_queries import NotificationState as KnownState
from schema import notifications
from tests.support.alert_events import raised_alert
from tests.support.api import House
from tests.support.notification_events import failed, given_up, notification_id, requested, sent
from tests.support.watching import Subscriber

LIST = """query ($alert: ID, $state: NotificationState, $first: Int, $after: String, $last: Int, $before: String) {
  notifications(alertId: $alert, state: $state, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }"""
WHOLE = """{ notifications { nodes { id alertId deviceId recipientId target word severity acknowledged escalatedFrom state
  requestedAt attempts nextAttemptAt endedAt reason } } }"""
SAID = {
    "alertId": "a", "deviceId": "box", "recipientId": "ada", "target": "ada-phone", "word": "RAISED", "severity": "WARNING",
    "acknowledged": False, "escalatedFrom": "ben", "requestedAt": "2026-06-01T00:00:00Z",
}  # fmt: skip
OF_ALERTS = "{ alerts { nodes { id notifications(first: 2) { id state } } } }"
OF_ALERT = 'query ($first: Int) { alert(id: "a") { notifications(first: $first) { id } } }'


class Watching(Subscriber):
    """A subscriber of alerts who wants to know who was told."""

    document = """subscription ($after: String) { alerts(after: $after) { __typename
      ... on AlertChanged { cursor alert { id notifications { id } } } ... on AlertProgress { cursor } } }"""
    field = "alerts"


async def names(house: House, **asked: Any) -> list[str]:
    known = {notification_id(name): name for name in "abcdef"}
    return [known[node["id"]] for node in (await house.ask(LIST, asked))["notifications"]["nodes"]]


async def stands(house: House) -> dict[str, Any]:
    (node,) = (await house.ask(WHOLE))["notifications"]["nodes"]
    assert {name: node[name] for name in SAID} == SAID
    return {name: node[name] for name in ("state", "attempts", "nextAttemptAt", "endedAt", "reason")}


async def test_a_notification_is_told_as_it_stands(house: House) -> None:
    await house.says([requested("a")])
    assert await stands(house) == {
        "state": "REQUESTED", "attempts": 0, "nextAttemptAt": None, "endedAt": None, "reason": None
    }  # fmt: skip
    await house.says([failed("a", 1), failed("a", 2, second=10)])
    assert await stands(house) == {
        "state": "RETRYING", "attempts": 2, "nextAttemptAt": "2026-06-01T00:00:15Z", "endedAt": None, "reason": "away"
    }  # fmt: skip
    await house.says([sent("a", 3, second=20)])
    assert await stands(house) == {
        "state": "DELIVERED", "attempts": 3, "nextAttemptAt": None, "endedAt": "2026-06-01T00:00:20Z", "reason": None
    }  # fmt: skip


def test_whatever_is_said_of_alerts_and_of_notifications_has_a_name_in_the_schema() -> None:
    for shown, said in ((NotificationWord, notifications.NotificationWord), (NotificationState, KnownState)):
        assert {each.value for each in shown} == {each.value for each in said}


async def test_what_was_given_up_says_why(house: House) -> None:
    await house.says([requested("a"), failed("a"), given_up("a", 9, second=30)])
    assert await stands(house) == {
        "state": "GIVEN_UP", "attempts": 9, "nextAttemptAt": None, "endedAt": "2026-06-01T00:00:30Z", "reason": "too old"
    }  # fmt: skip


async def test_they_come_newest_first_in_pages_by_alert_and_by_what_became_of_them(house: House) -> None:
    await house.says([*(requested(name) for name in "abc"), requested("d", alert="b"), sent("a"), given_up("b"), failed("c")])
    assert await names(house) == ["d", "c", "b", "a"]
    assert await names(house, alert="a") == ["c", "b", "a"]
    assert await names(house, alert="none") == []
    for state, name in (("DELIVERED", "a"), ("GIVEN_UP", "b"), ("RETRYING", "c"), ("REQUESTED", "d")):
        assert await names(house, state=state) == [name]
    assert await names(house, alert="b", state="DELIVERED") == []
    assert await names(house, last=2) == ["b", "a"]
    first = (await house.ask(LIST, {"first": 3}))["notifications"]["pageInfo"]
    assert first["hasNextPage"] is True
    assert await names(house, after=first["endCursor"]) == ["a"]
    last = (await house.ask(LIST, {"last": 1}))["notifications"]["pageInfo"]
    assert await names(house, last=9, before=last["startCursor"]) == ["d", "c", "b"]


async def test_each_alert_tells_who_was_told_of_it(house: House) -> None:
    await house.says([raised_alert("a"), raised_alert("b"), *(requested(name) for name in "abc"), sent("c")])
    told = {alert["id"]: alert["notifications"] for alert in (await house.ask(OF_ALERTS))["alerts"]["nodes"]}
    assert told == {
        "a": [{"id": notification_id("c"), "state": "DELIVERED"}, {"id": notification_id("b"), "state": "REQUESTED"}],
        "b": [],
    }
    assert len((await house.ask(OF_ALERT))["alert"]["notifications"]) == 3
    assert await house.code(OF_ALERT, {"first": 501}) == "LIMIT_EXCEEDED"


async def test_a_message_about_an_alert_shows_what_stood_then_and_not_who_was_told_since(house: House) -> None:
    start = (await house.ask("{ alerts { liveCursor } }"))["alerts"]["liveCursor"]
    await house.says([raised_alert("a"), requested("a")])
    async with Watching(house, after=start) as live:
        while (message := await live.message())["__typename"] != "AlertChanged":
            pass
    assert message["alert"] == {"id": "a", "notifications": None}


async def test_of_many_those_go_first_of_which_something_became(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notification_book, "MOST", 2)
    await house.says([requested("a"), requested("b"), sent("b"), requested("c", alert="b")])
    assert await names(house) == ["c", "a"]
    await house.says([requested("d"), sent("a"), failed("b")])
    assert await names(house) == ["d", "c"]
    assert await names(house, alert="a") == ["d"]
