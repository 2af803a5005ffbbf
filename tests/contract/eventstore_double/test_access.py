"""Who may do what at the double, over TLS, and what version it says that it is."""

from pathlib import Path

import grpc
import grpc.aio
import pytest
from esdbclient import AsyncEventStoreDBClient, StreamState
from esdbclient.exceptions import AccessDeniedError, GrpcError, ServiceUnavailable

from tests.support.eventstore.certificates import OPENSSL, make_certificates
from tests.support.eventstore.clients import several
from tests.support.eventstore.features import PATH, supported_methods_class
from tests.support.eventstore.process import eventstore

needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not on this machine")


@needs_openssl
async def test_over_tls_with_a_user(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    settings = ("--cert", str(made.certificate), "--key", str(made.key), "--user", "admin", "--password", "changeit")
    async with eventstore(tmp_path, *settings) as double:
        trusting = {"root_certificates": made.authority.read_bytes()}
        knows = AsyncEventStoreDBClient(f"esdb://admin:changeit@{double.address}", **trusting)
        guesses = AsyncEventStoreDBClient(f"esdb://admin:wrong@{double.address}", **trusting)
        for client in (knows, guesses):
            await client.connect()
        try:
            await knows.append_to_stream("device-1", current_version=StreamState.ANY, events=several(2))
            with pytest.raises(GrpcError) as refused:
                await guesses.get_stream("device-1")
            assert "UNAUTHENTICATED" in str(refused.value)
            # Of an append grpc.aio may say no more than that it failed, where it is refused before it was written.
            with pytest.raises(GrpcError):
                await guesses.append_to_stream("device-1", current_version=StreamState.ANY, events=several(1))
            assert len(await knows.get_stream("device-1")) == 2
        finally:
            await knows.close()
            await guesses.close()


@needs_openssl
async def test_a_certificate_of_an_unknown_authority_is_refused_by_the_client(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    made, other = make_certificates(tmp_path), make_certificates(tmp_path / "other")
    async with eventstore(tmp_path, "--cert", str(made.certificate), "--key", str(made.key)) as double:
        client = AsyncEventStoreDBClient(f"esdb://a:b@{double.address}", root_certificates=other.authority.read_bytes())
        await client.connect()
        with pytest.raises(ServiceUnavailable):
            await client.get_stream("device-1", timeout=5)
        await client.close()


async def test_nobody_does_anything_without_saying_who_they_are(tmp_path: Path) -> None:
    async with eventstore(tmp_path, "--user", "admin", "--password", "changeit") as double:
        client = AsyncEventStoreDBClient(double.url)
        await client.connect()
        with pytest.raises(AccessDeniedError):
            await client.append_to_stream("device-1", current_version=StreamState.ANY, events=several(1))
        with pytest.raises(GrpcError, match="Access Denied"):
            await client.get_stream("device-1")
        await client.close()


async def test_it_says_its_version_and_its_methods(tmp_path: Path) -> None:
    async with eventstore(tmp_path, "--version", "24.10.3") as double, grpc.aio.insecure_channel(double.address) as channel:
        answer = supported_methods_class().FromString(await channel.unary_unary(PATH)(b""))
    assert answer.event_store_server_version == "24.10.3"
    assert ("event_store.client.streams.streams", "batchappend") in {
        (each.service_name, each.method_name) for each in answer.methods
    }


async def test_a_method_that_it_does_not_have_is_unimplemented(tmp_path: Path) -> None:
    async with eventstore(tmp_path) as double, grpc.aio.insecure_channel(double.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await channel.unary_unary("/event_store.client.users.Users/Create")(b"")
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
