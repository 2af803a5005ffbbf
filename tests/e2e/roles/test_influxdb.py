"""With the history in an InfluxDB every `serve` answers for it, and `project` fills it through a kill."""

import asyncio
from pathlib import Path

import pytest

from tests.support import influx
from tests.support.roles import Estate, ask
from tests.support.up import glasshouse, simulate_arguments

pytestmark = [pytest.mark.influxdb, pytest.mark.parametrize("log_url", ["sqlite"], indirect=True)]  # any log would do

REGISTER = """mutation { registerDevice(input: { deviceId: "climate-0", location: "north/house-1" }) {
  ... on RegisterDeviceSuccess { cursor } ... on OperationError { message } } }"""
READINGS = '{ readings(deviceId: "%s", first: 1, atLeast: "%s") { nodes { value } } }'
DEVICES = "{ devices(first: 1) { nodes { id } } }"


async def test_a_serve_answers_for_the_history_that_another_process_fills(estate: Estate, tmp_path: Path) -> None:
    with influx.history_url() as url:
        estate.env["GLASSHOUSE_HISTORY"] = url
        ingest, project = await estate.role("ingest", "ingest").start(), await estate.role("project", "project").start()
        serve = await estate.role("serve", "serve").start()
        key = serve.ready["admin_key"]
        ledger = tmp_path / "ledger"
        simulation = asyncio.create_task(
            glasshouse(*simulate_arguments(estate.env["GLASSHOUSE_MQTT"], ledger, rate=200, seconds=3)), name="simulation"
        )
        while not (told := (await ask(serve, key, DEVICES))["data"]["devices"]["nodes"]):
            await asyncio.sleep(0.05)
        await project.kill()
        await project.start()
        code, _, err = await simulation
        assert code == 0, err
        cursor = (await ask(serve, key, REGISTER))["data"]["registerDevice"]["cursor"]
        async with asyncio.timeout(60):  # the project reads what it missed, and says so until then
            while (found := await ask(serve, key, READINGS % (told[0]["id"], cursor)))["data"] is None:
                assert found["errors"][0]["extensions"]["code"] == "NOT_YET_VISIBLE", found
        assert found["data"]["readings"]["nodes"], found
        over_the_api = await estate.judged(ledger, serve, key)
        for role in (serve, project, ingest):
            assert await role.stop() == 0
            assert influx.TOKEN not in role.errors.read_text()
        at_rest = await estate.judged(ledger, project)
    assert over_the_api["lost"] == over_the_api["double_counted"] == at_rest["lost"] == at_rest["double_counted"] == 0


async def test_without_its_influxdb_a_command_ends_in_plain_words(estate: Estate, tmp_path: Path) -> None:
    with influx.own(tmp_path) as server:
        url = server.url()
    estate.env["GLASSHOUSE_HISTORY"] = url
    code, sentence = await estate.role("serve", "serve").refused()
    assert (code, "is not reached" in sentence, influx.TOKEN in sentence) == (7, True, False), sentence
    estate.env["GLASSHOUSE_HISTORY"] = url.replace("?bucket", "/more?bucket")
    code, sentence = await estate.role("project", "project").refused()
    assert (code, "one organisation" in sentence) == (2, True), sentence
    _, out, _ = await glasshouse("doctor", "--data", str(tmp_path / "data"), env={"GLASSHOUSE_HISTORY": url})
    assert "is not reached" in out.replace("\n", " ")
