"""Connections to the leader of an EventStoreDB: found, checked, and sought again when it is lost."""

import asyncio
from base64 import b64encode
from typing import Any, Final

import grpc
import grpc.aio
import grpc.experimental
import structlog
from esdbclient import AsyncEventStoreDBClient
from esdbclient.exceptions import DiscoveryFailed, EventStoreDBClientException
from esdbclient.protos.Grpc import streams_pb2_grpc

from adapters.event_log.esdb.address import EsdbAddress
from adapters.event_log.esdb.failures import NotLeaderError, UnauthorisedError, failed_call, short
from adapters.event_log.esdb.versions import ASK_FEATURES, check_version, version_in
from adapters.event_log.port import LogUnavailableError

_PROBE_SECONDS: Final = 5.0
_GRACE_SECONDS: Final = 1.0


class Connection:
    """Two channels to one node: one for the threads that read, one for the event loop that appends."""

    def __init__(self, address: EsdbAddress, target: str) -> None:
        self.target = target
        self.server = f"EventStoreDB at {target}"
        options, credentials = address.channel_options, address.channel_credentials
        # Each reading thread pulls its own messages; without this, gRPC hands each over through a thread of its own.
        reading = ((grpc.experimental.ChannelOptions.SingleThreadedUnaryStream, 1), *options)
        if credentials is None:
            self._reading = grpc.insecure_channel(target, options=reading)
            self._appending: Any = grpc.aio.insecure_channel(target, options=options)
        else:
            self._reading = grpc.secure_channel(target, credentials, options=reading)
            self._appending = grpc.aio.secure_channel(target, credentials, options=options)
        self.metadata = (("connection-name", "glasshouse"), ("requires-leader", "true"), *_authorization(address))
        self.read = streams_pb2_grpc.StreamsStub(self._reading).Read  # type: ignore[no-untyped-call]  # generated code
        self.batch_append: Any = streams_pb2_grpc.StreamsStub(self._appending).BatchAppend  # type: ignore[no-untyped-call]

    async def check(self) -> None:
        """LogError unless a server answers that the log may be kept in."""
        ask = self._appending.unary_unary(ASK_FEATURES, request_serializer=bytes, response_deserializer=bytes)
        try:
            answer = await ask(b"", metadata=self.metadata, timeout=_PROBE_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise failed_call(error, self.server) from None
        check_version(version_in(answer), self.server)

    async def close(self) -> None:
        # Not kept by whoever still knows the connection, such as an error's traceback: a channel must go before its event loop.
        appending, self._appending, self.batch_append = self._appending, None, None
        await appending.close(_GRACE_SECONDS)
        await asyncio.to_thread(self._reading.close)


class Connections:
    """The connection to the leader, made when it is first wanted and again when `failed` was told of it."""

    def __init__(self, address: EsdbAddress) -> None:
        self._address = address
        self._current: Connection | None = None
        self._hint: str | None = None
        self._making = asyncio.Lock()

    async def current(self) -> Connection:
        """LogUnavailableError where nobody answers, LogError where the server may not be used."""
        if self._current is not None:
            return self._current
        async with self._making:
            if self._current is None:
                self._current = await self._connect()
            return self._current

    async def failed(self, connection: Connection, error: Exception) -> None:
        """A call over this connection failed. Of a single server the channel finds its way back by itself.

        Another node would not know a user better.
        """
        if isinstance(error, UnauthorisedError):
            return
        alone = not self._address.is_cluster and connection.target in self._address.spec.targets
        if self._current is not connection or (alone and not isinstance(error, NotLeaderError)):
            return
        self._hint = error.leader if isinstance(error, NotLeaderError) else None
        self._current = None
        structlog.get_logger().warning("event_log_looks_for_the_leader", was=connection.target, reason=str(error))
        await connection.close()

    async def close(self) -> None:
        async with self._making:
            connection, self._current = self._current, None
            if connection is not None:
                await connection.close()

    async def _connect(self) -> Connection:
        target, self._hint = self._hint or await self._leader(), None
        connection = Connection(self._address, target)
        try:
            await connection.check()
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _leader(self) -> str:
        """Host and port of the node that leads, asked of the cluster where it is one."""
        spec = self._address.spec
        if not self._address.is_cluster:
            return spec.targets[0]
        client = AsyncEventStoreDBClient(spec.uri)
        client.grpc_options = (*client.grpc_options, *self._address.channel_options)
        try:
            await client.connect()
        except DiscoveryFailed as error:
            raise LogUnavailableError(f"no leader was found among the nodes of {self._address}: {_cause(error)}") from None
        except EventStoreDBClientException as error:
            raise LogUnavailableError(f"{self._address} could not be asked for its leader: {_cause(error)}") from None
        target = client.connection_target
        await client.close()
        return target


def _authorization(address: EsdbAddress) -> tuple[tuple[str, Any], ...]:
    if address.account is None:
        return ()
    return (("authorization", f"Basic {b64encode(':'.join(address.account).encode()).decode()}"),)


def _cause(error: BaseException) -> str:
    """The innermost reason, in a line."""
    while error.__cause__ is not None:
        error = error.__cause__
    rpc = error.args[0] if error.args else None
    return str(failed_call(rpc, "it")) if isinstance(rpc, grpc.aio.AioRpcError) else short(str(error))
