"""Back-tests for the command line."""

from pathlib import Path
from typing import Any, Final, NamedTuple

from glasshouse.asking import asking
from glasshouse.ownership import Hears
from glasshouse.rule_files import explained
from glasshouse.settings import Settings

_NO_LIMIT: Final = 1 << 62
_SECONDS: Final = 30 * 86_400.0
_DOCUMENT: Final = """
query ($rule: AlertRuleInput!, $from: DateTime!, $to: DateTime!, $basis: BacktestBasis!) {
  backtest(rule: $rule, from: $from, to: $to, basis: $basis) {
    basis total refuted raisedTotal series lookedAt seconds
    devices { deviceId alerts }
    alerts { kind severity deviceId sensorId metric since raised ended cleared value refuted alertId }
    raised { id deviceId sensorId since overSince state }
  }
}
"""


class Answer(NamedTuple):
    """What a back-test found, and how long it waited until a resting house held what its log holds, in seconds."""

    found: dict[str, Any]
    waited: float = 0.0


async def backtested(settings: Settings, file: Path, hears: Hears, **variables: Any) -> Answer:
    """The answer, the same either way; RefusedError for what is refused. The rule stands in that file."""
    async with asking(settings, hears, tested_rows=_NO_LIMIT, operation_seconds=_SECONDS) as house:
        hears("the rule is held against the past")
        with explained(file, variables["rule"]):
            return Answer((await house.ask(_DOCUMENT, **variables))["backtest"], house.waited)
