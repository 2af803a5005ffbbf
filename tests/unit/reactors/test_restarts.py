"""A restart needs no recovery: what is to be done follows from the log and the time. Who fails stands still alone."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.event_log.port import ANY, Append, LogUnavailableError
from adapters.mqtt.errors import NotAcknowledgedError
from reactors.expiry import Expiry
from schema.envelope import NewEvent
from tests.support.fake_log import FakeLog
from tests.support.reacting import Greenhouse, greenhouse, quiet


async def copied(log: FakeLog) -> FakeLog:
    """Every event of it at another position, under another log id."""
    copy = FakeLog()
    copy.log_id = "copy"
    await copy.append([Append("lease-other", ANY, [NewEvent(b"0" * 16, "Other", b"{}", b"{}")])])
    for each in log.stored():
        await copy.append([Append(each.stream, ANY, [NewEvent(each.id, each.type, each.data, each.metadata)])])
    return copy


@pytest.mark.parametrize("kept", [True, False])
async def test_nothing_is_sent_again_after_a_restart_with_or_without_the_checkpoint(kept: bool, tmp_path: Path) -> None:
    async with greenhouse(tmp_path) as house:
        await house.ask("c1")
        await house.answer("succeeded")
        await house.ask("c2", actuator="vent", value="open")
        await house.stop()
        await house.ask("c3", actuator="lamp", value=40)
        if not kept:
            (tmp_path / "reactors.snapshot").unlink()
        await house.start()
        assert house.broker.commands == ["c1", "c2", "c3"]
        await house.answer("succeeded", "c2")
        await house.answer("succeeded", "c3")
        assert house.ends() == {"c1": "succeeded", "c2": "succeeded", "c3": "succeeded"}


async def test_a_checkpoint_keeps_what_was_heard_and_not_weighed(tmp_path: Path) -> None:
    async with greenhouse(tmp_path) as house:
        await house.ask()
        house.allowed.clear()
        await house.answer("succeeded")
        await house.stop()
        house.allowed.set()
        await house.start()
        assert house.ends() == {"c1": "succeeded"}


async def test_a_house_on_a_copy_of_the_log_sends_only_what_nobody_was_about_to_send(tmp_path: Path) -> None:
    async with greenhouse(tmp_path) as house:
        await house.ask("c1")
        await house.answer("succeeded")
        await house.ask("c2", actuator="vent", value="open")
        await house.stop()
        await house.ask("c3", actuator="lamp", value=40)
        house.broker.sent.clear()
        house.log = await copied(house.log)
        await house.start()
        assert house.broker.commands == ["c3"]
        await house.clock.advance(61)
        assert house.ends() == {"c1": "succeeded", "c2": "timed_out", "c3": "timed_out"}


async def test_killed_between_append_and_publish_a_command_ends_unknown_and_is_not_sent() -> None:
    async with greenhouse() as house:
        house.broker.error = NotAcknowledgedError("killed")
        await house.ask()
        house.broker.sent.clear()
        await house.stop()
        await house.start()
        await house.clock.advance(61)
        assert house.broker.sent == []
        assert house.ends() == {"c1": "unknown"}


async def test_a_log_that_was_away_is_followed_again() -> None:
    async with greenhouse() as house:
        house.log.fail(LogUnavailableError("the log is away"))
        await quiet()
        house.log.fail(LogUnavailableError("the log is away still"))
        await house.clock.advance(1)
        assert house.complaint() is None
        house.clock._now += timedelta(seconds=31)
        assert house.complaint() == "the reactors are catching up with the event log"
        await house.clock.advance(2)
        await house.ask()
        assert house.broker.commands == ["c1"]
        assert house.complaint() is None


async def test_a_reactor_that_fails_halts_visibly_and_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Expiry, "react", fail)
    async with greenhouse() as house:
        await house.ask()
        await house.answer("succeeded")
        assert house.ends() == {"c1": "succeeded"}
        assert house.complaint() == "expiry is halted: a bug"
        assert house.count("reactor_state", reactor="expiry", glasshouse_reactor_state="halted") == 1
        assert house.count("reactor_state", reactor="dispatcher", glasshouse_reactor_state="live") == 1


async def test_a_log_that_cannot_be_understood_halts_all_visibly() -> None:
    house = Greenhouse()
    house.log.fail(RuntimeError("not JSON"))
    await house.start()
    assert "dispatcher is halted: not JSON" in (house.complaint() or "")
    await house.stop()
