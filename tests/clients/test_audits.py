"""GraphQL over HTTP, as those who wrote its specification check it."""

import json
from pathlib import Path

from tests.support import npm
from tests.support.up import UpProcess

AUDITS = 61


async def test_every_audit_of_graphql_http_passes(up: UpProcess, clients: Path) -> None:
    found = json.loads(await npm.node(clients, "audits.mjs", f"{up.http}/graphql", str(up.ready["admin_key"])))
    assert [audit for audit in found if audit["status"] != "ok"] == []
    assert len(found) == AUDITS
