r"""Issues a thousand commands to a house that runs, at a steady rate, and accounts for every one of them.

    GLASSHOUSE_KEY=... python thousand_commands.py --url http://127.0.0.1:8080/graphql --count 1000 --rate 40

They go to the declared actuators of all devices that have spoken, one command at a time for each, through all its states. Where
one is refused (switched by hand, or held back by an interlock), another is asked in its place. It prints a summary; the exit
code is 1 where a command did not end in exactly one state. Needs httpx, and a key of the role operator.
"""

import argparse
import asyncio
import json
import os
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import cycle
from typing import Any, NamedTuple

import httpx

ACTUATORS = """
query Actuators($after: String) {
  page: devices(first: 50, after: $after) {
    nodes { id lastSeen declaredActuators { actuatorId commands { command choices minimum maximum } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
ISSUE = """
mutation Issue($input: IssueCommandInput!) {
  issueCommand(input: $input) { __typename ... on IssueCommandSuccess { command { id } } ... on OperationError { code } }
}
"""
UPDATES = "subscription Updates($correlationId: ID!) { commandUpdates(correlationId: $correlationId) { id state } }"
COMMANDS = """
query Commands($after: String) {
  page: commands(first: 100, after: $after) { nodes { id state } pageInfo { hasNextPage endCursor } }
}
"""
UNDER_WAY = {"REQUESTED", "DISPATCHING", "DISPATCHED", "ACKNOWLEDGED"}
TIMEOUT = "PT10S"
RETRY_SECONDS = 0.5
SILENT_SECONDS = 30.0
AT_ONCE = 16
"""Questions of one key that a house answers at a time have a limit."""


class RefusedError(Exception):
    """The house does not answer the question."""


class Actuator(NamedTuple):
    """One actuator, and the states that it is set to in turn."""

    device: str
    name: str
    states: Iterator[str | float | bool]

    @classmethod
    def of(cls, device: str, declared: dict[str, Any]) -> "Actuator":
        low, high, choices = 0.0, 100.0, []
        for allowed in declared["commands"]:
            if allowed["command"] == "set":
                choices = allowed["choices"]
                low = low if allowed["minimum"] is None else allowed["minimum"]
                high = high if allowed["maximum"] is None else allowed["maximum"]
        return cls(device, declared["actuatorId"], cycle(choices or [low + (high - low) * part / 8 for part in range(9)]))


class House:
    """The public API of a house, asked with a key."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._at_once = asyncio.Semaphore(AT_ONCE)
        headers = {"authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(headers=headers, timeout=SILENT_SECONDS, trust_env=False)

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        async with self._at_once:
            answer = (await self._http.post(self._url, json={"query": document, "variables": variables})).json()
        if answer.get("errors"):
            raise RefusedError(f"{self._url} refuses: {answer['errors'][0]['message']}")
        data: dict[str, Any] = answer["data"]
        return data

    async def end_of(self, correlation_id: str) -> str:
        """The state that the command under that id ends in; followed anew where the connection is lost."""
        body = {"query": UPDATES, "variables": {"correlationId": correlation_id}}
        while True:
            with suppress(httpx.TransportError):
                async with self._http.stream("POST", self._url, json=body, headers={"accept": "text/event-stream"}) as stream:
                    if stream.is_client_error:
                        raise RefusedError(f"{self._url} refuses: {(await stream.aread()).decode()}")
                    async for line in stream.aiter_lines():
                        if line.startswith("data: {"):
                            state = json.loads(line.removeprefix("data: "))["data"]["commandUpdates"]["state"]
                            if state not in UNDER_WAY:
                                return str(state)
            await asyncio.sleep(RETRY_SECONDS)

    async def nodes(self, document: str) -> AsyncIterator[dict[str, Any]]:
        """What a query lists, page by page."""
        info: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
        while info["hasNextPage"]:
            page = (await self.ask(document, after=info["endCursor"]))["page"]
            info = page["pageInfo"]
            for node in page["nodes"]:
                yield node


class Account:
    """What was asked for, and what became of it: for each command the states that it was seen to end in."""

    def __init__(self) -> None:
        self.ends: dict[str, list[str]] = {}
        self.refused: Counter[str] = Counter()

    def summary(self, seconds: float) -> dict[str, Any]:
        ended = Counter(states[0].lower() for states in self.ends.values() if len(states) > 1 and len(set(states)) == 1)
        issued = len(self.ends)
        return {
            "issued": issued,
            "ended": dict(ended),
            "refused": dict(self.refused),
            "unaccounted": issued - ended.total(),
            "seconds": round(seconds, 1),
            "per_second": round(issued / seconds, 1),
        }


async def command(house: House, free: asyncio.Queue[Actuator], account: Account) -> None:
    """Issue one command to the next actuator that takes it, and follow it to its end."""
    while True:
        actuator = await free.get()
        id_ = f"thousand-{uuid.uuid4()}"
        wanted = {"deviceId": actuator.device, "actuatorId": actuator.name, "value": next(actuator.states), "timeout": TIMEOUT}
        issued = (await house.ask(ISSUE, input={**wanted, "correlationId": id_}))["issueCommand"]
        if issued["__typename"] != "OperationError":
            break
        account.refused[issued["code"].lower()] += 1
        await asyncio.sleep(RETRY_SECONDS)
        free.put_nowait(actuator)
    ends = account.ends[issued["command"]["id"]] = []
    ends.append(await house.end_of(id_))
    free.put_nowait(actuator)


async def look_again(house: House, account: Account) -> None:
    """Each must have stayed in the state that it ended in."""
    missing = set(account.ends)
    async for newest in house.nodes(COMMANDS):
        if newest["id"] in missing:
            account.ends[newest["id"]].append(newest["state"])
            missing.remove(newest["id"])
        if not missing:
            return


async def run(house: House, count: int, rate: float) -> dict[str, Any]:
    """Issue so many at that rate, or as fast as the actuators take them; the summary."""
    free: asyncio.Queue[Actuator] = asyncio.Queue()
    async for device in house.nodes(ACTUATORS):
        for declared in device["declaredActuators"] if device["lastSeen"] else []:
            free.put_nowait(Actuator.of(device["id"], declared))
    if free.empty():
        raise SystemExit("no device that has spoken has an actuator that was declared")
    account, began = Account(), time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            tasks.create_task(command(house, free, account), name=f"command {number}")
    await look_again(house, account)
    return account.summary(time.monotonic() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8080/graphql")
    parser.add_argument("--count", type=int, default=1000, help="how many commands")
    parser.add_argument("--rate", type=float, default=40.0, help="how many a second at most")
    asked = parser.parse_args()
    if "GLASSHOUSE_KEY" not in os.environ:
        parser.error("put an API key into the variable GLASSHOUSE_KEY")
    try:
        summary = asyncio.run(run(House(asked.url, os.environ["GLASSHOUSE_KEY"]), asked.count, asked.rate))
    except* RefusedError as refused:
        raise SystemExit(str(refused.exceptions[0])) from None
    except* httpx.TransportError as lost:
        raise SystemExit(f"{asked.url} does not answer: {lost.exceptions[0]}") from None
    print(json.dumps(summary))
    raise SystemExit(1 if summary["unaccounted"] or summary["issued"] != asked.count else 0)


if __name__ == "__main__":
    main()
