"""The control port: a JSON object a line sets a fault, or asks what came; a JSON object a line answers."""

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.support.eventstore.cluster import Cluster, Member, parse_address
from tests.support.eventstore.connections import Connections
from tests.support.eventstore.faults import Cut, Faults
from tests.support.eventstore.store import Store


class Control:
    """Does what it is told. The names are those of `switch.py`."""

    def __init__(
        self, store: Store, faults: Faults, connections: Connections, cluster: Cluster, begin: Callable[[], None]
    ) -> None:
        self._store = store
        self._begin = begin
        self._faults = faults
        self._connections = connections
        self._cluster = cluster
        self._at_rest = replace(faults)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client of the control port."""
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(json.loads(line))).encode() + b"\n")
                await writer.drain()
        finally:
            writer.close()

    def _answer(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        values = {name: value for name, value in order.items() if name != "do"}
        method = getattr(self, f"_do_{order['do']}", None)
        if method is None:
            return {"ok": False, "error": f"there is no order {order['do']!r}"}
        return {"ok": True, **(method(**values) or {})}

    def _do_drop(self) -> None:
        self._connections.drop()

    def _do_drop_appends(self, times: int, moment: str) -> None:
        self._faults.drops = times
        self._faults.drop_moment = "after" if moment == "after" else "before"

    def _do_not_ready(self, seconds: float | None) -> None:
        now = asyncio.get_running_loop().time()
        self._faults.not_ready_until = math.inf if seconds is None else now + seconds

    def _do_busy(self, on: bool) -> None:
        self._faults.busy = on

    def _do_delay(self, append_ms: float, read_ms: float) -> None:
        self._faults.append_delay = append_ms / 1000
        self._faults.read_delay = read_ms / 1000

    def _do_cut(self, how: str, after: int, times: int) -> None:
        self._faults.cut = Cut("die" if how == "die" else "end", after, times, after)
        self._store.wake()

    def _do_freeze(self, on: bool) -> None:
        self._connections.freeze(on)

    def _do_forget_ids(self) -> None:
        self._store.recent.forget()

    def _do_not_leader(self, on: bool, leader: str | None) -> None:
        if self._faults.not_leader and not on:
            self._store.lead()
        self._faults.not_leader = on
        self._faults.leader = parse_address(leader) if leader else None

    def _do_members(self, leader: str, members: list[str], dead: list[str]) -> None:
        self._cluster.members = [Member(parse_address(each), each == leader, each not in dead) for each in members]

    def _do_disk_full(self, on: bool) -> None:
        self._faults.disk_full = on

    def _do_bad_checkpoint(self, times: int) -> None:
        self._faults.bad_checkpoints = times

    def _do_heal(self) -> None:
        for name, value in vars(self._at_rest).items():
            if name != "counts":
                setattr(self._faults, name, value)
        self._connections.freeze(False)

    def _do_empty(self) -> None:
        self._do_heal()
        self._connections.drop()
        self._store.empty()
        self._begin()
        self._faults.counts.clear()

    def _do_counts(self) -> Mapping[str, Any]:
        return {
            "counts": {**self._faults.counts, "connections": self._connections.accepted, "open": len(self._connections.open)}
        }

    def _do_head(self) -> Mapping[str, Any]:
        log = self._store.log
        return {"position": log[-1].position if log else -1, "records": len(log)}
