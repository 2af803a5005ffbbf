"""An export that a command asks for: of the running house over its API, or of the resting data folder."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from api.errors import ApiError
from api.export_requests import parse_export
from api.export_stream import written
from glasshouse.client import said
from glasshouse.errors import GlasshouseError, RefusedError, SettingsError
from glasshouse.ownership import api_of, owner, resting_house
from glasshouse.settings import Settings
from glasshouse.web_side import services_of

Pairs = Sequence[tuple[str, str]]
_SECONDS = httpx.Timeout(20.0, read=120.0)


class OutFileError(GlasshouseError):
    """The file that was to be written cannot be."""

    exit_code = SettingsError.exit_code


@asynccontextmanager
async def exported(settings: Settings, pairs: Pairs) -> AsyncIterator[AsyncIterator[bytes]]:
    """The parts of an export. SettingsError for what cannot be understood, RefusedError for what a running house refuses."""
    try:
        export = parse_export(pairs)
    except ApiError as error:
        raise SettingsError(error.message) from error
    running = await owner(settings)
    if running is not None:
        async with _over_http(api_of(running), settings.key, pairs) as parts:
            yield parts
        return
    async with resting_house(settings) as (folder, log, side):
        services = services_of(log, side, side.history, folder=folder, registry=CollectorRegistry())
        yield written(services, export)


@asynccontextmanager
async def _over_http(url: str, key: str | None, pairs: Pairs) -> AsyncIterator[AsyncIterator[bytes]]:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=_SECONDS, trust_env=False) as http:
        try:
            async with http.stream("GET", "/export", params=list(pairs)) as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                    raise RefusedError(f"the house at {url} refused: {_reason(response)}")
                yield response.aiter_bytes()
        except httpx.HTTPError as error:
            raise RefusedError(f"the house at {url} ended the export before its end: {said(error)}; see its log") from error


def _reason(response: httpx.Response) -> str:
    try:
        body: dict[str, Any] = response.json()
        return str(body["errors"][0]["message"])
    except (ValueError, KeyError, IndexError):
        return f"status {response.status_code}"


async def write_file(parts: AsyncIterator[bytes], path: Path, progress: Callable[[int], None]) -> int:
    """Write a file, which has its name once it is whole; how many bytes it has. OutFileError where it cannot be."""
    draft, size = path.with_name(f".{path.name}.part"), 0
    try:
        with draft.open("wb") as file:
            async for part in parts:
                size += file.write(part)
                progress(size)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        raise OutFileError(f"{path} cannot be written: {error.strerror}; name another with --out") from error
    finally:
        draft.unlink(missing_ok=True)
    return size
