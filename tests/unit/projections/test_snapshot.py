"""A snapshot file is believed whole or not at all, and the one before survives a failed write."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.snapshot import SnapshotFile
from schema.envelope import Cursor, Position

CURSOR = Cursor("log", Position(7))
RECORDS = [b'{"device":1}', b'{"device":2}']


@pytest.fixture
def file(tmp_path: Path) -> SnapshotFile:
    return SnapshotFile(tmp_path / "latest.snapshot", kind="latest", version=1)


def test_what_was_saved_is_loaded(file: SnapshotFile) -> None:
    file.save(CURSOR, RECORDS)
    assert file.load() == (CURSOR, RECORDS)


def test_a_state_without_records_is_a_state(file: SnapshotFile) -> None:
    file.save(CURSOR, [])
    assert file.load() == (CURSOR, [])


def test_a_missing_snapshot_is_none_and_no_event(file: SnapshotFile) -> None:
    with capture_logs() as logs:
        assert file.load() is None
    assert logs == []


def test_any_flipped_torn_or_added_byte_is_seen(file: SnapshotFile, tmp_path: Path) -> None:
    path = tmp_path / "latest.snapshot"
    file.save(CURSOR, RECORDS)
    content = path.read_bytes()
    spoilt = [content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in range(len(content))]
    spoilt += [content[:at] for at in range(len(content))] + [content + b"\n"]
    believed = [each for each in spoilt if _load(path, each) is not None]
    assert believed == []


def _load(path: Path, content: bytes) -> object:
    path.write_bytes(content)
    with capture_logs():
        return SnapshotFile(path, kind="latest", version=1).load()


def test_another_kind_or_version_is_passed_over(file: SnapshotFile, tmp_path: Path) -> None:
    file.save(CURSOR, RECORDS)
    with capture_logs() as logs:
        assert SnapshotFile(tmp_path / "latest.snapshot", kind="latest", version=2).load() is None
        assert SnapshotFile(tmp_path / "latest.snapshot", kind="alerts", version=1).load() is None
    assert [entry["reason"] for entry in logs] == ["it is a snapshot of latest version 1"] * 2


def test_a_failed_write_leaves_the_snapshot_before(file: SnapshotFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.save(CURSOR, RECORDS)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device", descriptor)

    monkeypatch.setattr("adapters.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        file.save(Cursor("log", Position(8)), RECORDS[:1])
    assert file.load() == (CURSOR, RECORDS)
    assert tmp_path.joinpath("latest.snapshot").exists()
