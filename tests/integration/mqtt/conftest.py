"""Every test of this folder runs over each broker that the machine has, as a process of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.mqtt.broker import Kind
from tests.support.brokers import KINDS, StandaloneBroker, standalone_broker


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture
async def broker(kind: Kind, tmp_path: Path) -> AsyncIterator[StandaloneBroker]:
    async with standalone_broker(kind, tmp_path / "broker") as started:
        yield started
