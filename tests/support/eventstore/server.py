"""The double as a whole: store, handlers, ports. Built from settings, run until it is told to end."""

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.support.eventstore.access import Gate
from tests.support.eventstore.appending import Appending
from tests.support.eventstore.batching import Batching
from tests.support.eventstore.cluster import Cluster, Member, parse_address
from tests.support.eventstore.connections import Connections, Handler
from tests.support.eventstore.control import Control
from tests.support.eventstore.faults import Faults
from tests.support.eventstore.features import PATH as FEATURES
from tests.support.eventstore.features import Features
from tests.support.eventstore.http2 import Connection
from tests.support.eventstore.journal import Journal
from tests.support.eventstore.reading import Reading
from tests.support.eventstore.records import Proposed
from tests.support.eventstore.store import JSON, Store

STREAMS = "/event_store.client.streams.Streams"
FOLLOW_SECONDS = 0.02
"""How soon a follower has what the leader wrote."""
GOSSIP = "/event_store.client.gossip.Gossip/Read"


@dataclass(frozen=True)
class Settings:
    """What the command line says. Port 0 is a free one; `leader` and `members` are addresses."""

    host: str = "127.0.0.1"
    port: int = 0
    control: int = 0
    journal: Path | None = None
    latency_ms: float = 0.0
    largest_append: int = 1024 * 1024
    recent_ids: int = 100_000
    stats_seconds: float = 30.0
    version: str = "25.0.1"
    user: str | None = None
    password: str | None = None
    certificate: Path | None = None
    key: Path | None = None
    role: str = "leader"
    leader: str | None = None
    members: tuple[str, ...] = field(default=())


class Server:
    """Starts and ends in order."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._journal = Journal(settings.journal) if settings.journal else None
        self._store = Store(self._journal, settings.recent_ids)
        self._faults = Faults(append_delay=settings.latency_ms / 1000)
        self._cluster = Cluster(self._faults, (settings.host, settings.port))
        self._connections = Connections(self._handlers())
        self._take_role()

    async def run(self, until: asyncio.Event) -> None:
        """Serve; say so in one line of JSON; end when `until` is set."""
        settings, loop = self._settings, asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Connection(self._connections), settings.host, settings.port, ssl=self._tls(), backlog=512
        )
        control = Control(self._store, self._faults, self._connections, self._cluster, self._write_statistic)
        switch = await asyncio.start_server(control.serve, "127.0.0.1", settings.control)
        port = server.sockets[0].getsockname()[1]
        self._cluster.own = (settings.host, port)
        tasks = [
            asyncio.create_task(self._write_statistics(), name="statistics"),
            asyncio.create_task(self._follow(), name="follow the leader"),
        ]
        print(json.dumps({"event": "ready", "port": port, "control": switch.sockets[0].getsockname()[1]}), flush=True)  # noqa: T201
        try:
            await until.wait()
        finally:
            for task in tasks:
                task.cancel()
            server.close()
            switch.close()
            await asyncio.gather(*tasks, self._connections.close(), return_exceptions=True)
            if self._journal is not None:
                self._journal.close()

    def _handlers(self) -> dict[str, Handler]:
        settings = self._settings
        gate = Gate(self._faults, settings.user, settings.password)
        appending = Appending(self._store, self._faults, settings.largest_append)
        batching = Batching(self._store, self._faults, settings.largest_append, gate.allows)
        handlers = {
            f"{STREAMS}/Read": gate.guard(Reading(self._store, self._faults).read),
            f"{STREAMS}/Append": gate.guard(appending.append, writes=True),
            f"{STREAMS}/BatchAppend": gate.guard(batching.batch_append, batch=True),
            f"{STREAMS}/Delete": gate.guard(appending.delete, writes=True),
            f"{STREAMS}/Tombstone": gate.guard(appending.tombstone, writes=True),
            GOSSIP: gate.open(self._cluster.gossip),
        }
        return {**handlers, FEATURES: gate.open(Features(settings.version, list(handlers)).supported_methods)}

    def _take_role(self) -> None:
        leader = self._settings.leader
        self._faults.not_leader = self._settings.role == "follower"
        if not self._faults.not_leader:
            self._store.lead()
        self._faults.leader = parse_address(leader) if leader else None
        self._cluster.members = [Member(parse_address(each), each == leader) for each in self._settings.members]

    def _tls(self) -> ssl.SSLContext | None:
        if self._settings.certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._settings.certificate, self._settings.key)
        context.set_alpn_protocols(["h2"])
        return context

    async def _write_statistics(self) -> None:
        """As the real server does: events that nobody sent, of types that start with `$`."""
        while True:
            if not self._faults.not_leader:
                self._write_statistic()
            await asyncio.sleep(self._settings.stats_seconds)

    def _write_statistic(self) -> None:
        stream = "$stats-127.0.0.1:2113"
        if not self._store.stream(f"$${stream}"):
            self._store.write_metadata(stream, b'{"$maxAge": 86400}')
        self._store.write(stream, [Proposed(str(uuid4()), "$statsCollected", JSON, b'{"proc-id": 1}', b"")])

    async def _follow(self) -> None:
        while True:
            if self._faults.not_leader:
                self._store.follow()
            await asyncio.sleep(FOLLOW_SECONDS)
