"""What the simulator calls malformed, ingest calls a dead letter."""

import pytest

from glasshouse.simulator.malformed import MALFORMED
from ingest.messages import Result
from tests.support.fake_log import FakeLog
from tests.support.ingest import ingesting, message


@pytest.mark.parametrize("what", sorted(MALFORMED))
async def test_a_malformed_message_becomes_a_dead_letter_with_a_reason(what: str) -> None:
    async with ingesting(FakeLog()) as ingest:
        (outcome,) = await ingest.send(message(MALFORMED[what](3)))
    assert outcome.result is Result.DEAD_LETTER
    assert outcome.reason
