"""What the containers run, run as processes: the secrets, the broker's configuration, and the health check."""

import asyncio
import stat
import sys
from pathlib import Path

import pytest

from adapters.mqtt.mosquitto import find_mosquitto
from tests.support.compose import FOLDER, compose, make_secrets, mosquitto_of_compose
from tests.support.up import glasshouse, running_up


def test_secrets_are_made_once_for_no_eyes_but_ours(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert len(make_secrets(folder).splitlines()) == len(list(folder.iterdir()))
    assert {Path(one["file"]).name for one in compose()["secrets"].values()} <= {file.name for file in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert make_secrets(folder) == ""
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_the_broker_s_passwords_are_of_one_making(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    before = (tmp_path / "mqtt").read_text()
    (tmp_path / "mosquitto_passwords").unlink()
    made = make_secrets(tmp_path).splitlines()
    assert len(made) == 3
    assert made[-1].endswith("mosquitto_passwords")  # what was broken off before is made anew
    assert (tmp_path / "mqtt").read_text() != before


@pytest.mark.skipif(find_mosquitto() is None, reason="there is no mosquitto on this machine (Debian: mosquitto)")
async def test_the_broker_lets_the_house_in_by_the_secret_and_nobody_else(tmp_path: Path) -> None:
    async with mosquitto_of_compose(tmp_path) as port:
        secret = tmp_path / "mqtt"
        secret.write_text(secret.read_text().replace("mosquitto:1883", f"127.0.0.1:{port}"))
        settings = {"GLASSHOUSE_DATA": str(tmp_path / "data"), "GLASSHOUSE_HTTP": "127.0.0.1:0"}
        code, out, _ = await glasshouse("doctor", env={**settings, "GLASSHOUSE_MQTT_FILE": str(secret)})
        assert code == 0, out
        code, out, _ = await glasshouse("doctor", env={**settings, "GLASSHOUSE_MQTT": f"mqtt://127.0.0.1:{port}"})
        assert code == 1, out


async def test_the_health_check_follows_readyz(tmp_path: Path) -> None:
    async def check(port: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(FOLDER / "ready.py")),
            env={"GLASSHOUSE_HTTP": f"0.0.0.0:{port}", "http_proxy": "http://127.0.0.1:9"},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    async with running_up(tmp_path, errors=tmp_path / "errors.log") as up:
        port = up.http.rpartition(":")[2]
        assert (await check(port))[0] == 0
        assert await up.stop() == 0
        code, said = await check(port)
    assert (code, "refused" in said) == (1, True)
