"""An event that cannot be read halts the read models that need it, visibly and alone: the house starts, and ingests."""

import json
from pathlib import Path

import httpx

from adapters.event_log.port import ANY, Append
from adapters.event_log.sqlite import SqliteEventLog
from schema.envelope import NewEvent
from tests.support.up import glasshouse, running_up, simulate_arguments


async def test_a_house_starts_and_ingests_although_its_read_models_have_halted(tmp_path: Path) -> None:
    data, errors = tmp_path / "data", tmp_path / "errors.log"
    async with running_up(data, errors=errors) as up:
        assert await up.stop() == 0
    log = await SqliteEventLog.open(data / "events.db")
    await log.append([Append("device-poison", ANY, [NewEvent(bytes(16), "SensorReading", b'{"reading":"?"}', b"{}")])])
    await log.close()
    async with running_up(data, errors=errors) as up, httpx.AsyncClient(base_url=up.http, trust_env=False) as client:
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert "latest is halted" in ready.text
        arguments = simulate_arguments(f"mqtt://127.0.0.1:{up.ready['mqtt']['port']}", tmp_path / "ledger", rate=100, seconds=1)
        _, out, _ = await glasshouse(*arguments)
        report = json.loads(out)
        assert report["receipted"] == report["sent"] > 0
