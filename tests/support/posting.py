"""A gateway that posts from a ledger: what it is to send is on disk before, and is sent until there is a 2xx."""

import asyncio
import json
from collections.abc import Sequence
from time import time
from typing import Any

import httpx
import msgspec

from glasshouse.simulator.ledger import Entry, Ledger, Line

DEVICES = 5


class Poster:
    """Posts `size` readings at a time, for ever. `url` is where the house listens just now; `tries` counts what had no 2xx."""

    def __init__(self, ledger: Ledger, url: str, key: str, *, size: int = 400) -> None:
        self.url = url
        self.tries = 0
        self._ledger = ledger
        self._key = key
        self._size = size
        self._stopping = False

    async def run(self) -> None:
        """Post until told to stop, the last request to its end."""
        while not self._stopping:
            entries = await self._ledger.begin([self._line(number) for number in range(self._size)])
            await self._post(entries)
            await self._ledger.flush()

    def stop(self) -> None:
        self._stopping = True

    def _line(self, number: int) -> Line:
        device = f"gateway-{number % DEVICES}"
        sequence = self._ledger.sequences[device] = self._ledger.sequences.get(device, 0) + 1
        now = round(time() * 1000)
        return Line(device=device, sequence=sequence, sent=now, at=1_780_300_000_000 + sequence * 1000)

    async def _post(self, entries: Sequence[Entry]) -> None:
        body = b"".join(msgspec.json.encode(_item(entry.line)) + b"\n" for entry in entries)
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/x-ndjson"}
        while True:
            try:
                async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
                    response = await client.post(f"{self.url}/ingest", content=_trickle(body), headers=headers)
                if response.status_code == 200:
                    return self._note(entries, json.loads(response.content)["results"])
            except httpx.HTTPError:
                await asyncio.sleep(0.02)
            self.tries += 1

    def _note(self, entries: Sequence[Entry], results: Sequence[dict[str, Any]]) -> None:
        now = round(time() * 1000)
        for entry, told in zip(entries, results, strict=True):
            [entry.line.event_id] = told["eventIds"]
            entry.line.result, entry.line.receipted = told["result"], now
            self._ledger.changed(entry)


def _item(line: Line) -> dict[str, Any]:
    payload = {"timestamp": line.at, "seq": line.sequence, "reading": {"temperature": 20 + line.sequence % 50 / 10}}
    return {"site": "home", "device": line.device, "topic": "reading", "payload": payload}


async def _trickle(body: bytes) -> Any:
    for start in range(0, len(body), 8_192):
        yield body[start : start + 8_192]
