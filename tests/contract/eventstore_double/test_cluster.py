"""Doubles as a cluster: gossip says who leads, the others send their clients there, and a new leader has everything."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from esdbclient import AsyncEventStoreDBClient, StreamState
from esdbclient.exceptions import NodeIsNotLeader, UnknownError

from tests.support.eventstore.clients import connected, several
from tests.support.eventstore.nodes import Nodes, cluster


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[Nodes]:
    async with cluster(tmp_path) as running:
        yield running


async def _append(client: AsyncEventStoreDBClient, version: StreamState | int) -> None:
    await client.append_to_stream("device-1", current_version=version, events=several(1))


async def test_gossip_leads_a_client_to_the_leader(nodes: Nodes) -> None:
    follower = nodes.nodes[2].address
    for url in (nodes.url, f"esdb+discover://{follower}?Tls=false"):
        async with connected(url) as client:
            assert client.connection_target == nodes.nodes[0].address


async def test_a_follower_refuses_appends_and_names_the_leader(nodes: Nodes) -> None:
    async with connected(nodes.nodes[1].url) as client:
        with pytest.raises(NodeIsNotLeader) as refused:
            await client._connection.streams.batch_append("device-1", StreamState.ANY, several(1))
    assert refused.value.leader_grpc_target == nodes.nodes[0].address


async def test_a_follower_serves_what_the_leader_wrote(nodes: Nodes) -> None:
    preferring = f"esdb+discover://{nodes.nodes[0].address}?Tls=false&NodePreference=follower"
    async with connected(nodes.url) as writer, connected(preferring) as reader:
        subscription = await reader.subscribe_to_stream("device-1")
        await _append(writer, StreamState.NO_STREAM)
        assert (await anext(subscription)).stream_position == 0
        await subscription.stop()
        assert reader.connection_target != writer.connection_target


async def test_a_new_leader_has_everything_that_was_acknowledged(nodes: Nodes) -> None:
    async with connected(nodes.url) as client:
        await _append(client, StreamState.NO_STREAM)
        await nodes.nodes[0].kill()
        await nodes.elect(1, dead=[0])
    async with connected(nodes.url) as client:
        assert client.connection_target == nodes.nodes[1].address
        await _append(client, 0)
        assert [event.stream_position for event in await client.get_stream("device-1")] == [0, 1]


async def test_no_leader_at_all_is_said_as_such(nodes: Nodes) -> None:
    await nodes.nodes[0].switch.not_leader()
    async with connected(nodes.nodes[0].url) as client:
        with pytest.raises(UnknownError, match="No leader info available"):
            await client.get_stream("device-1")
