"""The double is EventStoreDB to a client that nothing of ours is built on: EventStore's own for Node."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import npm
from tests.support.eventstore.process import Double


@pytest.fixture
async def package(cache: pytest.Cache) -> Path:
    """The client and what drives it."""
    return await npm.installed(npm.PACKAGES / "eventstore", cache)


def _refused(error: str, kind: str) -> Mapping[str, str]:
    return {"error": error, "type": kind}


NOT_FOUND = _refused("StreamNotFoundError", "stream-not-found")
WRONG_VERSION = _refused("WrongExpectedVersionError", "wrong-expected-version")
DELETED = _refused("StreamDeletedError", "stream-deleted")

SEEN: Mapping[str, Any] = {
    "append": {"success": True, "next": [1, 2], "grows": True},
    "unary": {"success": True, "next": 1, "refused": WRONG_VERSION},
    "read": {
        "forwards": [[1, 2, "SensorReading", "device-1"], [2, 3, "SensorReading", "device-1"]],
        "backwards": [2, 1],
        "everywhere": 3,
        "created": True,
        "missing": NOT_FOUND,
    },
    "conflict": {"repeated": True, "refused": WRONG_VERSION, "ahead": WRONG_VERSION},
    "delete": {"gone": NOT_FOUND, "back": [2], "wrong": WRONG_VERSION, "ended": DELETED},
    "subscribe": {"seen": [1, 2]},
    "filtered": {"seen": ["RareEvent"], "checkpoints": 4, "ordered": True, "within": True},
}


@pytest.mark.parametrize("scenario", SEEN)
async def test_the_node_client_sees_what_it_sees_of_a_server(double: Double, package: Path, scenario: str) -> None:
    out = await npm.node(package, "client.mjs", f"esdb://{double.address}?tls=false", scenario)
    assert json.loads(out) == SEEN[scenario]
