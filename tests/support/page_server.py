"""A real `glasshouse up` or `demo` for tests of the page: started, killed and started again on the same data and address."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import httpx

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.session import Session


class Server:
    """One house. `key` is the admin key that its first start printed."""

    def __init__(self, data: Path, command: Sequence[str] = ("up",), **env: str) -> None:
        self._data = data
        self._command = command
        self._env = {**os.environ, **env}
        self._process: subprocess.Popen[str] | None = None
        self._http = "127.0.0.1:0"
        self._broker = BrokerAddress("127.0.0.1", 0)
        self.url = ""
        self.key = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns once it is ready; at the address that it had before."""
        command = [sys.executable, "-m", "glasshouse", *self._command, "--data", str(self._data), "--json"]
        command += ["--http", self._http, "--mqtt", "127.0.0.1:0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=self._env)
        assert self._process.stdout is not None
        ready = json.loads(self._process.stdout.readline())
        self.url = ready["http"]
        self.key = ready["admin_key"] or self.key
        self._http = self.url.removeprefix("http://")
        self._broker = BrokerAddress(ready["mqtt"]["host"], ready["mqtt"]["port"])

    def kill(self) -> None:
        """As a power cut would: the whole process group at once."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        os.killpg(process.pid, number)
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()

    def publish(self, topic: str, payloads: Sequence[object]) -> None:
        """Publish JSON (or text as it is); returns once the broker acknowledged all of it."""
        texts = [payload if isinstance(payload, str) else json.dumps(payload) for payload in payloads]
        with ThreadPoolExecutor(1) as thread:  # playwright's own event loop runs in this one
            thread.submit(asyncio.run, self._publish(topic, texts)).result(timeout=30)

    async def _publish(self, topic: str, texts: Sequence[str]) -> None:
        async with Session(self._broker, client_id=topic.replace("/", "-"), clean=True) as session:
            await session.connected()
            for text in texts:
                await session.publish_acked(topic, text.encode())

    def until(self, document: str, holds: Callable[[Any], object], seconds: float = 60) -> None:
        """Return once that holds of what the operation answers."""
        end = time.monotonic() + seconds
        while not holds(found := self.ask(document)):
            assert time.monotonic() < end, found
            time.sleep(0.02)

    def ask(self, document: str, **variables: Any) -> Any:
        """The data of a GraphQL operation, asked with the admin key."""
        headers = {"authorization": f"Bearer {self.key}"}
        body = {"query": document, "variables": variables}
        answer = httpx.post(f"{self.url}/graphql", json=body, headers=headers, trust_env=False).json()
        assert "errors" not in answer, answer
        return answer["data"]
