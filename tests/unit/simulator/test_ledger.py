"""The ledger stays one readable line a message, through restarts, torn tails and second writers."""

import asyncio
import errno
from pathlib import Path
from typing import Any

import msgspec
import pytest

from glasshouse.simulator.ledger import WIDTH, Ledger, LedgerError, Line, read_ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "ledger.jsonl"


def lines(count: int, device: str = "d", start: int = 1) -> list[Line]:
    return [Line(device=device, sequence=number, sent=1000 + number) for number in range(start, start + count)]


def content(path: Path) -> bytes:
    return path.read_bytes()


def leave(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)


async def written(path: Path, *batches: list[Line]) -> None:
    ledger = Ledger(path)
    for batch in batches:
        await ledger.begin(batch)
    await ledger.close()


async def test_a_line_is_in_the_file_when_begin_returns(path: Path) -> None:
    ledger = Ledger(path)
    await ledger.begin(lines(3))
    assert [line.sequence for line in read_ledger(path)] == [1, 2, 3]
    await ledger.close()


async def test_it_is_json_lines_with_the_promised_keys(path: Path) -> None:
    await written(path, lines(2))
    told = [msgspec.json.decode(raw) for raw in content(path).splitlines()]
    assert len(told) == 2
    assert {"device", "sequence", "eventId", "sent", "pubacked", "receipted"} <= told[0].keys()
    assert (told[0]["device"], told[0]["sequence"], told[0]["sent"], told[0]["pubacked"]) == ("d", 1, 1001, None)


async def test_what_became_of_a_message_is_written_into_its_line(path: Path) -> None:
    ledger = Ledger(path)
    entries = await ledger.begin(lines(5))
    for number in (0, 1, 3):
        entries[number].line.pubacked = 2000 + number
        ledger.changed(entries[number])
    await ledger.flush()
    assert [line.pubacked for line in read_ledger(path)] == [2000, 2001, None, 2003, None]
    await ledger.close()


async def test_closing_writes_what_has_changed(path: Path) -> None:
    ledger = Ledger(path)
    (entry,) = await ledger.begin(lines(1))
    entry.line.receipted = 5
    ledger.changed(entry)
    await ledger.close()
    assert [line.receipted for line in read_ledger(path)] == [5]


async def test_several_tasks_write_lines_of_their_own(path: Path) -> None:
    ledger = Ledger(path)
    batches = await asyncio.gather(*(ledger.begin(lines(10, device=f"d{number}")) for number in range(20)))
    assert len({entry.offset for batch in batches for entry in batch}) == 200
    assert len(list(read_ledger(path))) == 200
    await ledger.close()


async def test_the_same_file_continues_the_sequences(path: Path) -> None:
    await written(path, lines(3), lines(2, device="other"))
    ledger = Ledger(path)
    assert ledger.sequences == {"d": 3, "other": 2}
    await ledger.begin(lines(1, start=4))
    await ledger.close()
    assert [line.sequence for line in read_ledger(path)] == [1, 2, 3, 1, 2, 4]


@pytest.mark.parametrize("torn", [1, 20, 100])
async def test_a_torn_last_line_is_not_read_and_is_cut_off_by_the_next_writer(path: Path, torn: int) -> None:
    await written(path, lines(3))
    whole = content(path)
    leave(path, whole + whole[:torn].rstrip())
    assert len(list(read_ledger(path))) == 3
    await written(path, lines(1, start=4))
    assert [line.sequence for line in read_ledger(path)] == [1, 2, 3, 4]


async def test_a_tail_that_never_reached_the_disk_is_cut_off(path: Path) -> None:
    await written(path, lines(2))
    leave(path, content(path) + bytes(2 * WIDTH))
    await written(path, lines(1, start=3))
    assert [line.sequence for line in read_ledger(path)] == [1, 2, 3]


async def test_a_damaged_line_in_the_middle_is_named(path: Path) -> None:
    await written(path, lines(3))
    raw = bytearray(content(path))
    raw[WIDTH : WIDTH + 5] = b"?????"
    leave(path, bytes(raw))
    with pytest.raises(LedgerError, match="line 2"):
        list(read_ledger(path))
    with pytest.raises(LedgerError, match="line 2"):
        Ledger(path)
    assert content(path) == raw


def test_another_kind_of_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear diary, " * 100)
    with pytest.raises(LedgerError, match="something else"):
        Ledger(other)
    assert other.read_text() == "Dear diary, " * 100


def test_a_short_file_of_another_kind_is_refused_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear diary\n")
    with pytest.raises(LedgerError, match="something else"):
        Ledger(other)
    assert other.read_text() == "Dear diary\n"


@pytest.mark.parametrize("torn", [b"", b'{"dev', b'{"device":"d","seq', bytes(100)])
async def test_a_ledger_whose_first_write_was_cut_short_begins_again(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "ledger.jsonl"
    leave(path, torn)
    await written(path, lines(1))
    assert [line.sequence for line in read_ledger(path)] == [1]


async def test_a_second_writer_is_refused(path: Path) -> None:
    ledger = Ledger(path)
    with pytest.raises(LedgerError, match="another simulation"):
        Ledger(path)
    await ledger.close()
    await written(path, lines(1))


def test_a_folder_that_cannot_be_is_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot be written"):
        Ledger(tmp_path / "file" / "ledger.jsonl")


def test_a_ledger_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be read"):
        list(read_ledger(tmp_path / "none"))


async def test_a_full_disk_is_said_in_plain_words_and_lets_go_of_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(path)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("glasshouse.simulator.ledger.os.pwrite", full)
    with pytest.raises(LedgerError, match="No space left"):
        await ledger.begin(lines(1))
    monkeypatch.undo()
    await ledger.close()
    await written(path, lines(1))


async def test_names_too_long_for_a_line_are_refused_before_anything_is_written(path: Path) -> None:
    ledger = Ledger(path)
    with pytest.raises(LedgerError, match="too long"):
        await ledger.begin([Line(device="d", sequence=1, topic="x" * WIDTH)])
    await ledger.begin(lines(1))
    await ledger.close()
    assert [line.device for line in read_ledger(path)] == ["d"]


def test_a_line_reads_what_a_later_version_may_add() -> None:
    raw: dict[str, Any] = {
        "device": "d",
        "sequence": 1,
        "eventId": None,
        "sent": 1,
        "pubacked": None,
        "receipted": None,
        "new": 1,
    }
    assert msgspec.json.decode(msgspec.json.encode(raw), type=Line).sequence == 1
