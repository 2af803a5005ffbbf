"""The API over a small house in memory, with a key of each role, and clients that speak to it without a network."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from adapters.audit.sqlite import SqliteAudit
from adapters.event_log.port import EventLog
from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import History
from adapters.history.serving import ServingHistory
from api.app import build_app
from api.audit_trail import AuditTrail
from api.keyring import Keyring
from api.limits import Limits
from api.policy import Policy
from api.roles import Role
from api.services import HealthProbe, Services
from api.writes import Writer
from projections.accounts import Accounts
from projections.alerts import Alerts
from projections.batching import BatchPolicy
from projections.commands import Commands
from projections.decisions import Decisions
from projections.engine import Engine
from projections.feed import Feed
from projections.historical import history_models
from projections.incoming import Pace
from projections.latest import LatestState
from projections.lineage import Lineage
from projections.metrics import ProjectionMetrics
from projections.past import Past
from projections.read_model import ReadModel
from tests.support.house_events import Said, tell
from tests.support.memory_log import MemoryLog

AT_ONCE = BatchPolicy(pause_seconds=0.0)
NOW = datetime(2026, 6, 2, tzinfo=UTC)


@dataclass
class House:
    """A small house and its API. `keys` holds a key of each role."""

    log: EventLog
    services: Services
    app: Starlette
    keys: dict[Role, str]
    engine: Engine
    history: ServingHistory
    now: datetime = NOW

    async def says(self, said: Sequence[Said]) -> None:
        """Things happen, and the read models have seen them when this returns."""
        await tell(self.log, said)
        await self.settle()

    def wait_no_longer_than(self, seconds: float) -> None:
        """For those who ask for a position that does not come; all else must not depend on how fast the machine is."""
        limits = msgspec.structs.replace(self.services.limits, visibility_seconds=seconds)
        self.services = replace(self.services, limits=limits, registry=CollectorRegistry())
        self.app = build_app(self.services)

    async def settle(self) -> None:
        head = await self.log.head()
        for status in self.engine.status():
            assert head is not None
            await self.engine.reached(status.name, head)

    def client(self, role: Role | None = Role.VIEWER, **headers: str) -> httpx.AsyncClient:
        given = headers if role is None else {"authorization": f"Bearer {self.keys[role]}", **headers}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://house.test", headers=given)

    async def ask(self, query: str, variables: dict[str, Any] | None = None, *, role: Role = Role.VIEWER) -> Any:
        """The data of an answer; an answer with errors is a failure."""
        answer = await self.answer(query, variables, role=role)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def answer(self, query: str, variables: dict[str, Any] | None = None, *, role: Role = Role.VIEWER) -> Any:
        async with self.client(role) as client:
            response = await client.post("/graphql", json={"query": query, "variables": variables})
        return response.json()

    async def code(self, query: str, variables: dict[str, Any] | None = None, *, role: Role = Role.VIEWER) -> str:
        """The code of the one error that is answered."""
        [error] = (await self.answer(query, variables, role=role))["errors"]
        return str(error["extensions"]["code"])


@asynccontextmanager
async def small_house(
    folder: Path,
    *,
    limits: Limits | None = None,
    probes: Sequence[HealthProbe] = (),
    log: EventLog | None = None,
    history: History | None = None,
    memory: str = "64MB",
    policy: Policy | None = None,
) -> AsyncIterator[House]:
    """A house whose read models are the real ones, over a log in memory or the stores that are given; it closes the history."""
    log = log or MemoryLog()
    feed, latest, accounts = Feed(log), LatestState(), Accounts()
    stored = history or await DuckDbHistory.open(folder / "history.duckdb", memory=memory, threads=1)
    serving = ServingHistory(stored)
    lineage = await Lineage.open(log, folder / "lineage.db", AT_ONCE)
    commands = await Commands.open(folder / "commands.db", AT_ONCE)
    decisions, alerts = Decisions(), Alerts()
    raw, windows = history_models(
        serving,
        decisions,
        lambda position: engine.reached(decisions.name, position),
        policy=AT_ONCE,
        pace=Pace(pause_seconds=0.0),
    )
    models: list[ReadModel] = [accounts, decisions, latest, alerts, commands, raw, lineage]
    engine = Engine(log, feed, models, metrics=ProjectionMetrics(CollectorRegistry()), derived=[windows])
    registry = CollectorRegistry()
    audit = AuditTrail(await SqliteAudit.open(folder / "audit.db"), lambda: house.now, registry)
    services = Services(
        log=log,
        latest=latest,
        past=Past(log, latest),
        accounts=accounts,
        decisions=decisions,
        lineage=lineage,
        commands=commands,
        alert_rules=alerts,
        alerts=alerts,
        notifications=alerts,
        recipients=alerts,
        projections=engine,
        feed=feed,
        history=serving,
        registry=registry,
        audit=audit,
        session_secret=b"a secret of the tests",
        probes=probes,
        policy=policy or Policy(),
        limits=limits or Limits(progress_seconds=0.0, anomaly_seconds=0.01, slow_seconds=600.0),
    )
    house = House(log, services, Starlette(), {}, engine, serving)
    house.services = replace(services, clock=lambda: house.now)
    house.app = build_app(house.services)
    tasks = [asyncio.create_task(feed.run(), name="feed"), asyncio.create_task(engine.run(), name="engine")]
    tasks.append(asyncio.create_task(audit.run(), name="audit"))
    try:
        await _issue_keys(house)
        yield house
    finally:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await audit.store.close()
        await serving.close()


async def _issue_keys(house: House) -> None:
    keyring = Keyring(Writer(house.log, lambda: house.now), lambda: house.now)
    for role in Role:
        issued = await keyring.issue(name=role.word, role=role.word, account_id="main", expires_at=None, actor="test")
        house.keys[role] = issued.text
    await house.settle()


class AsgiSocket:
    """A websocket to an ASGI app, without a network. Use as a context; it hangs up at the end."""

    def __init__(self, app: Starlette, *, headers: dict[str, str] | None = None, subprotocols: Sequence[str] = ()) -> None:
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outgoing: asyncio.Queue[Any] = asyncio.Queue()
        fields = {"host": "house.test", **(headers or {})}
        self._scope = {
            "type": "websocket",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "root_path": "",
            "scheme": "ws",
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
            "subprotocols": list(subprotocols),
        }
        self._app = app
        self._gate: asyncio.Event | None = None

    async def _put(self, event: Any) -> None:
        if self._gate is not None:
            await self._gate.wait()
        self._outgoing.put_nowait(event)

    def block(self, gate: asyncio.Event) -> None:
        """Take nothing off the socket until the gate opens."""
        self._gate = gate

    def waiting(self) -> int:
        """How many messages came that nobody received yet."""
        return self._outgoing.qsize()

    async def __aenter__(self) -> Self:
        self._incoming.put_nowait({"type": "websocket.connect"})
        self._serving = asyncio.create_task(self._app(self._scope, self._incoming.get, self._put))
        accepted = await self._outgoing.get()
        assert accepted["type"] == "websocket.accept"
        self.subprotocol = accepted["subprotocol"]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self._serving

    def send(self, message: object) -> None:
        self.send_text(msgspec.json.encode(message).decode())

    def send_text(self, text: str) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "text": text})

    def send_bytes(self, data: bytes) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "bytes": data})

    async def receive(self) -> Any:
        """The next message, decoded; the close event where there are no more."""
        event = await asyncio.wait_for(self._outgoing.get(), 30)
        return msgspec.json.decode(event["text"]) if event["type"] == "websocket.send" else event

    async def closed(self) -> tuple[int, str]:
        """The code and the reason with which the server closes."""
        event = await self.receive()
        assert event["type"] == "websocket.close", event
        return event["code"], event["reason"]

    async def init(self, key: str) -> None:
        """Say who we are, and be let in."""
        self.send({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}})
        assert await self.receive() == {"type": "connection_ack"}

    def subscribe(self, query: str, variables: dict[str, Any] | None = None, *, name: str = "1") -> None:
        self.send({"id": name, "type": "subscribe", "payload": {"query": query, "variables": variables}})
