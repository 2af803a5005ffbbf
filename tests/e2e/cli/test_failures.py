"""What goes wrong at the command line is one plain sentence on stderr and the exit code that the reference lists."""

import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.up import glasshouse, running_up, simulate_arguments


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def sentence(err: str) -> str:
    """The one sentence; what a log said before it is JSON lines."""
    lines = [line for line in err.splitlines() if line and not line.startswith("{")]
    assert len(lines) == 1, err
    return lines[0]


async def test_a_taken_http_port(tmp_path: Path, taken_port: str) -> None:
    code, out, err = await glasshouse("up", "--data", str(tmp_path), "--http", taken_port, "--mqtt", "127.0.0.1:0", "--json")
    assert (code, out) == (3, "")
    assert taken_port in sentence(err)
    assert "--http" in sentence(err)


async def test_a_taken_mqtt_port(tmp_path: Path, taken_port: str) -> None:
    code, out, err = await glasshouse("up", "--data", str(tmp_path), "--http", "127.0.0.1:0", "--mqtt", taken_port)
    assert (code, out) == (3, "")
    assert taken_port.rpartition(":")[2] in sentence(err)


async def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = await glasshouse("up", "--data", str(tmp_path / "file" / "data"), "--http", "127.0.0.1:0")
    assert code == 4
    assert "--data" in sentence(err)


async def test_a_second_up_on_the_same_data(tmp_path: Path) -> None:
    async with running_up(tmp_path, errors=tmp_path / "errors.log") as up:
        code, _, err = await glasshouse("up", "--data", str(tmp_path), "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0")
        assert code == 5
        assert str(up.process.pid) in sentence(err)


async def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"mqtt://127.0.0.1:{free.getsockname()[1]}"
    code, _, err = await glasshouse("up", "--data", str(tmp_path), "--http", "127.0.0.1:0", "--mqtt", url)
    assert code == 6
    assert url.removeprefix("mqtt://") in sentence(err)


async def test_a_demo_whose_greenhouse_breaks_down(tmp_path: Path) -> None:
    with (tmp_path / "demo-ledger.jsonl").open("wb") as ledger:
        fcntl.flock(ledger, fcntl.LOCK_EX)
        arguments = ("--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--seconds", "2")
        code, out, err = await glasshouse("demo", "--json", "--data", str(tmp_path), *arguments)
    assert (code, len(out.splitlines())) == (1, 1)
    assert "another simulation is writing the ledger" in sentence(err)


async def test_an_event_log_that_is_no_event_log(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(b"this is no database, whatever its name says " * 100)
    code, _, err = await glasshouse("up", "--data", str(tmp_path), "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0")
    assert code == 7
    assert "events.db" in sentence(err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", "--http", "8080"),
        ("up", "--mqtt", "amqp://host:1"),
        ("up", "--mqtt", "127.0.0.1:99999"),
        ("up", "--log-level", "loud"),
        ("up", "--config", "/nowhere/glasshouse.toml"),
        ("simulate", "--mqtt", "http://127.0.0.1:1", "--ledger", "ledger.jsonl"),
        ("keys", "issue", "x", "--expires", "tomorrow"),
    ],
)
async def test_an_option_that_makes_no_sense(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, _, err = await glasshouse(
        *arguments, env={"GLASSHOUSE_DATA": str(tmp_path / "data"), "GLASSHOUSE_HTTP": "127.0.0.1:0"}
    )
    assert code == 2
    assert sentence(err).startswith("glasshouse: ")


async def test_a_running_house_asked_without_a_key_and_with_a_wrong_one(tmp_path: Path) -> None:
    async with running_up(tmp_path, errors=tmp_path / "errors.log"):
        code, _, err = await glasshouse("keys", "list", "--data", str(tmp_path))
        assert code == 8
        assert "--key" in sentence(err)
        code, _, err = await glasshouse("keys", "list", "--data", str(tmp_path), "--key", "gh_0_wrong")
        assert code == 8
        assert "gh_0_wrong" not in err


async def test_a_broker_password_is_never_told(tmp_path: Path) -> None:
    code, out, err = await glasshouse(
        "up", "--data", str(tmp_path), "--http", "127.0.0.1:0", "--mqtt", "mqtt://us:hush-hush@127.0.0.1:9"
    )
    assert code == 6
    assert "hush-hush" not in out + err


async def test_a_damaged_history_is_named_by_the_audit_and_does_not_keep_the_house_from_starting(tmp_path: Path) -> None:
    data, ledger = tmp_path / "data", tmp_path / "ledger.jsonl"
    async with running_up(data, errors=tmp_path / "errors.log") as up:
        await glasshouse(*simulate_arguments(f"mqtt://127.0.0.1:{up.ready['mqtt']['port']}", ledger, rate=200, seconds=2))
        await up.stop()
    history = data / "history.duckdb"
    os.truncate(history, history.stat().st_size // 2)
    code, _, err = await glasshouse("audit-ledger", str(ledger), "--data", str(data))
    assert code == 7
    assert "history" in sentence(err)
    async with running_up(data, errors=tmp_path / "errors.log") as up:
        assert await up.stop() == 0
