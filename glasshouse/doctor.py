"""`doctor` looks at each part by itself and names what is broken, with what to do."""

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import httpx
import msgspec

from adapters.event_log.port import EventLog, LogError
from adapters.history.port import HistoryError
from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.errors import MqttError
from adapters.mqtt.mosquitto import find_mosquitto
from adapters.mqtt.session import Session
from glasshouse.client import said, trust_in
from glasshouse.data_folder import own
from glasshouse.errors import GlasshouseError
from glasshouse.lease_stream import leases_of
from glasshouse.ownership import owner
from glasshouse.settings import Address, Settings
from glasshouse.stores import open_event_log, open_history
from glasshouse.web import bind

_SECONDS: Final = 5.0
_LOW_BYTES: Final = 500 * 1024 * 1024
_OLDEST, _NEWEST = (3, 11), (3, 13)


class Finding(msgspec.Struct, frozen=True):
    """What was found of a part. `detail` says what it is, or what is broken and what to do."""

    part: str
    ok: bool
    detail: str


async def examine(settings: Settings) -> list[Finding]:
    """Look at every part. A house that runs is asked, since it owns its stores; all else is opened, a log that is named too."""
    running = await owner(settings)
    findings = [_python(), await _look("data folder", lambda: _folder(settings, running)), _disk(settings)]
    to_open = running is None or settings.event_log is not None
    log = [await _look("event log", lambda: _event_log(settings))] if to_open else []
    if running is not None:
        return [*findings, await _look("running house", lambda: _house(running)), *log]
    return [
        *findings,
        *log,
        await _look("history", lambda: _history(settings)),
        await _look("broker", lambda: _broker(settings)),
        await _look("http", lambda: _http(settings)),
    ]


async def _look(part: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(part, True, await look())
    except (GlasshouseError, LogError, HistoryError, MqttError) as error:
        return Finding(part, False, str(error))


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = _OLDEST <= sys.version_info[:2] <= _NEWEST
    return Finding("python", ok, version if ok else f"{version}; glasshouse runs on Python 3.11 to 3.13")


async def _folder(settings: Settings, running: dict[str, Any] | None) -> str:
    if running is not None:
        return f"{settings.folder}, in use by process {running['pid']}"
    if not settings.folder.exists():
        return f"{settings.folder}, not made yet"
    with own(settings.folder):
        return f"{settings.folder}, writable, in use by nobody"


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.folder if settings.folder.exists() else os.curdir).free
    detail = f"{free / 1e9:.1f} GB free"
    return Finding("disk", free > _LOW_BYTES, detail if free > _LOW_BYTES else f"{detail}: make room, or ingest will stop")


async def _house(running: dict[str, Any]) -> str:
    try:
        async with httpx.AsyncClient(
            base_url=running["http"], timeout=_SECONDS, trust_env=False, verify=trust_in(running)
        ) as client:
            response = await client.get("/readyz")
    except httpx.HTTPError as error:
        raise GlasshouseError(f"process {running['pid']} does not answer at {running['http']}: {said(error)}") from error
    if response.is_success:
        remarks = _not_ready(response)
        return f"ready at {running['http']}{remarks and f'; {remarks}'}"
    raise GlasshouseError(f"not ready at {running['http']}: {_not_ready(response)}")


def _not_ready(response: httpx.Response) -> str:
    """The parts that are not ready, each with its reason."""
    try:
        parts: dict[str, str] = response.json()["parts"]
    except (ValueError, KeyError, TypeError):
        return f"it answers {response.status_code}"
    return "; ".join(f"{part}: {reason}" for part, reason in parts.items() if reason != "ready")


async def _event_log(settings: Settings) -> str:
    path = settings.event_log_path
    if path is not None and not path.exists():
        return f"{path}, not made yet"
    log = await open_event_log(settings, read_only=True)
    try:
        return f"{path or 'EventStoreDB'}, last position {await log.head()}{await _holders(log)}"
    finally:
        await log.close()


async def _holders(log: EventLog) -> str:
    """Who last held which role; whether they still live the log cannot tell. A house in one process may need no lease."""
    held = {role: await leases_of(log, role) for role in ("ingest", "project", "react")}
    told = [f"`{role}` of {', '.join(one.owns)} held by {one.holder}" for role, leases in held.items() for one in leases]
    told += ["`react` held by nobody: commands are taken and not sent"] if told and not held["react"] else []
    return "".join(f"; {one}" for one in told)


async def _history(settings: Settings) -> str:
    path = settings.history_path
    if path is not None and not path.exists():
        return f"{path}, not made yet"
    history = await open_history(settings)
    try:
        return f"{path or 'InfluxDB'}, {await history.count():,} readings"
    finally:
        await history.close()


async def _broker(settings: Settings) -> str:
    if settings.embedded_broker is not None:
        found = find_mosquitto()
        return f"embedded: {found}" if found else "embedded: iotcore (install mosquitto for a queue that outlives the process)"
    address = BrokerAddress.parse(settings.mqtt)
    session = Session(address, client_id=f"glasshouse-doctor-{os.getpid()}", session_expiry_s=0, clean=True)
    running = asyncio.create_task(session.run(), name="doctor-broker")
    try:
        async with asyncio.timeout(_SECONDS):
            await session.first_attempt()
    except TimeoutError:
        raise GlasshouseError(f"{address} does not answer within {_SECONDS:g} s") from None
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError, MqttError):
            await running
    return f"{address} answers"


async def _http(settings: Settings) -> str:
    address = Address.parse(settings.http)
    bind(address).close()
    return f"{address} is free"
