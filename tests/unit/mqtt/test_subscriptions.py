"""Subscriptions that change: one packet at a time, and the last wish counts."""

from collections.abc import Sequence

from adapters.mqtt.subscriptions import Subscriptions


class Broker:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sequence[str]]] = []
        self.subscriptions = Subscriptions(
            lambda topics: self.asked.append(("hear", topics)), lambda topics: self.asked.append(("forget", topics))
        )


def test_one_packet_is_asked_after_the_answer_to_the_one_before() -> None:
    broker = Broker()
    broker.subscriptions.add({"a", "b"})
    broker.subscriptions.add({"c"})
    assert broker.asked == [("hear", ["a", "b"])]
    broker.subscriptions.answered([1, 1])
    assert broker.asked == [("hear", ["a", "b"]), ("hear", ["c"])]


def test_many_topics_are_several_packets() -> None:
    broker = Broker()
    broker.subscriptions.add([f"t{number:03}" for number in range(250)])
    for _ in range(3):
        broker.subscriptions.answered([1] * 100)
    broker.subscriptions.drop([f"t{number:03}" for number in range(250)])
    assert [len(topics) for _, topics in broker.asked] == [100, 100, 50, 100, 100, 50]


def test_a_topic_that_is_dropped_before_it_was_asked_for_is_not_asked_for() -> None:
    broker = Broker()
    broker.subscriptions.add({"a"})
    broker.subscriptions.add({"b", "c"})
    broker.subscriptions.drop({"b"})
    broker.subscriptions.answered([1])
    assert broker.asked == [("hear", ["a"]), ("forget", ["b"]), ("hear", ["c"])]


def test_a_topic_is_dropped_once_unless_it_was_heard_again_in_between() -> None:
    broker = Broker()
    broker.subscriptions.drop({"a"})
    broker.subscriptions.drop({"a"})
    broker.subscriptions.add({"a"})
    broker.subscriptions.drop({"a"})
    assert broker.asked == [("forget", ["a"]), ("hear", ["a"]), ("forget", ["a"])]


def test_a_refused_topic_does_not_hold_up_the_others() -> None:
    broker = Broker()
    broker.subscriptions.add({"a", "b"})
    broker.subscriptions.add({"c"})
    broker.subscriptions.answered([135, 1])
    assert broker.asked[-1] == ("hear", ["c"])
