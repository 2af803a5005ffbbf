"""Back-tests for the command line: asked of the running house over its API, else of its files by the same query."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace as changed
from prometheus_client import CollectorRegistry

from api.auth import Principal
from api.errors import ApiError, RequestRefused
from api.execution.operations import Operations, refusal
from api.execution.request import Request
from api.metrics import ApiMetrics
from api.roles import Role
from api.schema import build_schema
from glasshouse.client import ApiClient, trust_in
from glasshouse.errors import RefusedError
from glasshouse.ownership import Hears, api_of, owner, resting_house
from glasshouse.rule_files import explained
from glasshouse.settings import Settings
from glasshouse.web_side import services_of

_NO_LIMIT: Final = 1 << 62
_SECONDS: Final = 30 * 86_400.0
_ASKS: Final = Principal("command-line", "command line", Role.VIEWER, None)
_DOCUMENT: Final = """
query ($rule: AlertRuleInput!, $from: DateTime!, $to: DateTime!, $basis: BacktestBasis!) {
  backtest(rule: $rule, from: $from, to: $to, basis: $basis) {
    basis total refuted series lookedAt seconds
    devices { deviceId alerts }
    alerts { kind severity deviceId sensorId metric since raised ended cleared value refuted }
  }
}
"""


class Answer(NamedTuple):
    """What a back-test found, and how long it waited until a resting house held what its log holds, in seconds."""

    found: dict[str, Any]
    waited: float = 0.0


async def backtested(settings: Settings, file: Path, hears: Hears, **variables: Any) -> Answer:
    """The answer, the same either way; RefusedError for what is refused. The rule stands in that file."""
    running = await owner(settings)
    if running is not None:
        async with ApiClient(api_of(running), settings.key, trust_in(running)) as client:
            with explained(file, variables["rule"]):
                return Answer((await client.ask(_DOCUMENT, **variables))["backtest"])
    began = time.monotonic()
    async with resting_house(settings, hears) as (folder, log, side):
        waited = time.monotonic() - began
        hears("the rule is held against the past")
        services = services_of(log, side, side.history, folder=folder, registry=CollectorRegistry())
        limits = changed(services.limits, tested_rows=_NO_LIMIT, operation_seconds=_SECONDS)
        operations = Operations(replace(services, limits=limits), build_schema(), ApiMetrics(CollectorRegistry()))
        with explained(file, variables["rule"]):
            return Answer(await _asked(operations, variables), waited)


async def _asked(operations: Operations, variables: dict[str, Any]) -> dict[str, Any]:
    request = Request(query=_DOCUMENT, variables=msgspec.Raw(msgspec.json.encode(variables)))
    try:
        body: dict[str, Any] = await operations.run(operations.prepare(request, _ASKS), _ASKS)
    except (ApiError, RequestRefused) as error:
        body = refusal(error)
    if body.get("errors"):
        raise RefusedError(f"the house refused: {body['errors'][0]['message']}")
    answer: dict[str, Any] = body["data"]["backtest"]
    return answer
