"""Who this node is among its members: its role, the leader's address, and what `Gossip.Read` tells of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from esdbclient.protos.Grpc import gossip_pb2, shared_pb2

from tests.support.eventstore.calls import Call, framed
from tests.support.eventstore.faults import Faults

Address = tuple[str, int]

_State = gossip_pb2.MemberInfo.VNodeState


@dataclass
class Member:
    """A node as gossip tells of it."""

    address: Address
    leader: bool
    alive: bool = True


class Cluster:
    """What this node says of its cluster. A node that was told nothing is a cluster of its own."""

    def __init__(self, faults: Faults, own: Address) -> None:
        self._faults = faults
        self.own = own
        self.members: Sequence[Member] = ()

    async def gossip(self, call: Call) -> None:
        await call.receive()
        members = self.members or (Member(self.own, leader=not self._faults.not_leader),)
        answer = gossip_pb2.ClusterInfo(members=[_info(member) for member in members])
        await call.send(framed(answer.SerializeToString()))


def _info(member: Member) -> gossip_pb2.MemberInfo:
    host, port = member.address
    return gossip_pb2.MemberInfo(
        instance_id=shared_pb2.UUID(string=str(uuid4())),
        time_stamp=time.time_ns() // 100,
        state=_State.Leader if member.leader else _State.Follower,
        is_alive=member.alive,
        http_end_point=gossip_pb2.EndPoint(address=host, port=port),
    )


def parse_address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)
