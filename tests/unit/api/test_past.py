"""Two times: what was so at a moment, as it was known at a moment."""

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.limits import Limits
from schema.envelope import Cursor
from schema.events import ActuatorEvent, DeviceMetadata, DeviceStatus, Operation, ReadingCorrection
from schema.times import from_micros, to_micros
from tests.support.api import House, small_house
from tests.support.asking import moment
from tests.support.documents import ROOT, blocks
from tests.support.house_events import START, Said, at, pack, reading
from tests.support.memory_log import MemoryLog

STATE = """query ($asOf: DateTime!, $knownAt: DateTime, $lookBack: Duration) { device(id: "a") {
  stateAt(asOf: $asOf, knownAt: $knownAt, lookBack: $lookBack) {
    asOf knownAt location name status statusAt
    latest { metric value original correction timestamp } actuators { actuatorId state } } } }"""
NOW = """{ device(id: "a") { location name status statusAt
  latest { metric value original correction timestamp } actuators { actuatorId state } } }"""
READINGS = """query ($from: DateTime, $to: DateTime, $knownAt: DateTime, $metric: String,
    $first: Int, $after: String, $last: Int, $before: String) {
  readings(deviceId: "a", from: $from, to: $to, knownAt: $knownAt, metric: $metric,
      first: $first, after: $after, last: $last, before: $before) {
    nodes { eventId sensorId metric value original quality verdict correction timestamp recordedAt }
    pageInfo { hasNextPage endCursor hasPreviousPage startCursor } liveCursor } }"""


def slow_log() -> MemoryLog:
    """Each event is recorded a second after the one before, from the beginning of the house on."""
    return MemoryLog(start_us=to_micros(START), step_us=1_000_000)


def corrected(operation: Operation, amount: float) -> Said:
    event = ReadingCorrection(
        device_id="a", correction_id=operation, metric="temperature", operation=operation, amount=amount, reason="a test"
    )
    return pack("control-a", event)


async def recorded_last(house: House) -> str:
    """When the last event of the device or about it was recorded."""
    ends = [await house.log.read_stream(stream, backwards=True, limit=1) for stream in ("device-a", "control-a")]
    return from_micros(max(event.recorded_us for end in ends for event in end)).isoformat()


async def values(house: House, **variables: Any) -> list[float]:
    return [node["value"] for node in (await house.ask(READINGS, variables))["readings"]["nodes"]]


async def test_corrections_and_late_readings_count_from_when_they_were_known(tmp_path: Path) -> None:
    async with small_house(tmp_path, log=slow_log()) as house:
        await house.says([reading("a", 1, temperature=1.0), reading("a", 3, temperature=3.0), corrected(Operation.SCALE, 10.0)])
        before = await recorded_last(house)
        await house.says([reading("a", 2, temperature=2.0), corrected(Operation.OFFSET, 0.5)])
        assert await values(house, knownAt=before) == [10.0, 30.0]
        assert await values(house, knownAt=await recorded_last(house)) == [10.5, 20.5, 30.5]
        for known, latest in ((before, 10.0), (None, 20.5)):
            answer = await house.ask(STATE, {"asOf": moment(2), "knownAt": known})
            assert [node["value"] for node in answer["device"]["stateAt"]["latest"]] == [latest]


async def test_the_state_now_is_that_of_the_device(house: House) -> None:
    await house.says(
        [
            pack("control-a", DeviceMetadata(device_id="a", location="farm/one", name="Tomatoes")),
            reading("a", 1, temperature=20.0, humidity=60.0),
            pack("device-a", ActuatorEvent(device_id="a", actuator_id="vent", timestamp=at(2), state=0.4)),
            pack("device-a", DeviceStatus(device_id="a", timestamp=at(3), status="online")),
            corrected(Operation.OFFSET, 1.0),
        ]
    )
    now = house.now.isoformat()
    device = (await house.ask(NOW))["device"]
    for known in (None, now):
        state = (await house.ask(STATE, {"asOf": now, "knownAt": known}))["device"]["stateAt"]
        assert (state.pop("asOf"), state.pop("knownAt")) == ("2026-06-02T00:00:00Z", "2026-06-02T00:00:00Z")
        assert state == device


async def test_before_a_device_was_known_there_is_no_state(house: House) -> None:
    await house.says([reading("a", 10, temperature=20.0)])
    assert (await house.ask(STATE, {"asOf": moment(9)}))["device"]["stateAt"] is None


async def test_looking_back_leaves_out_what_was_said_before(house: House) -> None:
    await house.says([reading("a", 1, temperature=20.0), reading("a", 9, humidity=60.0), reading("a", 99, temperature=25.0)])
    for back, metrics in (("PT5S", ["humidity"]), ("PT8S", ["humidity"]), ("PT9S", ["humidity", "temperature"])):
        answer = await house.ask(STATE, {"asOf": moment(10), "lookBack": back})
        assert [node["metric"] for node in answer["device"]["stateAt"]["latest"]] == metrics


async def test_looking_back_to_before_the_calendar_is_as_far_as_it_goes(house: House) -> None:
    await house.says([reading("a", 1, temperature=20.0)])
    answer = await house.ask(STATE, {"asOf": moment(10), "lookBack": "P999999D"})
    assert [node["value"] for node in answer["device"]["stateAt"]["latest"]] == [20.0]


async def test_too_long_a_part_of_the_log_is_refused_with_what_to_ask_for_instead(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(folded_events=20), log=slow_log()) as house:
        await house.says([reading("a", second, temperature=float(second)) for second in range(60)])
        late, soon = at(60).isoformat(), at(15).isoformat()
        for query, variables, hint in (
            (READINGS, {"knownAt": late}, "give a `from`"),
            (STATE, {"asOf": at(5).isoformat(), "knownAt": late}, "`lookBack`"),
        ):
            [error] = (await house.answer(query, variables))["errors"]
            assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
            assert error["extensions"]["limit"] == "events folded from the log"
            assert error["extensions"]["allowed"] == 20 < error["extensions"]["asked"] <= 60
            assert hint in error["message"]
        assert await values(house, knownAt=soon)
        assert (await house.ask(STATE, {"asOf": at(5).isoformat(), "knownAt": soon}))["device"]["stateAt"]["latest"]


async def test_all_that_one_answer_folds_counts_together(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(folded_events=20), log=slow_log()) as house:
        await house.says([reading("a", second, temperature=float(second)) for second in range(12)])
        fields = " ".join(f'{name}: stateAt(asOf: "{moment(5)}") {{ name }}' for name in ("one", "two"))
        assert await house.code(f'{{ device(id: "a") {{ {fields} }} }}') == "LIMIT_EXCEEDED"


async def test_what_has_left_the_log_is_told(tmp_path: Path) -> None:
    async with small_house(tmp_path, log=slow_log()) as house:
        await house.says([reading("a", second, temperature=float(second)) for second in range(9)])
        for kept_from in (5, 9):
            await house.log.truncate("device-a", kept_from)
            assert await house.code(STATE, {"asOf": moment(3)}) == "BEYOND_RETENTION"
            assert await house.code(READINGS, {"knownAt": house.now.isoformat(), "from": moment(3)}) == "BEYOND_RETENTION"


async def test_pages_as_they_were_known_go_on_live_with_what_was_not_known(tmp_path: Path) -> None:
    async with small_house(tmp_path, log=slow_log()) as house:
        await house.says([reading("a", second, temperature=float(second), humidity=5.0) for second in range(10)])
        known, head = await recorded_last(house), await house.log.head()
        seen, after = [], None
        while True:
            page = (await house.ask(READINGS, {"knownAt": known, "first": 3, "after": after}))["readings"]
            seen += [(node["timestamp"], node["metric"]) for node in page["nodes"]]
            await house.says([reading("a", 100 + len(seen), temperature=1.0)])
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        assert seen == [(moment(second), metric) for second in range(10) for metric in ("humidity", "temperature")]
        assert Cursor.decode(page["liveCursor"]) == Cursor(house.log.log_id, head)


async def test_pages_as_they_were_known_go_backwards_too(tmp_path: Path) -> None:
    async with small_house(tmp_path, log=slow_log()) as house:
        told = [reading("a", second % 3, own_id=str(second), temperature=float(second), humidity=5.0) for second in range(9)]
        await house.says([*told, *told])
        known = await recorded_last(house)
        whole = [node["eventId"] for node in (await house.ask(READINGS, {"knownAt": known}))["readings"]["nodes"]]
        seen: list[str] = []
        before = None
        more = True
        while more:
            page = (await house.ask(READINGS, {"knownAt": known, "last": 4, "before": before}))["readings"]
            seen = [node["eventId"] for node in page["nodes"]] + seen
            before, more = page["pageInfo"]["startCursor"], page["pageInfo"]["hasPreviousPage"]
        assert seen == whole
        assert len(whole) == 18


moments = st.integers(0, 400).map(lambda minute: minute * 60)
told = st.lists(
    st.builds(
        lambda second, values, sensor: reading("a", second, sensor=sensor, **values),
        moments,
        st.dictionaries(
            st.sampled_from(["temperature", "humidity", "x"]), st.sampled_from([20.0, 20.5, 39.0, 500.0]), max_size=3
        ),
        st.sampled_from(["one", "two"]),
    ),
    max_size=40,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(said=told, start=st.none() | moments, metric=st.sampled_from([None, "temperature", "dew_point"]), seed=st.data())
async def test_what_is_known_now_is_what_the_history_says(
    tmp_path_factory: Any, said: list[Said], start: float | None, metric: str | None, seed: st.DataObject
) -> None:
    doubled = seed.draw(st.permutations([*said, *said[:5]]))
    log = MemoryLog(start_us=to_micros(at(401 * 60)))
    async with small_house(tmp_path_factory.mktemp("house"), log=log) as house:
        await house.says([*doubled, corrected(Operation.SCALE, 1.5)])
        asked = {"from": None if start is None else moment(start), "metric": metric, "first": 500}
        history = (await house.ask(READINGS, asked))["readings"]["nodes"]
        known = (await house.ask(READINGS, {**asked, "knownAt": at(500 * 60).isoformat()}))["readings"]["nodes"]
        for node in (*history, *known):
            del node["recordedAt"]  # of an event that the log holds twice there are two
        assert known == history


async def test_the_questions_of_the_documents_are_answered(house: House) -> None:
    await house.says([reading("a", 1, temperature=20.0)])
    times = {"moment": moment(5), "asOf": moment(5), "knownAt": house.now.isoformat(), "from": moment(0), "to": moment(9)}
    asked = [
        text
        for page in ("explanation/two-times.md", "how-to/query.md")
        for text in blocks(ROOT / "docs" / page, "graphql")
        if "stateAt" in text or "knownAt" in text
    ]
    assert len(asked) == 3
    for text in asked:
        assert await house.ask(text, {"device": "a", **times}), text
