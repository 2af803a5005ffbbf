"""A house that speaks HTTPS itself, and the commands that ask it."""

import asyncio
import os
import ssl
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.documents import ROOT
from tests.support.eventstore.certificates import OPENSSL, make_certificates
from tests.support.up import glasshouse, running_up

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine")


async def test_the_house_is_asked_over_https_and_its_commands_know_it_by_its_certificate(tmp_path: Path) -> None:
    files = make_certificates(tmp_path)
    env = {"GLASSHOUSE_TLS_CERTIFICATE": str(files.certificate), "GLASSHOUSE_TLS_KEY": str(files.key)}
    data = tmp_path / "data"
    async with running_up(data, errors=tmp_path / "errors.log", env=env) as up:
        assert up.http.startswith("https://")
        trust = ssl.create_default_context(cafile=files.authority)
        async with httpx.AsyncClient(base_url=up.http, verify=trust, trust_env=False) as browser:
            login = await browser.post("/session", json={"key": up.ready["admin_key"]}, headers={"origin": up.http})
            assert (login.status_code, "secure" in login.headers["set-cookie"].lower()) == (200, True)
            plain = up.http.replace("https", "http")
            answer = await browser.post("/graphql", json={"query": "{ sites { id } }"}, headers={"origin": plain})
            assert answer.status_code == 403
        key = {"GLASSHOUSE_KEY": str(up.ready["admin_key"])}
        for command in (("keys", "list"), ("doctor",)):
            code, out, errors = await glasshouse(*command, "--data", str(data), env=key)
            assert code == 0, (command, out, errors)
        health = await asyncio.create_subprocess_exec(
            *(sys.executable, str(ROOT / "docker" / "ready.py")),
            env={**os.environ, **env, "GLASSHOUSE_HTTP": up.http.removeprefix("https://")},
        )
        assert await health.wait() == 0
