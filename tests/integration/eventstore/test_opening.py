"""Opening a log in EventStoreDB: who may, over what, and in plain words why not."""

import asyncio
import socket
from pathlib import Path

import pytest

from adapters.event_log.esdb.log import EsdbEventLog
from adapters.event_log.port import NO_STREAM, LogAddressError, LogError, LogUnavailableError
from tests.support.eventstore.certificates import OPENSSL, make_certificates
from tests.support.eventstore.process import Double, eventstore
from tests.support.logs import append, names

needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl to make certificates with; install it")


def _nobody_at() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def test_nothing_listening_is_said_in_one_sentence() -> None:
    with pytest.raises(LogUnavailableError, match=r"^EventStoreDB at 127.0.0.1:\d+ cannot be reached: Connection refused$"):
        await EsdbEventLog.open(f"esdb://127.0.0.1:{_nobody_at()}?Tls=false")


@pytest.mark.parametrize("version", ["24.10.0", "24.10.4", "25.0.0", "23.10.7", "5.0.11"])
async def test_a_server_that_can_skip_events_or_is_too_old_is_refused(tmp_path: Path, version: str) -> None:
    async with eventstore(tmp_path, "--version", version) as double:
        with pytest.raises(LogError, match=f"is of version {version}.*24.10.5 or KurrentDB 25.0.1, or a later one, is needed"):
            await EsdbEventLog.open(double.url)


@pytest.mark.parametrize("version", ["24.10.5", "25.0.1.1667", "26.1.0"])
async def test_later_servers_are_taken(tmp_path: Path, version: str) -> None:
    async with eventstore(tmp_path, "--version", version) as double:
        await (await EsdbEventLog.open(double.url)).close()


@needs_openssl
async def test_tls_with_a_user_works_and_each_thing_that_is_wrong_is_named(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    secured = ("--cert", str(made.certificate), "--key", str(made.key), "--user", "grower", "--password", "p@ss word")
    async with eventstore(tmp_path, *secured) as double:
        ca = f"TlsCaFile={made.authority}"
        log = await EsdbEventLog.open(f"esdb://grower:p%40ss%20word@{double.address}?{ca}")
        await append(log, "device-a", NO_STREAM, "one")
        assert names(await log.read_stream("device-a")) == ["one"]
        await log.close()
        for url, complaint in (
            (f"esdb://grower:wrong@{double.address}?{ca}", "does not accept the user name or the password"),
            (f"esdb://grower:p%40ss%20word@{double.address}", "certificate of .* was refused"),
            (f"esdb://grower:p%40ss%20word@{double.address}?TlsCaFile={made.key}", "certificate of .* was refused"),
            (f"esdb://grower:p%40ss%20word@{double.address.replace('127.0.0', '127')}?{ca}", "certificate of .* was refused"),
            (f"esdb://{double.address}?Tls=false", "cannot be reached|was refused"),
        ):
            with pytest.raises(LogError, match=complaint) as refusal:
                await EsdbEventLog.open(url)
            assert "p@ss" not in str(refusal.value)
            assert "wrong@" not in str(refusal.value)


async def test_a_server_that_breaks_off_a_handshake_is_away_and_can_be_waited_for() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(LogUnavailableError):
            await EsdbEventLog.open(f"esdb://grower:secret@127.0.0.1:{silent.getsockname()[1]}")


async def test_processes_that_begin_a_log_at_once_agree_on_its_name(double: Double) -> None:
    logs = await asyncio.gather(*(EsdbEventLog.open(double.url) for _ in range(5)))
    assert len({log.log_id for log in logs}) == 1
    for log in logs:
        await log.close()


async def test_who_only_looks_begins_no_log(double: Double) -> None:
    with pytest.raises(LogError, match="holds no log yet"):
        await EsdbEventLog.open(double.url, read_only=True)
    writer = await EsdbEventLog.open(double.url)
    reader = await EsdbEventLog.open(double.url, read_only=True)
    await append(writer, "device-a", NO_STREAM, "one")
    assert names(await reader.read_stream("device-a")) == ["one"]
    with pytest.raises(LogError, match="for reading only"):
        await append(reader, "device-a", 0, "two")
    await reader.close()
    await writer.close()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("esdb://u:secret@h:2113?Tlls=false", "esdb://h:2113 cannot be used: Unknown field .*TLLS"),
        ("esdb://h:2113?Tls=maybe", "esdb://h:2113 cannot be used: Tls is 'maybe' not one of: true, false"),
        ("esdb://h:2113", "user and password are needed"),
        ("kurrentdb://h:2113", "kurrentdb://h:2113 cannot be used: .*user and password are needed"),
        ("esdb://u:secret@h?TlsVerifyCert=false", "asks not to verify certificates"),
        ("esdb://u:secret@h?TlsCaFile=/nowhere/ca", "TlsCaFile=/nowhere/ca of esdb://h cannot be read: No such file"),
        (
            "esdb://h?Tls=false&NodePreference=follower",
            "NodePreference=follower, but the log is written and read at the leader",
        ),
        ("esdb+discover://u:se?cret@one,two", "cannot be used"),
        ("esdb://u:se?cret@h", "cannot be used"),
    ],
)
async def test_a_url_that_cannot_be_used_says_what_is_wrong_and_no_secret(url: str, complaint: str) -> None:
    with pytest.raises(LogAddressError, match=complaint) as refusal:
        await EsdbEventLog.open(url)
    assert "cret" not in str(refusal.value)
