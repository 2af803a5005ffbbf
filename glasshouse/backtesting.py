"""Back-tests for the command line: asked of the running house over its API, else of its files by the same query."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

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
from glasshouse.errors import RefusedError, SettingsError
from glasshouse.ownership import api_of, owner, resting_house
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


def read_rule(path: Path) -> dict[str, Any]:
    """The rule in a file: JSON, as `AlertRuleInput` has it. SettingsError where it is not."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise SettingsError(f"the rule {path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(
            f"the rule {path} must be a JSON object, as `AlertRuleInput` of the schema says: {error}"
        ) from error


async def backtested(settings: Settings, **variables: Any) -> dict[str, Any]:
    """The answer, the same either way; RefusedError in the words of the API for what it refuses."""
    running = await owner(settings)
    if running is not None:
        async with ApiClient(api_of(running), settings.key, trust_in(running)) as client:
            answer: dict[str, Any] = (await client.ask(_DOCUMENT, **variables))["backtest"]
        return answer
    async with resting_house(settings) as (folder, log, side):
        services = services_of(log, side, side.history, folder=folder, registry=CollectorRegistry())
        limits = changed(services.limits, tested_rows=_NO_LIMIT, operation_seconds=_SECONDS)
        return await _asked(
            Operations(replace(services, limits=limits), build_schema(), ApiMetrics(CollectorRegistry())), variables
        )


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
