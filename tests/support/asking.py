"""What tests ask of windows over GraphQL, and what they tell a house to do."""

from typing import Any

from api.roles import Role
from tests.support.api import House
from tests.support.house_events import at

SERIES = """query ($selectors: [SeriesSelector!]!, $from: DateTime!, $to: DateTime!, $window: Duration!, $calendar: Calendar!,
    $rolling: Duration, $atLeast: Cursor) {
  series(selectors: $selectors, from: $from, to: $to, window: $window, calendar: $calendar, rolling: $rolling,
      atLeast: $atLeast) {
    deviceId sensorId metric unit
    buckets { start end count suspected bad mean min max p50 p95 first last final revision } } }"""
SUMMARY = """query ($device: ID!, $date: Date!, $calendar: Calendar!, $atLeast: Cursor) {
  dailySummary(deviceId: $device, date: $date, calendar: $calendar, atLeast: $atLeast) {
    deviceId sensorId metric unit date calendar start end
    count suspected bad mean min max p50 p95 first last final revision } }"""
HEAT = """query ($metric: String!, $from: DateTime!, $to: DateTime!, $location: String, $atLeast: Cursor) {
  heatMap(metric: $metric, from: $from, to: $to, location: $location, atLeast: $atLeast) {
    location metric unit devices count mean min max p50 p95 suspected bad } }"""
CORRECT = """mutation ($input: CorrectReadingsInput!) { correctReadings(input: $input) {
  ... on CorrectReadingsSuccess { cursor } ... on OperationError { code message } } }"""
REGISTER = """mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) {
  ... on RegisterDeviceSuccess { cursor } ... on OperationError { code message } } }"""
REPLACE = """mutation ($input: ReplaceSensorInput!) { replaceSensor(input: $input) {
  ... on ReplaceSensorSuccess { cursor } ... on OperationError { code message } } }"""
RETIRE = """mutation ($input: RetireDeviceInput!) { retireDevice(input: $input) {
  ... on RetireDeviceSuccess { cursor } ... on OperationError { code message } } }"""
SITE = """mutation ($input: SiteInput!) { defineSite(input: $input) {
  ... on DefineSiteSuccess { cursor } ... on OperationError { code message } } }"""


def moment(seconds: float) -> str:
    return at(seconds).isoformat().replace("+00:00", "Z")


def selector(device: str = "a", sensor: str = "main", metric: str = "temperature") -> dict[str, str]:
    return {"deviceId": device, "sensorId": sensor, "metric": metric}


def asked(*selectors: dict[str, str], start: float = 0, end: float = 3600, window: str = "PT1M", **more: Any) -> dict[str, Any]:
    """The variables of SERIES; times in seconds since the house began."""
    span = {"from": moment(start), "to": moment(end), "window": window, "calendar": "UTC"}
    return {"selectors": list(selectors) or [selector()], **span, **more}


async def lines(house: House, *selectors: dict[str, str], **more: Any) -> list[list[dict[str, Any]]]:
    """The windows of each series."""
    return [line["buckets"] for line in (await house.ask(SERIES, asked(*selectors, **more)))["series"]]


async def line(house: House, *selectors: dict[str, str], **more: Any) -> list[dict[str, Any]]:
    """The windows of the one series."""
    [found] = await lines(house, *selectors, **more)
    return found


async def change(house: House, mutation: str, **given: Any) -> str:
    """The cursor of a change that succeeds and that all read models have seen."""
    [answer] = (await house.ask(mutation, {"input": given}, role=Role.OPERATOR)).values()
    assert "cursor" in answer, answer
    await house.settle()
    return str(answer["cursor"])


async def correct(
    house: House, operation: str, amount: float | None, start: float | None, end: float | None, **more: Any
) -> str:
    """Correct the temperature of device `a`; times in seconds since the house began."""
    span = {"from": None if start is None else moment(start), "to": None if end is None else moment(end)}
    given = {
        "deviceId": "a",
        "metric": "temperature",
        **span,
        "operation": operation,
        "amount": amount,
        "reason": "a test",
        **more,
    }
    return await change(house, CORRECT, **given)
