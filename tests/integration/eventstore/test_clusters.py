"""A cluster: the leader is found, and found again when another node leads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from adapters.event_log.esdb.log import EsdbEventLog
from adapters.event_log.port import ANY, LogUnavailableError
from tests.support.eventstore.process import Double, eventstore
from tests.support.logs import append, names
from tests.support.patient_log import patiently


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[list[Double]]:
    """Three nodes with stores of their own, of which the first leads. Who leads is for the test to say."""
    async with AsyncExitStack() as stack:
        made = []
        for number in range(3):
            folder = tmp_path / str(number)
            folder.mkdir()
            made.append(await stack.enter_async_context(eventstore(folder)))
        await lead(made, made[0])
        yield made


async def lead(nodes: list[Double], leader: Double, dead: tuple[Double, ...] = ()) -> None:
    for node in nodes:
        if node in dead:
            continue
        await node.switch.members([one.address for one in nodes], leader=leader.address, dead=[one.address for one in dead])
        await node.switch.not_leader(on=node is not leader, leader=leader.address)


async def replicated_to(node: Double, *names: str) -> None:
    """The doubles replicate nothing: what the leader holds is brought there by hand."""
    await node.switch.not_leader(on=False)
    log = await EsdbEventLog.open(node.url)
    for name in names:
        await append(log, "device-a", ANY, name)
    await log.close()


def url_of(nodes: list[Double], scheme: str = "esdb") -> str:
    return f"{scheme}://{','.join(node.address for node in nodes)}?Tls=false&MaxDiscoverAttempts=2&DiscoveryInterval=50"


@pytest.mark.parametrize("asked", [0, 1, 2])
async def test_the_leader_is_found_through_any_node(nodes: list[Double], asked: int) -> None:
    log = await EsdbEventLog.open(url_of([nodes[asked]], "esdb+discover"))
    await append(log, "device-a", ANY, "one")
    assert (await nodes[0].switch.counts())["appends"] == 2
    await log.close()


async def test_a_node_that_is_not_there_is_passed_over(nodes: list[Double]) -> None:
    await nodes[1].kill()
    await lead(nodes, nodes[0], dead=(nodes[1],))
    log = await EsdbEventLog.open(url_of([nodes[1], nodes[2], nodes[0]]))
    await append(log, "device-a", ANY, "one")
    await log.close()


async def test_when_another_node_leads_appends_and_subscriptions_go_on_there(nodes: list[Double]) -> None:
    log = await EsdbEventLog.open(url_of(nodes))
    subscription = log.subscribe(None)
    await append(log, "device-a", ANY, "one")
    assert names((await anext(subscription)).events) == ["one"]
    await replicated_to(nodes[1], "one")
    await lead(nodes, nodes[1], dead=(nodes[0],))
    await nodes[0].kill()
    await patiently(lambda: append(log, "device-a", ANY, "two"))
    assert names(await log.read_stream("device-a")) == ["one", "two"]
    seen: list[str] = []
    async for page in subscription:
        seen += names(page.events)
        if "two" in seen:
            break
    await log.close()


async def test_a_leader_that_lost_its_lead_says_who_leads_and_is_believed(nodes: list[Double]) -> None:
    log = await EsdbEventLog.open(url_of(nodes))
    await replicated_to(nodes[1])
    await lead(nodes, nodes[1])
    await patiently(lambda: append(log, "device-a", ANY, "one"))
    assert names(await log.read_stream("device-a")) == ["one"]
    assert (await nodes[1].switch.counts())["appends"] >= 1
    await log.close()


async def test_one_node_that_was_named_alone_is_come_back_to_from_the_leader_that_it_named(nodes: list[Double]) -> None:
    await lead(nodes, nodes[1])
    log = await EsdbEventLog.open(url_of(nodes[:1]))
    await lead(nodes, nodes[0], dead=(nodes[1],))
    await nodes[1].kill()
    async with asyncio.timeout(20):
        await patiently(lambda: append(log, "device-a", ANY, "one"))
    assert (await nodes[0].switch.counts())["appends"] >= 1
    await log.close()


async def test_a_cluster_without_a_leader_says_so(nodes: list[Double]) -> None:
    for node in nodes:
        await node.switch.members([one.address for one in nodes], leader="")
    with pytest.raises(LogUnavailableError, match="no leader was found among the nodes of esdb://"):
        await EsdbEventLog.open(url_of(nodes))
