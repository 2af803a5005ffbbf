"""Commands through real processes: out to a device and back, past a broker that was away, and never for another device."""

import asyncio
import signal
from pathlib import Path

import pytest

from adapters.mqtt.address import BrokerAddress
from glasshouse.stores import open_event_log_at
from tests.support.brokers import StandaloneBroker
from tests.support.obedient import Desk, obedient
from tests.support.roles import Estate
from tests.support.up import running_up

pytestmark = pytest.mark.parametrize("log_url", ["sqlite"], indirect=True)  # any log would do


async def test_a_command_survives_a_broker_that_is_away_and_strangers_cannot_answer_it(
    estate: Estate, broker: StandaloneBroker
) -> None:
    await estate.role("ingest", "ingest").start()
    react = await estate.role("react", "react").start()
    log = await open_event_log_at(estate.env["GLASSHOUSE_EVENT_LOG"])
    desk = Desk(log)
    await desk.register()
    async with obedient(broker.address) as device, obedient(broker.address, "other") as stranger:
        await broker.stop()
        await desk.ask("c1", seconds=60)
        assert await desk.steps("c1") == []
        await broker.start()
        assert await desk.ended("c1") == "succeeded"
        device.answers = []
        await desk.ask("c2", seconds=4)
        await desk.until("c2", lambda steps: "dispatched" in steps)
        stranger.answer("c2", "succeeded")
        assert await desk.ended("c2") == "timed_out"
        device.answer("c2", "succeeded")
        device.answers = ["succeeded", "failed", "succeeded"]
        await desk.ask("c3")
        assert await desk.ended("c3") == "succeeded"
        device.answers = ["succeeded"]
        await desk.ask("c4")
        assert await desk.ended("c4") == "succeeded"
        assert device.commands == ["c1", "c2", "c3", "c4"]
        assert (await desk.steps("c2"))[-1] == "timed_out"
        assert (await desk.steps("c3")).count("succeeded") == 1
        assert (await desk.steps("c3"))[-1] == "succeeded"
    assert await react.stop() == 0
    await log.close()


async def test_one_that_slept_through_its_lease_sends_nothing_that_its_successor_sent(
    estate: Estate, broker: StandaloneBroker
) -> None:
    await estate.role("ingest", "ingest").start()
    sleeper = await estate.role("react", "sleeper").start()
    other = estate.role("react", "other", "--standby")
    await other.begin()
    log = await open_event_log_at(estate.env["GLASSHOUSE_EVENT_LOG"])
    desk = Desk(log)
    await desk.register()
    async with obedient(broker.address) as device:
        await desk.ask("c1")
        assert await desk.ended("c1") == "succeeded"
        sleeper.send(signal.SIGSTOP)
        await desk.ask("c2", seconds=120)
        await other.is_ready()
        assert await desk.ended("c2") == "succeeded"
        sleeper.send(signal.SIGCONT)
        async with asyncio.timeout(30):
            assert await sleeper.ended() == 9
        await desk.ask("c3")
        assert await desk.ended("c3") == "succeeded"
        assert device.commands == ["c1", "c2", "c3"]
    assert await other.stop() == 0
    await log.close()


async def test_a_second_react_is_refused_and_so_is_one_beside_an_up(estate: Estate, broker: StandaloneBroker) -> None:
    first = await estate.role("react", "first").start()
    code, sentence = await estate.role("react", "second").refused()
    assert (code, "`react` is held by another process" in sentence) == (9, True)
    code, sentence = await estate.role("up", "house", "--mqtt", broker.url).refused()
    assert (code, "`react` is held by another process" in sentence) == (9, True)
    assert await first.stop() == 0


async def test_up_sends_commands_through_its_own_broker_and_hears_the_answer(log_url: str, tmp_path: Path) -> None:
    del log_url
    data = tmp_path / "house"
    async with running_up(data, errors=tmp_path / "errors.log") as up:
        log = await open_event_log_at(f"sqlite:///{data / 'events.db'}")
        desk = Desk(log)
        await desk.register()
        async with obedient(BrokerAddress("127.0.0.1", up.ready["mqtt"]["port"])):
            await desk.ask("c1")
            assert await desk.ended("c1") == "succeeded"
            assert (await desk.steps("c1"))[0] == "dispatching"
        await log.close()
        assert await up.stop() == 0
