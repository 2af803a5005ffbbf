"""A small house for every test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.api import House, small_house
from tests.support.commanding import registered


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with small_house(tmp_path) as built:
        yield built


@pytest.fixture
async def box(house: House) -> House:
    """Two devices, a box and a shed, that take commands."""
    await house.says([registered(), registered("shed")])
    return house
