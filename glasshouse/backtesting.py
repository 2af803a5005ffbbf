"""Back-tests for the command line."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final, NamedTuple

from glasshouse.asking import asking
from glasshouse.errors import RefusedError
from glasshouse.ownership import Hears
from glasshouse.rule_files import explained
from glasshouse.settings import Settings

_NO_LIMIT: Final = 1 << 62
_DOCUMENT: Final = """
subscription ($rule: AlertRuleInput!, $from: DateTime!, $to: DateTime!, $basis: BacktestBasis!) {
  backtest(rule: $rule, from: $from, to: $to, basis: $basis) {
    ... on BacktestProgress { share }
    ... on Backtest {
      basis total refuted raisedTotal series lookedAt seconds
      devices { deviceId alerts }
      alerts { kind severity deviceId sensorId metric since raised ended cleared value refuted alertId }
      raised { id deviceId sensorId since overSince state }
    }
  }
}
"""


class Answer(NamedTuple):
    """What a back-test found, and how long it waited until a resting house held what its log holds, in seconds."""

    found: dict[str, Any]
    waited: float = 0.0


async def backtested(
    settings: Settings, file: Path, hears: Hears, progress: Callable[[float], None], **variables: Any
) -> Answer:
    """The answer, the same either way; RefusedError for what is refused. The rule stands in that file.

    `progress` is told how much of it is done, from 0 to 1.
    """
    async with asking(settings, hears, tested_rows=_NO_LIMIT) as house:
        hears("the rule is held against the past")
        with explained(file, variables["rule"]):
            async with aclosing(house.follow(_DOCUMENT, **variables)) as messages:
                async for message in messages:
                    found = message["backtest"]
                    if "share" not in found:
                        return Answer(found, house.waited)
                    progress(found["share"])
    raise RefusedError("the house went away before the back-test was done; ask again")
