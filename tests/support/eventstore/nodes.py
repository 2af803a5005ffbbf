"""A cluster of doubles over one journal: one leads, the others serve reads; a test says who leads next."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.eventstore.process import Double


class Nodes:
    """`nodes[leader]` takes the appends."""

    def __init__(self, nodes: Sequence[Double], leader: int) -> None:
        self.nodes = nodes
        self.leader = leader

    @property
    def url(self) -> str:
        """All members by name."""
        return f"esdb://{','.join(node.address for node in self.nodes)}?Tls=false"

    async def elect(self, leader: int, dead: Sequence[int] = ()) -> None:
        """Tell every living node who leads now."""
        self.leader = leader
        addresses = [node.address for node in self.nodes]
        for number, node in enumerate(self.nodes):
            if number not in dead:
                await node.switch.members(addresses, leader=addresses[leader], dead=[addresses[each] for each in dead])
                await node.switch.not_leader(number != leader, leader=addresses[leader])


@asynccontextmanager
async def cluster(folder: Path, size: int = 3) -> AsyncIterator[Nodes]:
    """Running nodes for as long as the block runs; the first of them leads."""
    ports = _free_ports(size)
    addresses = [f"127.0.0.1:{port}" for port in ports]
    together = ("--members", ",".join(addresses), "--leader", addresses[0], "--journal", str(folder / "cluster.journal"))
    nodes = []
    for number, port in enumerate(ports):
        own = folder / f"node-{number}"
        own.mkdir()
        role = "leader" if number == 0 else "follower"
        nodes.append(Double(own, *together, "--role", role, port=port, journal=False))
    try:
        await asyncio.gather(*(node.start() for node in nodes))
        yield Nodes(nodes, leader=0)
    finally:
        await asyncio.gather(*(node.kill() for node in nodes))


def _free_ports(count: int) -> Sequence[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
