"""A house, and clients that others wrote."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import npm
from tests.support.up import UpProcess, running_up


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[UpProcess]:
    """A house of its own."""
    async with running_up(tmp_path / "data", errors=tmp_path / "errors.log") as up:
        yield up


@pytest.fixture
async def clients(cache: pytest.Cache) -> Path:
    """The folder of the GraphQL clients, and of what drives them."""
    return await npm.installed(npm.PACKAGES / "graphql", cache)
