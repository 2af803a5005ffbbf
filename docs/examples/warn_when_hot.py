r"""Runs a command whenever a place gets too hot, and again once it has cooled down; misses nothing, also after it was away.

    GLASSHOUSE_KEY=... python warn_when_hot.py --url http://127.0.0.1:8080/graphql --location house-1 \
        --limit 32 --command 'notify-send "$GLASSHOUSE_TOLD"'

Needs nothing but Python. It follows readings as server-sent events, and keeps in a file what it has seen: after a crash a
command may run twice, but none is left out.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUBSCRIPTION = """
subscription Temperatures($location: String, $after: String) {
  readings(location: $location, metric: "temperature", after: $after) {
    __typename
    ... on ReadingReceived { cursor reading { deviceId value timestamp quality } }
    ... on ReadingProgress { cursor }
    ... on ReadingGap { cursor reason }
  }
}
"""
RETRY_SECONDS = 2.0
FOR_NOW = {429, 502, 503, 504}
"""Statuses of a house, or of a proxy before it, that will answer in a moment."""
SILENT_SECONDS = 30.0
"""A living stream shows itself every five seconds."""


class Watch:
    """What was seen: up to which cursor, and which devices are too hot. `cooler` is how far they must go below the limit."""

    def __init__(self, file: Path, limit: float, cooler: float) -> None:
        seen = json.loads(file.read_text()) if file.exists() else {"cursor": None, "hot": []}
        self.cursor: str | None = seen["cursor"]
        self.hot: set[str] = set(seen["hot"])
        self.limit = limit
        self.cooler = cooler
        self._file = file

    def keep(self, cursor: str) -> None:
        """Up to here it was seen. The file holds this or what it held before, whatever happens."""
        self.cursor = cursor
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps({"cursor": cursor, "hot": sorted(self.hot)}))
        draft.replace(self._file)

    def told(self, reading: dict[str, Any]) -> str | None:
        """What is to be told of a reading, if anything. Bad ones say nothing."""
        device, value = reading["deviceId"], reading["value"]
        if value is None or reading["quality"] == "BAD":
            return None
        if device not in self.hot and value > self.limit:
            self.hot.add(device)
            return f"{device} is too hot: {value:g} degC at {reading['timestamp']}"
        if device in self.hot and value < self.limit - self.cooler:
            self.hot.remove(device)
            return f"{device} has cooled down: {value:g} degC at {reading['timestamp']}"
        return None


def messages(url: str, key: str, variables: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The messages of the subscription, for as long as the connection lasts."""
    request = urllib.request.Request(
        url,
        data=json.dumps({"query": SUBSCRIPTION, "variables": variables}).encode(),
        headers={"Authorization": f"Bearer {key}", "Accept": "text/event-stream", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=SILENT_SECONDS) as stream:
        for line in stream:
            if line.startswith(b"data: {"):
                result = json.loads(line.removeprefix(b"data: "))
                if "errors" in result:
                    raise refusal(result["errors"])
                yield result["data"]["readings"]


def refusal(errors: list[dict[str, Any]]) -> BaseException:
    """The end of the program, or of this connection alone where time helps."""
    told = "; ".join(error["message"] for error in errors)
    passing = all(
        error["extensions"]["code"] in {"TOO_SLOW", "UNAVAILABLE"} or "retryAfter" in error["extensions"] for error in errors
    )
    return ConnectionError(told) if passing else SystemExit(told)


def follow(url: str, key: str, location: str | None, watch: Watch) -> Iterator[str]:
    """What is to be told, for ever: where the connection is lost, on from the last cursor."""
    while True:
        try:
            for message in messages(url, key, {"location": location, "after": watch.cursor}):
                if message["__typename"] == "ReadingGap":
                    yield f"some readings cannot be had: {message['reason']}"
                if message["__typename"] == "ReadingReceived" and (told := watch.told(message["reading"])) is not None:
                    yield told
                watch.keep(message["cursor"])
        except urllib.error.HTTPError as refused:
            if refused.code not in FOR_NOW:
                raise SystemExit(f"{url} refuses: {refused.read().decode()}") from refused
            print(f"not now: {refused}", file=sys.stderr)
        except (OSError, http.client.HTTPException) as lost:
            print(f"connection lost: {lost}", file=sys.stderr)
        time.sleep(RETRY_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8080/graphql")
    parser.add_argument("--location", help="only devices at or below it")
    parser.add_argument("--limit", type=float, required=True, help="degC")
    parser.add_argument("--cooler", type=float, default=1.0, help="how far below the limit it has cooled down")
    parser.add_argument("--command", required=True, help="run by the shell, with the sentence in GLASSHOUSE_TOLD")
    parser.add_argument("--seen", type=Path, default=Path("warn_when_hot.json"), help="the file of what it has seen")
    asked = parser.parse_args()
    if "GLASSHOUSE_KEY" not in os.environ:
        parser.error("put an API key into the variable GLASSHOUSE_KEY")
    watch = Watch(asked.seen, asked.limit, asked.cooler)
    for told in follow(asked.url, os.environ["GLASSHOUSE_KEY"], asked.location, watch):
        subprocess.run(asked.command, shell=True, check=False, env={**os.environ, "GLASSHOUSE_TOLD": told})


if __name__ == "__main__":
    main()
