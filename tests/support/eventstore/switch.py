"""The fault switch from a test's side: a method per fault, over the control port of a running double."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Head:
    """The end of the log: position of the last record (-1: none) and how many there are, the server's own included."""

    position: int
    records: int


class Switch:
    """Every order is done when its method returns. `heal` ends all faults."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def heal(self) -> None:
        await self._order("heal")

    async def empty(self) -> None:
        """End all faults and connections, and hold nothing, as a new server does. Not where there is a journal."""
        await self._order("empty")

    async def drop(self) -> None:
        """End all connections now."""
        await self._order("drop")

    async def drop_appends(self, times: int = 1, *, moment: Literal["before", "after"]) -> None:
        """End all connections at the next appends: before they are stored, or after and before the answer."""
        await self._order("drop_appends", times=times, moment=moment)

    async def not_ready(self, seconds: float | None = None) -> None:
        """Answer "Server Is Not Ready"; None: until `heal`; 0: no more."""
        await self._order("not_ready", seconds=seconds)

    async def busy(self, on: bool = True) -> None:
        """Answer "Server Is Too Busy"."""
        await self._order("busy", on=on)

    async def delay(self, *, append_ms: float = 0.0, read_ms: float = 0.0) -> None:
        """Appends are stored at once and answered about this much later, in any order; pages are read this much later."""
        await self._order("delay", append_ms=append_ms, read_ms=read_ms)

    async def die_mid_stream(self, after: int = 0, times: int = 1) -> None:
        """A read or subscription ends with UNAVAILABLE after so many more events; an idle subscription at once, if 0."""
        await self._order("cut", how="die", after=after, times=times)

    async def end_mid_stream(self, after: int = 0, times: int = 1) -> None:
        """As `die_mid_stream`, but it ends in order, as if there were no more."""
        await self._order("cut", how="end", after=after, times=times)

    async def freeze(self, on: bool = True) -> None:
        """Take connections and answer nothing: sockets that are half open."""
        await self._order("freeze", on=on)

    async def forget_ids(self) -> None:
        """As after a restart."""
        await self._order("forget_ids")

    async def not_leader(self, on: bool = True, leader: str | None = None) -> None:
        """Refuse what needs a leader; `leader` as HOST:PORT, None: there is none."""
        await self._order("not_leader", on=on, leader=leader)

    async def members(self, members: Sequence[str], *, leader: str, dead: Sequence[str] = ()) -> None:
        """What gossip tells from now on. Addresses as HOST:PORT."""
        await self._order("members", members=list(members), leader=leader, dead=list(dead))

    async def disk_full(self, on: bool = True) -> None:
        """Appends fail as on a server whose disk is full."""
        await self._order("disk_full", on=on)

    async def bad_checkpoint(self, times: int = 1) -> None:
        """The next checkpoints lie far beyond the head."""
        await self._order("bad_checkpoint", times=times)

    async def counts(self) -> dict[str, int]:
        """append_calls, batch_calls, appends, events, reads, subscriptions, events_read, deletes, connections, open."""
        return dict((await self._order("counts"))["counts"])

    async def head(self) -> Head:
        answer = await self._order("head")
        return Head(answer["position"], answer["records"])

    async def _order(self, name: str, **values: Any) -> dict[str, Any]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(json.dumps({"do": name, **values}).encode() + b"\n")
            async with asyncio.timeout(10):
                answer: dict[str, Any] = json.loads(await reader.readline())
        finally:
            writer.close()
            await writer.wait_closed()
        assert answer["ok"], answer
        return answer
