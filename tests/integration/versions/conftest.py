"""A data folder with a log, copied for each test."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.support.versions import data_folder

EVENTS = 2_000


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(data_folder(tmp_path_factory.mktemp("filled") / "data", EVENTS))


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "data"))
