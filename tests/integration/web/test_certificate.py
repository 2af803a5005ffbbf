"""HTTPS of our own: what it speaks, what it shows, and what it makes of files that are renewed."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from glasshouse.certificate import Certificate, certificate_of
from glasshouse.errors import SettingsError
from glasshouse.settings import Address, Settings
from glasshouse.web import WebServer, bind
from tests.support.eventstore.certificates import OPENSSL, Certificates, make_certificates

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine")


async def scheme(request: Request) -> Response:
    return PlainTextResponse(request.url.scheme)


def made(folder: Path) -> Certificates:
    folder.mkdir()
    return make_certificates(folder)


@asynccontextmanager
async def serving(certificate: Certificate) -> AsyncIterator[tuple[str, int]]:
    listener = bind(Address("127.0.0.1", 0))
    server = WebServer(Starlette(routes=[Route("/", scheme)]), certificate)
    task = asyncio.create_task(server.run_on(listener), name="web")
    await server.ready.wait()
    try:
        yield listener.getsockname()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def shown_at(place: tuple[str, int], trusted: Path, *, newest: ssl.TLSVersion | None = None) -> tuple[bytes, str]:
    """The certificate that is shown, and what is answered; SSLError where the two sides do not agree."""
    context = ssl.create_default_context(cafile=trusted)
    if newest is not None:
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
        context.set_ciphers("ALL:@SECLEVEL=0")
    reader, writer = await asyncio.open_connection(*place, ssl=context)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = (await reader.read()).decode().rpartition("\n")[2]
        return writer.get_extra_info("ssl_object").getpeercert(binary_form=True), answer
    finally:
        writer.close()


async def test_https_is_spoken_from_tls_1_2_on(tmp_path: Path) -> None:
    files = made(tmp_path / "first")
    async with serving(Certificate(files.certificate, files.key)) as place:
        for newest in (None, ssl.TLSVersion.TLSv1_2):
            assert (await shown_at(place, files.authority, newest=newest))[1] == "https"
        with pytest.warns(DeprecationWarning, match="TLSv1"), pytest.raises((ssl.SSLError, ConnectionResetError)):
            await shown_at(place, files.authority, newest=ssl.TLSVersion.TLSv1_1)


async def test_a_renewed_certificate_is_shown_and_one_that_does_not_fit_its_key_is_not(tmp_path: Path) -> None:
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    certificate = Certificate(first.certificate, first.key)
    keeping = asyncio.create_task(certificate.keep_fresh(0.01))
    try:
        async with serving(certificate) as place:
            before, _ = await shown_at(place, first.authority)
            with capture_logs() as logs:
                shutil.copy(second.certificate, first.certificate)
                while not any(line["event"] == "certificate_not_renewed" for line in logs):
                    await asyncio.sleep(0.01)
                assert (await shown_at(place, first.authority))[0] == before
                shutil.copy(second.key, first.key)
                while not any(line["event"] == "certificate_renewed" for line in logs):
                    await asyncio.sleep(0.01)
            after, answer = await shown_at(place, second.authority)
            assert (after != before, answer) == (True, "https")
            with capture_logs() as logs:
                first.certificate.unlink()
                while not any(line["event"] == "certificate_not_renewed" for line in logs):
                    await asyncio.sleep(0.01)
            assert (await shown_at(place, second.authority))[0] == after
    finally:
        keeping.cancel()


async def test_where_files_are_not_looked_at_any_more_it_is_told_and_what_was_shown_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Certificate) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(Certificate, "keep_fresh", broken)
    files = made(tmp_path / "first")
    with capture_logs() as logs:
        async with serving(Certificate(files.certificate, files.key)) as place:
            assert (await shown_at(place, files.authority))[1] == "https"
    assert [line["event"] for line in logs] == ["certificate_not_watched"]


def test_files_that_are_no_certificate_and_its_key_are_refused_in_words(tmp_path: Path) -> None:
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    for certificate, key in ((first.certificate, second.key), (first.key, first.key), (tmp_path / "none", first.key)):
        with pytest.raises(SettingsError, match=r"tls_certificate .* cannot be used"):
            Certificate(certificate, key)
    with pytest.raises(SettingsError, match="HTTPS needs both"):
        certificate_of(Settings(tls_key=str(first.key)))
    assert certificate_of(Settings()) is None
