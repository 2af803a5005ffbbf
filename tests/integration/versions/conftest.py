"""A data folder with a log and what is made of it, copied for each test."""

import asyncio
import shutil
from pathlib import Path

import pytest

from projections.rebuilds import Action
from tests.support.versions import data_folder, done

EVENTS = 2_000


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    async def made() -> Path:
        folder = await data_folder(tmp_path_factory.mktemp("filled") / "data", EVENTS)
        await done(folder, "latest", Action.VERIFY)
        return folder

    return asyncio.run(made())


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "data"))
