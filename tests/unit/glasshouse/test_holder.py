"""The name under which a data folder's processes hold leases."""

import shutil
from pathlib import Path

import pytest

from glasshouse import holder
from glasshouse.data_folder import own
from glasshouse.holder import holder_of


def named(folder: Path) -> str:
    with own(folder) as owned:
        return holder_of(owned)


def test_the_next_process_of_a_folder_has_its_name(tmp_path: Path) -> None:
    assert named(tmp_path / "data") == named(tmp_path / "data")


def test_a_copied_folder_has_another(tmp_path: Path) -> None:
    first = named(tmp_path / "data")
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    assert named(tmp_path / "copy") != first
    assert named(tmp_path / "data") == first


@pytest.mark.parametrize("boot", ["another boot\n", None])
def test_after_the_machine_started_again_or_where_that_cannot_be_told_it_has_another(
    tmp_path: Path, boot: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = named(tmp_path / "data")
    told = tmp_path / "boot_id"
    if boot is not None:
        told.write_text(boot)
    monkeypatch.setattr(holder, "_BOOT", told)
    second = named(tmp_path / "data")
    assert second != first
    assert (named(tmp_path / "data") == second) is (boot is not None)


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    named(tmp_path / "data")
    (tmp_path / "data" / "holder.json").write_text("{")
    assert named(tmp_path / "data") == named(tmp_path / "data")
