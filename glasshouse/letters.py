"""Dead letters for the command line: asked of the running house, whose ingest they are sent through again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from glasshouse.client import ApiClient, trust_in
from glasshouse.errors import RefusedError
from glasshouse.ownership import api_of, owner
from glasshouse.settings import Settings

_FIELDS: Final = "id state source topic code reason size receivedAt replay { at actor eventIds deadLetterIds }"
_LIST: Final = f"""query ($state: DeadLetterState, $after: String) {{
  deadLetters(state: $state, first: 100, after: $after) {{
    nodes {{ {_FIELDS} payload }} pageInfo {{ hasNextPage endCursor }}
  }}
}}"""
_REPLAY: Final = f"""mutation ($ids: [ID!]!) {{
  replayDeadLetters(ids: $ids) {{
    __typename ... on ReplayDeadLettersSuccess {{ letters {{ {_FIELDS} }} }} ... on OperationError {{ message }}
  }}
}}"""
_REPAIR: Final = f"""mutation ($input: RepairDeadLetterInput!) {{
  repairDeadLetter(input: $input) {{
    __typename ... on RepairDeadLetterSuccess {{ letter {{ {_FIELDS} }} }} ... on OperationError {{ message }}
  }}
}}"""
_AT_ONCE: Final = 50
_BYTES_AT_ONCE: Final = 900_000
"""Less than one answer may look at."""


class Replay(msgspec.Struct, rename="camel"):
    """What came of it when it was sent again."""

    at: str
    actor: str | None
    event_ids: list[str]
    dead_letter_ids: list[str]


class Letter(msgspec.Struct, rename="camel"):
    """A dead letter as the API shows it."""

    id: str
    state: str
    source: str
    topic: str
    code: str
    reason: str
    size: int
    received_at: str
    replay: Replay | None = None
    payload: str | None = None


class Letters:
    """The dead letters of a running house. RefusedError in plain words."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def listed(self, state: str | None, code: str | None) -> AsyncIterator[Letter]:
        """Those of that state and code, or any, newest first."""
        after: str | None = None
        while True:
            page = (await self._client.ask(_LIST, state=state and state.upper(), after=after))["deadLetters"]
            for raw in page["nodes"]:
                if code in {None, raw["code"]}:
                    yield _letter(raw)
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    async def replay(self, ids: Sequence[str]) -> list[Letter]:
        """Send these again as they were; what they are afterwards."""
        answer = await self._client.change(_REPLAY, ids=list(ids))
        return [_letter(raw) for raw in answer["letters"]]

    async def replay_open(self, code: str | None) -> AsyncIterator[Letter]:
        """Send all that are open again, those of that code or any, in portions."""
        found = [letter async for letter in self.listed("open", code)]
        for portion in portions(found[::-1]):
            for letter in await self.replay(portion):
                yield letter

    async def repair(self, letter: str, topic: str | None, payload: str | None) -> Letter:
        """Send one again with another topic or payload; what it is afterwards."""
        answer = await self._client.change(_REPAIR, input={"id": letter, "topic": topic, "payload": payload})
        return _letter(answer["letter"])


@asynccontextmanager
async def open_letters(settings: Settings) -> AsyncIterator[Letters]:
    """Those of the house that runs on the settings' data folder; RefusedError where none does."""
    running = await owner(settings)
    if running is None:
        raise RefusedError(f"no house runs on {settings.folder}, and dead letters go through the ingest of one: start it")
    url = api_of(running)
    if settings.key is None:
        raise RefusedError(f"the house at {url} asks for a key: give one of the role operator with --key or GLASSHOUSE_KEY")
    async with ApiClient(url, settings.key, trust_in(running)) as client:
        yield Letters(client)


def _letter(raw: dict[str, Any]) -> Letter:
    return msgspec.convert({**raw, "state": raw["state"].lower()}, Letter, strict=False)


def portions(letters: Sequence[Letter]) -> list[list[str]]:
    """Their ids, no more together than one mutation may look at."""
    found: list[list[str]] = []
    size = 0
    for letter in letters:
        if not found or size + letter.size > _BYTES_AT_ONCE or len(found[-1]) == _AT_ONCE:
            found.append([])
            size = 0
        found[-1].append(letter.id)
        size += letter.size
    return found
