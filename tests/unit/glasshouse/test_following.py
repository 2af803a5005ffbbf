"""What a resting house is asked and followed for: refused in the words and with the exit code of a running one."""

from typing import Any, cast

import pytest

from adapters.event_log.port import LogUnavailableError
from adapters.history.port import BeyondRetentionError
from api.errors import ApiError, ErrorCode
from api.execution.operations import Operations
from glasshouse.asking import _Resting
from glasshouse.errors import ExitCode, RefusedError


class Failing:
    """Operations whose subscription ends with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def prepare(self, *_: object) -> None:
        pass

    async def subscribe(self, *_: object) -> Any:
        raise self._error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BeyondRetentionError("older than what is kept"), "older than what is kept"),
        (ApiError(ErrorCode.INVALID_INPUT, "from must lie before to"), "from must lie before to"),
        (LogUnavailableError("the disk is full"), "a store that this needs is not available now"),
    ],
)
async def test_what_a_subscription_dies_of_is_a_refusal(error: Exception, told: str) -> None:
    house = _Resting(cast("Operations", Failing(error)), 0.0)
    with pytest.raises(RefusedError, match=told) as refused:
        await anext(house.follow("subscription { backtest }"))
    assert refused.value.exit_code is ExitCode.REFUSED
