"""Nodes: what has an identity that lasts, and can be asked for anew by one id, whatever its type."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

import strawberry

from api.errors import ApiError, ErrorCode
from api.fields import computed, described


class NodeId(NamedTuple):
    """The type of a node, and its id among those of the type."""

    kind: str
    id: str

    def encode(self) -> str:
        return urlsafe_b64encode(f"{self.kind}:{self.id}".encode()).decode().rstrip("=")


def decode_node_id(text: str) -> NodeId:
    """The id that `NodeId.encode` wrote; ApiError INVALID_INPUT for anything else."""
    try:
        kind, _, own = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
    except ValueError:
        kind, own = "", ""
    node_id = NodeId(kind, own)
    if node_id.encode() != text:
        message = f"{text[:64]!r} is no id of a node: give the `nodeId` of an object, not its `id`"
        raise ApiError(ErrorCode.INVALID_INPUT, message)
    return node_id


@strawberry.interface(description="What has an identity that lasts: `node` gives it anew.")
class Node:
    id: strawberry.ID = described("Its id among those of its type.")

    @computed("Its id among all nodes, opaque: what `node` and `nodes` take.")
    def node_id(self) -> strawberry.ID:
        return strawberry.ID(NodeId(type(self).__name__, self.id).encode())
