"""The data folder: one owner, its format, its files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from glasshouse import data_folder
from glasshouse.data_folder import own, owner_of
from glasshouse.errors import DataFolderError, DataInUseError


def test_a_second_owner_is_refused_and_told_who_owns_it(tmp_path: Path) -> None:
    with own(tmp_path) as folder:
        folder.announce({"http": "http://127.0.0.1:1"})
        with pytest.raises(DataInUseError, match=str(os.getpid())), own(tmp_path):
            pass
        assert owner_of(tmp_path) == {"pid": os.getpid(), "http": "http://127.0.0.1:1"}
    assert owner_of(tmp_path) is None
    with own(tmp_path):
        pass


def test_a_killed_owner_leaves_a_folder_that_can_be_owned(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib; from glasshouse.data_folder import own\n"
        "with own(pathlib.Path(sys.argv[1])) as folder:\n    folder.announce({}); os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == -9
    assert owner_of(tmp_path) is None
    with own(tmp_path):
        pass


def test_a_newer_format_is_refused_and_left_untouched(tmp_path: Path) -> None:
    (tmp_path / "format.json").write_text('{"format": 99}')
    with pytest.raises(DataFolderError, match="format 99"), own(tmp_path):
        pass
    assert json.loads((tmp_path / "format.json").read_text()) == {"format": 99}


def test_an_older_format_is_upgraded_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "format.json").write_text('{"format": 1}')
    monkeypatch.setattr(data_folder, "FORMAT", 3)
    log = tmp_path / "log"
    steps = {1: lambda _: log.write_text("1"), 2: lambda _: log.write_text(log.read_text() + "2")}
    monkeypatch.setattr(data_folder, "UPGRADES", steps)
    with own(tmp_path):
        pass
    assert log.read_text() == "12"
    assert json.loads((tmp_path / "format.json").read_text()) == {"format": 3}


def test_a_damaged_format_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "format.json").write_text("{")
    with pytest.raises(DataFolderError, match="damaged"), own(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_one_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderError, match="--data"), own(tmp_path / "file" / "data"):
        pass


def test_the_session_secret_is_private_and_stays(tmp_path: Path) -> None:
    with own(tmp_path) as folder:
        secret = folder.session_secret()
        assert folder.session_secret() == secret
        assert len(secret) == 32
        assert (tmp_path / "session.secret").stat().st_mode & 0o077 == 0
