"""A command that only looks makes no data folder of what is none."""

from pathlib import Path

import pytest

from glasshouse.data_folder import own
from glasshouse.errors import DataFolderError
from glasshouse.ownership import resting_folder
from glasshouse.settings import Settings


def test_a_folder_that_only_holds_those_of_houses_is_no_data_folder(tmp_path: Path) -> None:
    with own(tmp_path / "house"):
        pass
    with pytest.raises(DataFolderError, match="name one with --data"), resting_folder(Settings(data=str(tmp_path))):
        pass
    assert [one.name for one in tmp_path.iterdir()] == ["house"]
    with resting_folder(Settings(data=str(tmp_path / "house"))) as folder:
        assert folder.path == tmp_path / "house"
