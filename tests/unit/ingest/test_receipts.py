"""Receipts: what they say, and where they may go."""

import json

import pytest

from ingest.messages import Outcome, Result
from ingest.receipts import receipt
from ingest.topics import is_ours, may_answer_on
from schema.envelope import Position

TOPIC = "glasshouse/home/tomato-1/reading"


def test_a_receipt_names_the_events_and_where_they_are() -> None:
    outcome = Outcome(Result.STORED, [bytes(range(16))], Position(42))
    assert json.loads(receipt(outcome)) == {
        "result": "stored",
        "eventIds": ["00010203-0405-0607-0809-0a0b0c0d0e0f"],
        "position": 42,
    }


def test_a_receipt_of_a_dead_letter_gives_the_reason() -> None:
    said = json.loads(receipt(Outcome(Result.DEAD_LETTER, [], None, "not JSON")))
    assert said == {"result": "deadLetter", "eventIds": [], "position": None, "reason": "not JSON"}


@pytest.mark.parametrize(
    "topic",
    ["replies/tomato-1", "/replies", "glasshouse/home/tomato-1/receipt", "glasshouse/home/tomato-1/receipt/7"],
)
def test_a_receipt_may_go_anywhere_outside_and_below_the_devices_own_topic(topic: str) -> None:
    assert may_answer_on(topic, TOPIC)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "$SYS/broker",
        "$share/a/b",
        "replies/+",
        "replies/#",
        "replies/\x00",
        "x" * 513,
        "glasshouse",
        "glasshouse/home",
        "glasshouse/home/tomato-1",
        "glasshouse/home/tomato-1/",
        "glasshouse/home/tomato-1/reading",
        "glasshouse/home/tomato-1/state",
        "glasshouse/home/tomato-1/status",
        "glasshouse/home/tomato-1/ack",
        "glasshouse/home/tomato-1/command/vent",
        "glasshouse/home/tomato-2/receipt",
        "glasshouse/elsewhere/tomato-1/receipt",
        "glasshouse-session/ingest",
    ],
)
def test_a_receipt_may_not_go_where_it_would_speak_for_somebody_else(topic: str) -> None:
    assert not may_answer_on(topic, TOPIC)


def test_commands_and_receipts_are_no_news_to_us() -> None:
    assert is_ours("glasshouse/home/tomato-1/command/vent")
    assert is_ours("glasshouse/home/tomato-1/receipt")
    assert not is_ours(TOPIC)
    assert not is_ours("other/home/tomato-1/receipt")
