"""Documents that clients name instead of sending them: as Apollo Client, urql, graphql-ws and graphql-sse do it.

The manifests are those that codegen and Apollo's own program write.
"""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import npm
from tests.support.documents import ROOT
from tests.support.up import UpProcess, glasshouse, running_up

MANIFESTS = {
    "apollo-trusted": "apollo-manifest.json",
    "urql-trusted": "src/generated/persisted-documents.json",
    "graphql-ws": "src/generated/persisted-documents.json",
    "graphql-sse": "src/generated/persisted-documents.json",
}


@pytest.fixture
async def documents(cache: pytest.Cache, tmp_path: Path) -> Path:
    """The folder of a client whose documents were taken out of its source by those programs."""
    installed = await npm.installed(npm.PACKAGES / "documents", cache)
    folder = shutil.copytree(npm.PACKAGES / "documents", tmp_path / "client")
    (folder / "node_modules").symlink_to(installed / "node_modules")
    for command in ("graphql-codegen --config codegen.ts", "tsc", "generate-persisted-query-manifest"):
        program, *arguments = command.split()
        env = {"GLASSHOUSE_SCHEMA": str(ROOT / "schema.graphql")}
        code, out, err = await npm.run(str(folder / "node_modules" / ".bin" / program), *arguments, cwd=folder, env=env)
        assert code == 0, (command, out, err)
    return folder


async def ask(documents: Path, client: str, up: UpProcess) -> Any:
    return json.loads(await npm.node(documents, "ask.mjs", client, f"{up.http}/graphql", str(up.ready["admin_key"])))


def names(answer: Any) -> set[str]:
    return {one["name"] for one in answer["projections"]}


@pytest.mark.parametrize("client", ["apollo-automatic", "urql-automatic"])
async def test_a_document_is_sent_once_and_named_from_then_on(up: UpProcess, documents: Path, client: str) -> None:
    told = await ask(documents, client, up)
    assert [names(answer) >= {"latest", "history"} for answer in told["answers"]] == [True, True]
    miss, whole, hit = told["requests"]
    assert [(one["method"], one["whole"]) for one in (miss, hit)] == [("GET", False), ("GET", False)]
    assert (whole["whole"], hit["status"]) == (True, 200)


@pytest.fixture
async def closed_house(request: pytest.FixtureRequest, documents: Path, tmp_path: Path) -> AsyncIterator[UpProcess]:
    """A house in which nothing runs but what a manifest holds."""
    env = {"GLASSHOUSE_TRUSTED_DOCUMENTS": str(documents / request.param), "GLASSHOUSE_OTHER_DOCUMENTS": "none"}
    async with running_up(tmp_path / "data", errors=tmp_path / "errors.log", env=env) as up:
        yield up


@pytest.mark.parametrize(("client", "closed_house"), MANIFESTS.items(), indirect=["closed_house"])
async def test_trusted_documents_run_by_their_ids_over_every_transport(
    closed_house: UpProcess, documents: Path, client: str, tmp_path: Path
) -> None:
    told = await ask(documents, client, closed_house)
    assert [names(answer) >= {"latest", "history"} for answer in told["answers"]] == [True, True]
    assert [one["whole"] for one in told["requests"]] == [False] * len(told["requests"])
    if client != "apollo-trusted":
        assert told["came"]["readings"]["__typename"] == "ReadingProgress"
    key = {"GLASSHOUSE_KEY": str(closed_house.ready["admin_key"])}
    code, _, errors = await glasshouse("keys", "list", "--data", str(tmp_path / "data"), env=key)
    assert (code != 0, "runs trusted documents alone" in errors) == (True, True), errors
