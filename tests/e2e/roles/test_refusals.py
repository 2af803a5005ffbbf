"""What a role cannot be started with, in one plain sentence each."""

from pathlib import Path

import pytest

from tests.support.brokers import StandaloneBroker
from tests.support.eventstore.process import eventstore
from tests.support.roles import Estate
from tests.support.up import glasshouse, running_up

LOG = "sqlite:////nowhere/events.db"
URL = "mqtt://127.0.0.1:1"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ingest", "--event-log", LOG], 2, "an embedded broker (embedded) lives in the process of `up`"),
        (["ingest", "--event-log", LOG, "--mqtt", "127.0.0.1:0"], 2, "name it with --mqtt"),
        (["ingest", "--event-log", LOG, "--mqtt", URL, "--owns", "no/rth"], 2, "cannot be owned"),
        (["ingest", "--mqtt", URL], 2, "GLASSHOUSE_EVENT_LOG"),
        (["project"], 2, "GLASSHOUSE_EVENT_LOG"),
        (["react", "--mqtt", URL], 2, "GLASSHOUSE_EVENT_LOG"),
        (["react", "--event-log", LOG], 2, "an embedded broker (embedded) lives in the process of `up`"),
        (["serve"], 2, "GLASSHOUSE_EVENT_LOG"),
        (["serve", "--event-log", ""], 2, "GLASSHOUSE_EVENT_LOG"),
        (["serve", "--event-log", LOG], 7, "/nowhere"),
        (["serve", "--event-log", "esdb://127.0.0.1?Tls=maybe"], 2, "Tls is 'maybe' not one of"),
        (["serve", "--event-log", "esdb://127.0.0.1:abc?Tls=false"], 7, "resolution failed for 127.0.0.1:abc:"),
    ],
)
async def test_a_role_says_what_it_lacks(arguments: list[str], code: int, words: str, tmp_path: Path) -> None:
    got, _, err = await glasshouse(*arguments, "--data", str(tmp_path / "data"), "--http", "127.0.0.1:0")
    assert (got, words in err) == (code, True), err


async def test_a_server_without_tls_that_is_asked_for_it_is_one_sentence(tmp_path: Path) -> None:
    async with eventstore(tmp_path) as double:
        url = f"esdb://grower:secret@{double.address}"
        code, _, err = await glasshouse("serve", "--event-log", url, "--data", str(tmp_path / "data"), "--http", "127.0.0.1:0")
    assert (code, "or say Tls=false" in err, "secret" in err, len(err.splitlines())) == (7, True, False, 1), err


async def test_a_data_folder_has_one_owner_whatever_its_role(tmp_path: Path, broker: StandaloneBroker) -> None:
    async with running_up(tmp_path / "house", mqtt=broker.url, errors=tmp_path / "errors.log"):
        serve = Estate(tmp_path, f"sqlite:///{tmp_path / 'house' / 'events.db'}", broker.url).role("serve", "house")
        code, sentence = await serve.refused()
        assert code == 5
        assert "in use by process" in sentence


async def test_commands_say_so_where_a_role_has_no_api_and_takes_nothing_in(tmp_path: Path, broker: StandaloneBroker) -> None:
    estate = Estate(tmp_path, f"sqlite:///{tmp_path / 'events.db'}", broker.url)
    await estate.role("project", "project").start()
    try:
        data = ("--data", str(tmp_path / "project"))
        code, _, err = await glasshouse("keys", "list", *data, env=estate.env)
        assert (code, "has no API" in err) == (8, True), err
        mapping = Path(__file__).parents[3] / "docs" / "examples" / "logger.toml"
        code, _, err = await glasshouse("import", str(mapping), "--mapping", str(mapping), *data)
        assert (code, "takes nothing in" in err) == (8, True), err
        code, out, _ = await glasshouse("doctor", *data, env=estate.env)
        assert (code, "ready at" in out, "`react` held by nobody: commands are taken and not sent" in out) == (0, True, True), (
            out
        )
        elsewhere = ("--data", str(tmp_path / "elsewhere"), "--http", "127.0.0.1:0", "--json")
        code, out, _ = await glasshouse("doctor", *elsewhere, env=estate.env)
        assert (code, "`project` of + held by" in out) == (0, True), out
    finally:
        await estate.end()
