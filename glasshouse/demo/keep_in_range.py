r"""Keeps a greenhouse in range: looks at what its sensors say, commands its actuators, and accounts for every command.

    GLASSHOUSE_KEY=... python keep_in_range.py --url http://127.0.0.1:8080/graphql \
        --keep "temperature 18 26 vent 0 100" --keep "soil_moisture 42 55 pump on off"

Where a metric is below the first number, the actuator of that place is set to the first state, above the second number to the
second; in between it stays as it is. A command names the reading that it follows from, so that its trace tells why. What became
of each is printed, a JSON object a line, and at the end how many came to what. It looks at a hundred devices at most.
Needs httpx, and a key of the role operator.
"""

import argparse
import asyncio
import json
import os
import signal
import ssl
import sys
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any, NamedTuple

import httpx

LOOK = """
query Look {
  devices(first: 100) { nodes { id location actuators { actuatorId state } latest { eventId metric value quality } } }
}
"""
ISSUE = """
mutation Issue($input: IssueCommandInput!) {
  issueCommand(input: $input) { __typename ... on OperationError { code message } }
}
"""
UPDATES = """
subscription Updates($correlationId: ID!) { commandUpdates(correlationId: $correlationId) { id state reason } }
"""
AWAY = {"UNAVAILABLE", "NOT_YET_VISIBLE"}
UNDER_WAY = {"REQUESTED", "DISPATCHING", "DISPATCHED", "ACKNOWLEDGED"}
TIMEOUT = "PT15S"
"""A command that was not sent by then is not sent at all."""
RETRY_SECONDS = 1.0
SILENT_SECONDS = 30.0
"""A living stream shows itself every five seconds."""

State = str | float


class RefusedError(Exception):
    """The house does not answer the question."""


class Rule(NamedTuple):
    """Keep a metric from `low` to `high`: its actuator is set to `below` where it is too low, to `above` where too high."""

    metric: str
    low: float
    high: float
    actuator: str
    below: State
    above: State

    def wanted(self, value: float) -> State | None:
        """The state that the actuator should be in; None: the one that it is in."""
        if value < self.low:
            return self.below
        return self.above if value > self.high else None


class Order(NamedTuple):
    """What is to be done, and the id of the event that it follows from."""

    device: str
    actuator: str
    value: State
    because: str


class House:
    """The public API of a house, asked with a key."""

    def __init__(self, url: str, key: str, certificate: str | None) -> None:
        self._url = url
        self._is_missed = False
        headers = {"authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(headers=headers, timeout=SILENT_SECONDS, trust_env=False, verify=_trust(certificate))

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The answer's data; asked again for as long as the house is away, which a correlation id makes safe for commands."""
        while True:
            with self._missing():
                response = await self._http.post(self._url, json={"query": document, "variables": variables})
                if response.is_server_error:
                    self._miss(f"it answers {response.status_code}")
                elif (data := self._data(response.json())) is not None:
                    self._is_missed = False
                    return data
            await asyncio.sleep(RETRY_SECONDS)

    async def end_of(self, correlation_id: str) -> dict[str, Any]:
        """The command under that id once it has ended; followed anew where the connection is lost."""
        while True:
            with self._missing():
                async with aclosing(self._updates(correlation_id)) as updates:
                    async for command in updates:
                        if command["state"] not in UNDER_WAY:
                            return command
            await asyncio.sleep(RETRY_SECONDS)

    async def _updates(self, correlation_id: str) -> AsyncGenerator[dict[str, Any], None]:
        """What the command is now, and then whenever it moves on."""
        body = {"query": UPDATES, "variables": {"correlationId": correlation_id}}
        async with self._http.stream("POST", self._url, json=body, headers={"accept": "text/event-stream"}) as stream:
            if stream.is_client_error:
                raise RefusedError(f"{self._url} refuses: {(await stream.aread()).decode()}")
            async for line in stream.aiter_lines():
                if line.startswith("data: {") and (data := self._data(json.loads(line.removeprefix("data: ")))) is not None:
                    yield data["commandUpdates"]

    @contextmanager
    def _missing(self) -> Iterator[None]:
        """Go on where the house cannot be reached, and say so."""
        try:
            yield
        except httpx.TransportError as error:
            self._miss(str(error) or type(error).__name__)

    def _miss(self, why: str) -> None:
        """Once for as long as it is away."""
        if not self._is_missed:
            print(f"cannot reach {self._url}: {why}; trying on every {RETRY_SECONDS:g} s", file=sys.stderr, flush=True)
        self._is_missed = True

    def _data(self, answer: dict[str, Any]) -> dict[str, Any] | None:
        """None where the house is there, and something that it needs for the answer is not."""
        errors = answer.get("errors")
        if errors and errors[0]["extensions"]["code"] not in AWAY:
            raise RefusedError(f"{self._url} refuses: {errors[0]['message']}")
        return None if errors else answer["data"]


class Keeper:
    """Looks, commands, and keeps the account. An actuator has one command at a time."""

    def __init__(self, house: House, rules: list[Rule], tasks: asyncio.TaskGroup) -> None:
        self._house, self._rules, self._tasks = house, rules, tasks
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.account: Counter[str] = Counter()

    async def watch(self, every: float) -> None:
        """Look every so many seconds."""
        while True:
            await self._look()
            await asyncio.sleep(every)

    async def all_ended(self, patience: float) -> None:
        """Return once all commands have ended, or after so many seconds: those that have not are told as under way."""
        under_way = list(self._under_way.values())
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=patience)
            self.account["under_way"] += len(late)
            for task in late:
                task.cancel()

    async def _look(self) -> None:
        """Command whatever is not as it should be, and is not being seen to."""
        devices = (await self._house.ask(LOOK))["devices"]["nodes"]
        for order in orders(self._rules, devices):
            place = (order.device, order.actuator)
            if place not in self._under_way:
                self._under_way[place] = self._tasks.create_task(self._see_to(order), name=" of ".join(place[::-1]))

    async def _see_to(self, order: Order) -> None:
        wanted = {"deviceId": order.device, "actuatorId": order.actuator, "value": order.value}
        what, reason = await self._command(wanted, order.because)
        self.account[what] += 1
        print(json.dumps({**wanted, "state": what, "reason": reason}), flush=True)
        del self._under_way[order.device, order.actuator]

    async def _command(self, wanted: dict[str, State], because: str) -> tuple[str, str | None]:
        """What became of it, and why."""
        id_ = f"keep-{uuid.uuid4()}"
        asked = {**wanted, "correlationId": id_, "causationId": because, "timeout": TIMEOUT}
        issued = (await self._house.ask(ISSUE, input=asked))["issueCommand"]
        if issued["__typename"] == "OperationError":
            return "refused", issued["message"]
        command = await self._house.end_of(id_)
        return command["state"].lower(), command["reason"]


def orders(rules: list[Rule], devices: list[dict[str, Any]]) -> Iterator[Order]:
    """What the rules want done, given what the sensors of each place say and what its actuators are in."""
    devices = [device for device in devices if device["location"] is not None]
    for rule in rules:
        said = {device["location"]: one for device in devices for one in device["latest"] if _counts(one, rule.metric)}
        for device in devices:
            reading = said.get(device["location"])
            wanted = None if reading is None else rule.wanted(reading["value"])
            states = [one["state"] for one in device["actuators"] if one["actuatorId"] == rule.actuator]
            if reading is not None and wanted is not None and states and states != [wanted]:
                yield Order(device["id"], rule.actuator, wanted, reading["eventId"])


def _counts(reading: dict[str, Any], metric: str) -> bool:
    return reading["metric"] == metric and reading["value"] is not None and reading["quality"] == "GOOD"


def _trust(certificate: str | None) -> ssl.SSLContext:
    """Where a certificate is named, the house is the one that has it, whatever name stands in it."""
    context = ssl.create_default_context(cafile=certificate)
    if certificate is not None:
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _rule(text: str) -> Rule:
    try:
        metric, low, high, actuator, below, above = text.split()
        return Rule(metric, float(low), float(high), actuator, _state(below), _state(above))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form METRIC LOW HIGH ACTUATOR BELOW ABOVE") from None


def _state(text: str) -> State:
    try:
        return float(text)
    except ValueError:
        return text


async def keep(asked: argparse.Namespace) -> dict[str, int]:
    """Keep the house in range for so long, or until told to stop; how many commands came to what."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    house = House(asked.url, os.environ["GLASSHOUSE_KEY"], asked.certificate)
    async with asyncio.TaskGroup() as tasks:
        keeper = Keeper(house, asked.keep, tasks)
        watching = tasks.create_task(keeper.watch(asked.every), name="watch")
        with suppress(TimeoutError):
            async with asyncio.timeout(asked.seconds):
                await stop.wait()
        watching.cancel()
        await keeper.all_ended(asked.patience)
    return dict(+keeper.account)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8080/graphql")
    parser.add_argument("--certificate", metavar="FILE", help="that of the house, where nobody else vouches for it")
    parser.add_argument("--keep", metavar="RULE", type=_rule, action="append", required=True, help="as shown above")
    parser.add_argument("--every", metavar="S", type=float, default=2.0, help="how often to look")
    parser.add_argument("--seconds", metavar="S", type=float, help="how long; until told to stop if not given")
    parser.add_argument(
        "--patience", metavar="S", type=float, default=60.0, help="how long to wait at the end for what is under way"
    )
    asked = parser.parse_args()
    if "GLASSHOUSE_KEY" not in os.environ:
        parser.error("put an API key into the variable GLASSHOUSE_KEY")
    try:
        print(json.dumps(asyncio.run(keep(asked))))
    except* RefusedError as refused:
        raise SystemExit(str(refused.exceptions[0])) from None


if __name__ == "__main__":
    main()
