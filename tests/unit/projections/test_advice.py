"""What the latest state has to say to whoever decides about commands."""

from domain.advice import KnownState
from projections.advice import LatestAdvice
from projections.latest import LatestState
from schema.events import ActuatorEvent, DeviceStatus, Operation, ReadingCorrection
from tests.support.engines import read_all
from tests.support.house_events import Said, at, pack, reading, tell
from tests.support.memory_log import MemoryLog

YEARS = 20 * 365 * 86_400
"""Long before the log of the tests begins."""


async def advice_after(*said: Said) -> LatestAdvice:
    log, latest = MemoryLog(), LatestState()
    await tell(log, said)
    await read_all(log, [latest])
    return LatestAdvice(latest)


def state(actuator: str, value: str, seconds: float) -> Said:
    return pack("device-box", ActuatorEvent(device_id="box", actuator_id=actuator, timestamp=at(seconds), state=value))


def status(word: str, seconds: float) -> Said:
    return pack("device-box", DeviceStatus(device_id="box", status=word, timestamp=at(seconds)))


async def test_an_actuator_is_in_its_state_for_as_long_as_its_device_is_heard_of() -> None:
    log, latest = MemoryLog(), LatestState()
    await tell(log, [state("vent", "open", -YEARS), reading("box", 0, temperature=20.0)])
    await read_all(log, [latest])
    box = latest.device("box")
    assert box is not None
    assert box.last_seen is not None
    assert LatestAdvice(latest).actuator("box", "vent") == KnownState("open", box.last_seen)


async def test_of_a_device_that_went_offline_nothing_is_known_since_it_said_something() -> None:
    advice = await advice_after(status("online", -4000), state("vent", "open", -3600), status("offline", -10))
    assert advice.actuator("box", "vent") == KnownState("open", at(-3600))
    assert advice.online("box") is False


async def test_nothing_is_known_of_what_never_spoke() -> None:
    advice = await advice_after(reading("box", 0, temperature=20.0))
    assert advice.actuator("box", "vent") is None
    assert advice.actuator("other", "vent") is None
    assert advice.metric("box", None, "humidity") is None
    assert advice.metric("other", None, "temperature") is None
    assert (advice.online("box"), advice.online("other")) == (None, None)


async def test_a_device_is_at_the_site_from_which_it_spoke() -> None:
    advice = await advice_after(reading("box", 0, temperature=20.0))
    assert (advice.site("box"), advice.site("other")) == ("farm", None)


async def test_a_device_that_came_back_is_online() -> None:
    assert (await advice_after(status("offline", 0), status("online", 1))).online("box") is True


async def test_of_a_metric_the_sensor_that_measured_last_counts_unless_one_is_named() -> None:
    advice = await advice_after(reading("box", 1, sensor="low", wind=3.0), reading("box", 5, sensor="high", wind=9.0))
    assert advice.metric("box", None, "wind") == KnownState(9.0, at(5))
    assert advice.metric("box", "low", "wind") == KnownState(3.0, at(1))


async def test_a_bad_value_is_not_believed_and_a_corrected_one_is() -> None:
    high = reading("box", 5, sensor="high", temperature=900.0, verdicts={"temperature": "above_range"})
    low = reading("box", 1, sensor="low", temperature=20.0)
    assert (await advice_after(high, low)).metric("box", None, "temperature") == KnownState(20.0, at(1))
    made = ReadingCorrection(
        device_id="box",
        correction_id="x",
        sensor_id="high",
        metric="temperature",
        operation=Operation.REPLACE,
        amount=25.0,
        reason="a slipped digit",
    )
    healed = await advice_after(high, low, pack("control-box", made))
    assert healed.metric("box", None, "temperature") == KnownState(25.0, at(5))
